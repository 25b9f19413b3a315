#!/usr/bin/env bash
# Fails when a crate or a room uses what the door rule of ARCHITECTURE.md does not let it see.
#
# `layers.sh [DIR]` checks DIR (default: the repository); it first proves to itself that each rule can fail.
set -euo pipefail
export LC_ALL=C
SCRIPTS=$(cd "$(dirname "$0")" && pwd)

# Which crates each crate may depend on; a new one is a decision, taken here and explained in Cargo.toml.
allowed_dependencies() {
    case $1 in
        core) echo bytes slab ;;
        proto) echo rtmpd-core bytes httparse sha1 sha2 md-5 hmac base64 aes ctr aes-gcm aes-kw pbkdf2 ring rustls webpki-roots ;;
        netloop) echo rtmpd-core bytes mio socket2 slab log libc signal-hook ;;
        conf) echo rtmpd-core rtmpd-proto roxmltree ;;
        cli) echo rtmpd-core rtmpd-proto rtmpd-netloop rtmpd-conf bytes log env_logger lexopt if-addrs jiff fs4 rcgen ;;
    esac
}

# Which rooms of proto each room may use besides itself; a protocol room never sees another one.
allowed_rooms() {
    case $1 in
        bytes) ;;
        amf) echo bytes ;;
        codec) echo bytes amf ;;
        container) echo bytes amf codec ;;
        rtp) echo bytes amf codec container ;;
        segment) echo bytes amf codec container ;;
        hls | dash | rec) echo bytes amf codec container segment ;;
        cmaf) echo bytes amf codec container segment hls dash ;;
        http) echo bytes amf codec container segment rtp hls dash cmaf rec webrtc ;;
        auth) echo bytes http ;;
        *) echo bytes amf codec container rtp ;;
    esac
}

# Clocks, sockets, files, threads and blocking: not in core, not in proto.
OUTSIDE='std::net::(Tcp|Udp)|std::net::ToSocketAddrs|std::thread|std::fs|std::process|std::env|std::os|std::io::(stdin|stdout|stderr)'
OUTSIDE+='|(Tcp(Stream|Listener)|UdpSocket|SystemTime)\b|std::time::(\{[^}]*)?Instant|Instant::now|thread::(spawn|sleep)'
# Words the house does not use, anywhere.
UNWANTED='macro_rules!|\basync\s+(fn|move|\{)|\.await\b|\bfn get_|\bmod utils?\b|allow\([a-z_: ,]*dead_code|\b(todo|unimplemented)!'

fail() { printf 'FAIL %s\n' "$*"; }

# code FILE: the file without comments and strings.
code() { awk -f "$SCRIPTS/rust_code.awk" "$1"; }

# rust_files DIR: the Rust files under DIR.
rust_files() { [ ! -d "$1" ] || find "$1" -name '*.rs' -not -path '*/target/*' -not -path '*/node_modules/*' | sed 's#^\./##' | sort; }

# dependencies MANIFEST: the names in its [dependencies] tables.
dependencies() {
    awk '/^\[/ { on = ($0 ~ /^\[(target\..*\.)?dependencies\]/) } on && /^[A-Za-z0-9_-]/ { sub(/[ .=].*/, ""); print }' "$1"
}

check_dependencies() {
    local crate name
    for crate in core proto netloop conf cli; do
        [ -f "$crate/Cargo.toml" ] || continue
        for name in $(dependencies "$crate/Cargo.toml"); do
            grep -qw -- "$name" <<<"$(allowed_dependencies "$crate")" || fail "$crate/Cargo.toml: $crate must not use $name"
        done
    done
}

