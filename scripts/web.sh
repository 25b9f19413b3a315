#!/usr/bin/env bash
# Builds the player page from `web/` into `web/dist`, which is committed: building the server needs no node.
#
# `web.sh check` builds nothing but runs the page's own tests and fails when `web/dist` is not what `web/` gives.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh web
cd web
case ${1:-build} in
    build) node build.mjs ;;
    check)
        node --test test/*.test.mjs
        node build.mjs --check
        ;;
    *) echo "web.sh: expected nothing or 'check', got '$1'" >&2; exit 2 ;;
esac
