#!/usr/bin/env bash
# Rewrites test-vectors/*/*/expected.txt with what the server does today, and shows what has changed.
set -euo pipefail
cd "$(dirname "$0")/.."

# The cuttings are still compared with each other.
BLESS=1 cargo test --quiet -p rtmpd-vectors --test captures || STATUS=$?
git status --short test-vectors
git --no-pager diff --stat -- 'test-vectors/*/*/expected.txt'
exit "${STATUS:-0}"