# rooms_used FILE: the rooms named by `crate::room` and `use crate::{room, …}`, and climbs out of the room.
rooms_used() {
    code "$1" | tr '\n' ' ' | awk -v climb="$2" '
        {
            text = $0
            while (match(text, /crate::[a-z_0-9]+/)) {
                print substr(text, RSTART + 7, RLENGTH - 7)
                text = substr(text, RSTART + RLENGTH)
            }
            text = $0
            while (match(text, /crate::\{/)) {
                text = substr(text, RSTART + RLENGTH)
                depth = 1; at_start = 1
                for (i = 1; depth > 0 && i <= length(text); i++) {
                    c = substr(text, i, 1)
                    if (c == "{") depth++
                    if (c == "}") depth--
                    if (depth == 1 && at_start && match(substr(text, i), /^[a-z_0-9]+/)) {
                        print substr(text, i, RLENGTH)
                        at_start = 0
                    }
                    if (c == ",") at_start = 1
                }
            }
            if (index($0, climb)) print "a_climb_out_of_the_room"
        }' | sort -u
}

check_rooms() {
    local file room used climb
    for file in $(rust_files proto/src); do
        room=${file#proto/src/}
        case $room in */*) room=${room%%/*} ;; *) continue ;; esac
        climb=$(tr -cd / <<<"${file#proto/src/}" | sed 's#/#super::#g')
        case $file in */mod.rs) ;; *) climb+=super:: ;; esac
        for used in $(rooms_used "$file" "$climb"); do
            [ "$used" = "$room" ] || grep -qw -- "$used" <<<"$(allowed_rooms "$room")" ||
                fail "$file: room $room must not use $used"
        done
    done
}

# search PATTERN WHAT FILE...: fails each line of code that matches.
search() {
    local pattern=$1 what=$2 file line
    shift 2
    for file in "$@"; do
        while IFS= read -r line; do fail "$file:$line: $what"; done < <(code "$file" | grep -nP -- "$pattern" || true)
    done
}

check_words() {
    mapfile -t files < <(rust_files core/src; rust_files proto/src)
    search "$OUTSIDE" "no clock, socket, file or thread in core and proto" "${files[@]}"
    mapfile -t files < <(rust_files .)
    search "$UNWANTED" "not in this house" "${files[@]}"
}

check_unsafe() {
    local file
    for file in */src/lib.rs */src/main.rs */*/src/lib.rs */*/src/main.rs */src/bin/*.rs */*/src/bin/*.rs */examples/*.rs; do
        case $file in netloop/* | *'*'*) continue ;; esac
        grep -q '^#!\[forbid(unsafe_code)\]' "$file" || fail "$file: begin with #![forbid(unsafe_code)]"
    done
    for file in $(rust_files netloop); do
        # A SAFETY comment stands in the comment block right above the statement.
        paste <(code "$file") "$file" | awk -F '\t' -v file="$file" '
            $2 ~ /\/\/ SAFETY:/ { told = 1 }
            $1 ~ /(^|[^A-Za-z0-9_])unsafe([^A-Za-z0-9_]|$)/ && $1 !~ /unsafe_code|unsafe fn/ {
                if (!told) printf "FAIL %s:%d: unsafe without a SAFETY comment above it\n", file, NR
            }
            $1 ~ /[;{}]/ { told = 0 }'
    done
}

check_all() { (cd "$1" && check_dependencies && check_rooms && check_words && check_unsafe); }

# put FILE TEXT: a file of the self-test's tree.
put() { mkdir -p "$(dirname "$1")" && printf '%b\n' "$2" >"$1"; }

self_test() {
    local dir bad='^FAIL' forbid='#![forbid(unsafe_code)]\n' found
    dir=$(mktemp -d)
    (
        cd "$dir"
        put core/Cargo.toml '[dependencies]\nmio.workspace = true'
        put core/src/lib.rs 'fn now() {}'
        put core/src/clock.rs 'fn now() { std::time::Instant::now(); }'
        put proto/src/lib.rs "$forbid// std::thread"
        put proto/src/rtmp/mod.rs 'use crate::{bytes::{self, Reader}, http};'
        put proto/src/http/wire.rs 'use super::super::rtmp; const A: &str = "crate::rtmp";'
        put proto/src/codec/aac.rs 'use crate::bytes::Reader; use crate::container::flv;'
        put netloop/src/lib.rs 'fn a() { unsafe { x() } }\n// SAFETY: told.\nfn b() { unsafe { x() } }'
        put cli/src/main.rs "${forbid}macro_rules! a {}"
    )
    found=$(check_all "$dir" | sed 's/^FAIL \([^: ]*\).*/\1/' | xargs)
    rm -rf "$dir"
    [ "$found" = "core/Cargo.toml proto/src/codec/aac.rs proto/src/http/wire.rs proto/src/rtmp/mod.rs \
core/src/clock.rs cli/src/main.rs core/src/lib.rs netloop/src/lib.rs" ] || {
        echo "layers: self-test found '$found'" >&2
        exit 1
    }
}

self_test
REPORT=$(check_all "${1:-$SCRIPTS/..}")
[ -z "$REPORT" ] || { printf '%s\n' "$REPORT"; exit 1; }
