#!/usr/bin/env bash
# Builds the server if needed and runs it, ready for a push; arguments are passed on (`run.sh --config DIR`).
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh build
cargo build --quiet --release -p smart_rtmpd
exec "${CARGO_TARGET_DIR:-target}/release/smart_rtmpd" "$@"
