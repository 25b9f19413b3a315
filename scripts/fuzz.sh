#!/usr/bin/env bash
# Explores with a fuzzer: `fuzz.sh TARGET [SECONDS]`, or `fuzz.sh all [SECONDS]` for each in turn (default 60 s).
#
# Starts from the stored corpus and keeps what it learns in fuzz/corpus, which is not stored. A failing input is
# printed; put it into test-vectors/fuzz/TARGET with the fix. `fuzz.sh keep TARGET` stores the smallest inputs that
# reach everything known, as many as fit.
set -euo pipefail
cd "$(dirname "$0")/.."

MOST_FILES=50
MOST_BYTES=4096
command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
export RUSTC_BOOTSTRAP=1   # the fuzzer's instrumentation is not yet stable

targets() { find fuzz/fuzz_targets -name '*.rs' -exec basename {} .rs \; | sort; }

explore() {
    mkdir -p "fuzz/corpus/$1" "test-vectors/fuzz/$1"
    cargo fuzz run --sanitizer none "$1" "fuzz/corpus/$1" "test-vectors/fuzz/$1" -- \
        -max_total_time="$2" -timeout=5 -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1
}

keep() {
    local stored=test-vectors/fuzz/$1 merged file
    merged=$(mktemp -d)
    cargo fuzz run --sanitizer none "$1" "$merged" "$stored" "fuzz/corpus/$1" -- -merge=1 -max_len=$MOST_BYTES
    # Stored inputs with a name were put there by hand; those named by their hash are chosen anew.
    find "$stored" -type f -regextype posix-extended -regex '.*/[0-9a-f]{40}' -delete
    local room=$((MOST_FILES - $(find "$stored" -type f | wc -l)))
    find "$merged" -type f -printf '%s %p\n' | sort -n | awk -v room="$room" '
        { file[NR] = $2 }
        END { step = NR > room ? NR / room : 1; for (i = 1; i <= NR && room-- > 0; i += step) print file[int(i)] }' |
        while IFS= read -r file; do cp "$file" "$stored/"; done
    rm -rf "$merged"
}

case ${1:-} in
    '') sed -n 's/^# //p' "$0" >&2; exit 2 ;;
    all) for target in $(targets); do explore "$target" "${2:-60}"; done ;;
    keep) keep "$2" ;;
    *) explore "$1" "${2:-60}" ;;
esac
