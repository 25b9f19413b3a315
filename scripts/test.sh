#!/usr/bin/env bash
# Runs everything CI runs: format, lints, house rules, all tests, then real players against the real server.
#
# `test.sh quick` leaves the real players out and needs nothing but Rust.
set -euo pipefail
cd "$(dirname "$0")/.."

MODE=${1:-all}
TARGET=${CARGO_TARGET_DIR:-$PWD/target}
LEVEL=test
[ "$MODE" = all ] || LEVEL=build
STEP=0

# step WHAT COMMAND...: runs the command under a heading and says how long it took.
step() {
    local title=$1 began=$SECONDS
    shift
    STEP=$((STEP + 1))
    printf '\n==> %d. %s\n' "$STEP" "$title"
    "$@" || { printf '==> %d. %s FAILED after %d s\n' "$STEP" "$title" "$((SECONDS - began))" >&2; exit 1; }
    printf '==> %d. %s: ok, %d s\n' "$STEP" "$title" "$((SECONDS - began))"
}

build_server() {
    cargo build --release -p smart_rtmpd
    cargo build --release -p rtmpd-proto --example embed
}

# The players share two cores with the server: more at once would only slow each other down.
real_players() {
    SMART_RTMPD="$TARGET/release/smart_rtmpd" cargo test -p rtmpd-interop -- --test-threads=6
}

case $MODE in
    all | quick) ;;
    *) echo "test.sh: expected nothing or 'quick', got '$MODE'" >&2; exit 2 ;;
esac

step "What the tests need" scripts/setup.sh "$LEVEL"
step "Format" cargo fmt --all --check
step "Layers" scripts/layers.sh
step "Lengths" scripts/lengths.sh
step "Lints" cargo clippy --workspace --all-targets -- -D warnings
step "Documentation" env RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" cargo doc --quiet --workspace --no-deps
step "Tests without players" cargo test --workspace --exclude rtmpd-interop
if [ "$MODE" = all ]; then
    step "The player page" scripts/web.sh check
    step "The server" build_server
    step "Real players" real_players
fi
printf '\nAll is well, %d s.\n' "$SECONDS"
