#!/usr/bin/env bash
# Measures what SRT fan-out costs: the server beside libsrt doing no more than sending, in the same run.
# Linux only (/proc); needs cargo, ffmpeg, gcc and libsrt's headers (libsrt-openssl-dev). All on loopback.
set -u

usage() {
  cat <<'TEXT'
scripts/bench-srt.sh [options]

  --players N   (default 100)
  --seconds S   measuring window (default 10)
  --rounds N    how often both are measured, in turns (default 2)
  --server FILE binary to measure (default: built here, --release)

Costs are user + system seconds of the server's process per 10^9 bytes of payload that its players received, of one
stream of 2 Mb/s: plain, then with AES-128. The peer (scripts/bench/peers/libsrt.c) takes nothing in and looks at
nothing: it sends a file.
TEXT
}

ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/scripts/bench/lib.sh"

PLAYERS=100 SECONDS_EACH=10 ROUNDS=2 SERVER_BIN=""
while [ $# -gt 0 ]; do
  case $1 in
    --players) PLAYERS=$2; shift ;;
    --seconds) SECONDS_EACH=$2; shift ;;
    --rounds) ROUNDS=$2; shift ;;
    --server) SERVER_BIN=$2; shift ;;
    --help) usage; exit 0 ;;
    *) usage >&2; die "$1: no such option" ;;
  esac
  shift
done

WORK=$(mktemp -d "${TMPDIR:-/tmp}/rtmpd-bench-srt.XXXXXX")
trap 'stop_all; rm -rf "$WORK"' EXIT
trap 'exit 130' INT TERM
SECRET=correct-horse-battery LATENCY=120 TARGET=${CARGO_TARGET_DIR:-$ROOT/target}

build() {
  (cd "$ROOT" && cargo build -q --release -p rtmpd-bench) || die "rtmpd-bench does not build"
  if [ -z "$SERVER_BIN" ]; then
    (cd "$ROOT" && cargo build -q --release -p smart_rtmpd) || die "smart_rtmpd does not build"
    SERVER_BIN=$TARGET/release/smart_rtmpd
  fi
  gcc -O2 -o "$WORK/libsrt-peer" "$ROOT/scripts/bench/peers/libsrt.c" -lsrt -lpthread ||
    die "the peer does not build: install gcc and libsrt-openssl-dev"
}

# listener NAME PORT KEYED: starts ours or the peer; sets LISTENER.
listener() {
  local dir=$WORK/$1-$2 key=""
  if [ "$1" = peer ]; then
    "$WORK/libsrt-peer" "$2" "$WORK/big.ts" "$BPS" "$LATENCY" ${3:+"$SECRET"} >"$WORK/peer.txt" 2>&1 &
    LISTENER=$!
    PIDS+=("$LISTENER")
    sleep 1
    return
  fi
  [ -z "$3" ] || key="<passphrase>$SECRET</passphrase>"
  mkdir -p "$dir"
  local rtmp; rtmp=$(free_port)
  cat >"$dir/config.xml" <<XML
<config>
  <threads>1</threads>
  <rtmp><ip>127.0.0.1</ip><port>$rtmp</port></rtmp>
  <rtsp><enable>false</enable></rtsp>
  <http><enable>false</enable></http>
  <srt><ip>127.0.0.1</ip><port>$2</port><latency>$LATENCY</latency>$key</srt>
</config>
XML
  "$SERVER_BIN" serve --config "$dir" >"$dir/out.txt" 2>&1 &
  LISTENER=$!
  PIDS+=("$LISTENER")
  wait_listening "$rtmp" "$LISTENER" || { tail -5 "$dir/out.txt" >&2; die "$SERVER_BIN does not listen"; }
  start_publisher big "rtmp://127.0.0.1:$rtmp/live/stream"
}

# measure NAME KEYED: one row.
measure() {
  local port key=() file=$WORK/$1-$2.txt
  port=$(free_port)
  [ -z "$2" ] || key=(--passphrase "$SECRET")
  PUBLISHER=0
  listener "$1" "$port" "$2"
  timeout $((SECONDS_EACH + 60)) "$TARGET/release/rtmpd-srt-load" --to "127.0.0.1:$port" --players "$PLAYERS" \
    --seconds "$SECONDS_EACH" --latency "$LATENCY" --watch "$LISTENER" "${key[@]}" >"$file" ||
    die "rtmpd-srt-load failed on $1"
  [ "$PUBLISHER" = 0 ] || stop "$PUBLISHER"
  stop "$LISTENER"
  echo "case=$1${2:+-aes} $(<"$file")"
  COST=$(value "$file" cpu_s_per_gb)
  ROWS+=("$1${2:+-aes} $COST $(value "$file" server_cpu_percent) $(value "$file" delivered_mbit_s) $(value "$file" packets) $(value "$file" lost) $(value "$file" dropped) $(value "$file" server_rss_kb)")
}

build
make_source big 1280x720 1870 128
ffmpeg -v error -nostdin -y -i "$WORK/big.flv" -c copy -f mpegts "$WORK/big.ts" || die "no transport stream"
BPS=$(calc "$(stat -c %s "$WORK/big.ts") * 8 / 20" %.0f)
ROWS=("case s/GB cpu% Mb/s packets lost dropped rss_kB")
RATIOS=()
for key in "" aes; do
  for _ in $(seq "$ROUNDS"); do
    measure ours "$key"; ours=$COST
    measure peer "$key"
    RATIOS+=("ratio${key:+-$key}=$(calc "$ours / $COST")")
  done
done
printf '%s\n' "${ROWS[@]}" | column -t
printf '%s\n' "${RATIOS[@]}"
