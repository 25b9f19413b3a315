#!/usr/bin/env bash
# Leaves the server under visitors for a while and looks whether its memory or descriptors grow.
# Linux only (/proc, ss); needs cargo and iproute2. All on loopback; every process is ended by its pid.
set -u

usage() {
  cat <<'TEXT'
scripts/soak.sh [options]

  --minutes N      how long visitors come (default 1)
  --rate N         visitors per second (default 250)
  --threads N      worker threads of the server (default 2)
  --server FILE    binary to test (default: built here, --release)

One stream runs with a player over RTMP and one over HTTP-FLV that look at every frame. Beside them come garbage, half
and whole handshakes, HTTP requests, WebSocket upgrades, players that leave within a group of pictures, and publishers
that leave at once. Memory and descriptors are printed twelve times. It fails when a frame is missing, when a visitor
is not served, when memory at the end is above that of the first third, when a descriptor stays open, or when the
server does not end properly.
TEXT
}

ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/scripts/bench/lib.sh"

MINUTES=1 RATE=250 THREADS=2 SERVER_BIN=""
while [ $# -gt 0 ]; do
  case $1 in
    --minutes) MINUTES=$2; shift ;;
    --rate) RATE=$2; shift ;;
    --threads) THREADS=$2; shift ;;
    --server) SERVER_BIN=$2; shift ;;
    --help) usage; exit 0 ;;
    *) usage >&2; die "$1: no such option" ;;
  esac
  shift
done

WORK=$(mktemp -d "${TMPDIR:-/tmp}/rtmpd-soak.XXXXXX")
trap 'stop_all; rm -rf "$WORK"' EXIT
trap 'exit 130' INT TERM

BIN=${CARGO_TARGET_DIR:-$ROOT/target}/release
(cd "$ROOT" && cargo build -q --release -p rtmpd-bench) || die "rtmpd-bench does not build"
if [ -z "$SERVER_BIN" ]; then
  (cd "$ROOT" && cargo build -q --release -p smart_rtmpd) || die "smart_rtmpd does not build"
  SERVER_BIN=$BIN/smart_rtmpd
fi
[ -x "$SERVER_BIN" ] || die "--server $SERVER_BIN: no such program"

start_server 10 "$THREADS"
"$BIN/rtmpd-soak" --rtmp "$RTMP_URL" --http "$FLV_URL" --pid "$SERVER" --rate "$RATE" \
  --seconds $((MINUTES * 60)) || { grep -E 'WARN|ERROR' "$WORK"/server-*/out.txt | tail -5 >&2; exit 1; }
kill -TERM "$SERVER"
wait "$SERVER" || die "the server ended with $?"
grep -E 'ERROR|panicked' "$WORK"/server-*/out.txt >&2 && die "the server's log has errors"
echo "result=ok"
