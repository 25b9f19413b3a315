#!/usr/bin/env bash
# Fails on Rust files over 600 and functions over 80 lines of code; names those over 400 and 50.
#
# `lengths.sh [DIR]` checks DIR (default: the repository); it first proves to itself that it can fail.
# A line of code is one that is not blank once comments are gone.
set -euo pipefail
export LC_ALL=C
SCRIPTS=$(cd "$(dirname "$0")" && pwd)

# measure DIR: prints `level path:line what length limit` for everything over a limit.
measure() {
    local file
    while IFS= read -r file; do
        awk -f "$SCRIPTS/rust_code.awk" "$file" | awk -v file="${file#"$1"/}" '
            function report(what, size, soft, hard, at) {
                if (size <= soft) return
                failed = (size > hard)
                printf("%s %s:%d %s has %d lines of code, ", failed ? "FAIL" : "warn", file, at, what, size)
                printf("at most %d%s\n", failed ? hard : soft, failed ? "" : " are wanted")
            }
            /[^ \t]/ { lines++ }
            # The outermost function counts; what is nested in it is part of it.
            !inside && match($0, /(^|[ \t(])fn [A-Za-z_][A-Za-z0-9_]*/) {
                name = substr($0, RSTART, RLENGTH)
                sub(/.*fn /, "", name)
                inside = 1; depth = 0; opened = 0; size = 0; at = NR
            }
            inside {
                if (/[^ \t]/) size++
                text = $0
                for (i = 1; i <= length(text); i++) {
                    c = substr(text, i, 1)
                    if (c == "{") { depth++; opened = 1 }
                    if (c == "}") depth--
                    if (c == ";" && !opened && !brackets) { inside = 0; break }
                    if (c == "[" && !opened) brackets++
                    if (c == "]" && !opened) brackets--
                    if (opened && depth == 0) { report("fn " name, size, 50, 80, at); inside = 0; break }
                }
            }
            END { report("the file", lines, 400, 600, 1) }'
    done < <(find "$1" -name '*.rs' -not -path '*/target/*' -not -path '*/.tools/*' -not -path '*/node_modules/*' | sort)
}

# repeat COUNT TEXT: TEXT on COUNT lines.
repeat() { for _ in $(seq "$1"); do printf '%s\n' "$2"; done; }

self_test() {
    local dir
    dir=$(mktemp -d)
    { echo 'fn long() {'; repeat 79 '    step(); // {'; echo '}'; } >"$dir/function.rs"
    { echo 'fn fits() {'; repeat 78 '    step("{");'; repeat 50 '    // not code {'; echo '}'; } >"$dir/fits.rs"
    repeat 601 'const A: u8 = 1;' >"$dir/file.rs"
    local found
    found=$(measure "$dir" | sed -n 's/^FAIL //p' | cut -d: -f1 | xargs)
    rm -rf "$dir"
    [ "$found" = "file.rs function.rs" ] || { echo "lengths: self-test found '$found'" >&2; exit 1; }
}

self_test
REPORT=$(measure "${1:-$SCRIPTS/..}")
[ -z "$REPORT" ] || printf '%s\n' "$REPORT"
! grep -q '^FAIL' <<<"$REPORT"
