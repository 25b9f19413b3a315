#!/usr/bin/env bash
# Measures what fan-out costs: the server, a bare fan-out program in the same run, and peers if named.
# Linux only (/proc, ss); needs cargo, ffmpeg, curl and iproute2. All on loopback; every process is ended by its pid.
set -u

usage() {
  cat <<'TEXT'
scripts/bench.sh [--quick | --full] [options]

  --quick               a few hundred players, about five minutes (default)
  --full                1,000 players of 2 Mb/s at elapse 0, 10, 350 over RTMP and HTTP-FLV, one and two workers,
                        7,500 players of 230 kb/s, latency alone and under load
                        (both: 500 players of 2 Mb/s over RTMP, RTSP in its connection, RTSP by datagrams: --only rtsp)
  --only WORDS          run only the cases whose name contains one of WORDS (comma-separated)
  --seconds S           measuring window of each case (default 6, full 10)
  --server FILE         binary to measure (default: built here, --release)
  --no-server           measure peers and the floor only
  --peer NAME,URL,PID   a running server to measure as well; PID may be PID+PID; may be repeated
  --peer-publish URL    where to publish the source for the peers named so far without one
  --ramp N              new players per second (default 500)
  --out FILE            append the key=value lines to FILE

Costs are user + system seconds of the process over the window, per 10^9 bytes its players received. The floor
writes as often per player as the server did; "floor1" is the floor with one write per frame. By datagrams the floor
sends the same packets from one socket with sendmmsg, each frame's to be cut by the kernel, when the frame is due.
TEXT
}

ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/scripts/bench/lib.sh"

MODE=quick ONLY="" SECONDS_EACH="" SERVER_BIN="" WITH_SERVER=1 OUT=/dev/null
PEERS=() PEER_PUBLISH=() RAMP=500

while [ $# -gt 0 ]; do
  case $1 in
    --quick) MODE=quick ;;
    --full) MODE=full ;;
    --only) ONLY=$2; shift ;;
    --seconds) SECONDS_EACH=$2; shift ;;
    --server) SERVER_BIN=$2; shift ;;
    --no-server) WITH_SERVER=0 ;;
    --peer) PEERS+=("$2"); shift ;;
    --peer-publish)
      while [ ${#PEER_PUBLISH[@]} -lt ${#PEERS[@]} ]; do PEER_PUBLISH+=("$2"); done
      shift ;;
    --ramp) RAMP=$2; shift ;;
    --out) OUT=$2; shift ;;
    --help) usage; exit 0 ;;
    *) usage >&2; die "$1: no such option" ;;
  esac
  shift
done

if [ "$MODE" = full ]; then
  : "${SECONDS_EACH:=10}"; MANY=1000 CROWD=7500 ELAPSES="0 10 350" CROWD_ELAPSES="100 350"
else
  : "${SECONDS_EACH:=6}"; MANY=200 CROWD=1000 ELAPSES="0 10" CROWD_ELAPSES="350"
fi
RTSP_PLAYERS=500
OPEN_FILES=$((CROWD + 1000))
# By datagrams a player of two tracks has five sockets.
[ "$OPEN_FILES" -ge $((RTSP_PLAYERS * 5 + 1000)) ] || OPEN_FILES=$((RTSP_PLAYERS * 5 + 1000))
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge "$OPEN_FILES" ] || ulimit -n "$OPEN_FILES" ||
  die "ulimit -n: $(ulimit -n) open files allowed, $OPEN_FILES needed"

WORK=$(mktemp -d "${TMPDIR:-/tmp}/rtmpd-bench.XXXXXX")
trap 'stop_all; rm -rf "$WORK"' EXIT
trap 'exit 130' INT TERM

# case_wanted NAME
case_wanted() {
  local word
  [ -z "$ONLY" ] && return 0
  for word in ${ONLY//,/ }; do [[ $1 == *"$word"* ]] && return 0; done
  return 1
}

build() {
  local target=${CARGO_TARGET_DIR:-$ROOT/target}
  (cd "$ROOT" && cargo build -q --release -p rtmpd-bench) || die "rtmpd-bench does not build"
  BIN=$target/release
  [ "$WITH_SERVER" = 1 ] || return 0
  if [ -z "$SERVER_BIN" ]; then
    (cd "$ROOT" && cargo build -q --release -p smart_rtmpd) || die "smart_rtmpd does not build"
    SERVER_BIN=$target/release/smart_rtmpd
  fi
  [ -x "$SERVER_BIN" ] || die "--server $SERVER_BIN: no such program"
}

# floor_cost FILE SOURCE PLAYERS BPS [FLOOR OPTIONS…]: the floor under the same load, its report in FILE.
floor_cost() {
  local file=$1 source=$2 players=$3 bps=$4
  shift 4
  start_floor "$source" "$@"
  load "$file" "$FLOOR_URL" "$players" "$bps" --watch "$FLOOR"
  stop "$FLOOR"
}

# The floor with one write per frame, once per source: sets FLOOR1. More players than MANY it cannot serve that way.
floor_per_frame() {
  FLOOR1=$WORK/floor1-$1-$2.txt
  [ "$2" -le "$MANY" ] || { : >"$FLOOR1"; return 0; }
  [ -s "$FLOOR1" ] || floor_cost "$FLOOR1" "$1" "$2" "$3"
}

# report NAME SERVER_FILE FLOOR_FILE: one table row and one key=value line.
report() {
  local name=$1 s=$2 f=$3 cost floor floor1 ratio mb keyframe keyframe99
  cost=$(value "$s" cpu_s_per_gb); floor=$(value "$f" cpu_s_per_gb); floor1=$(value "$FLOOR1" cpu_s_per_gb)
  ratio=$(calc "$cost / $floor"); mb=$(calc "$(value "$s" server_rss_kb) / 1024" %.1f)
  keyframe=$(calc "$(value "$s" first_keyframe_median_us) / 1000" %.1f)
  keyframe99=$(calc "$(value "$s" first_keyframe_p99_us) / 1000" %.1f)
  ROWS+=("$name $(value "$s" live)/$(value "$s" players) $cost $floor $ratio $floor1 $(value "$s" both_cpu_s_per_gb) $(value "$f" both_cpu_s_per_gb) $(writes "$s") $(writes "$f")
    $(value "$s" server_cpu_percent) $mb $(value "$s" rss_per_player_bytes)
    $(value "$s" delivered_ratio) $(value "$s" source_ratio)
    $keyframe $keyframe99")
  echo "case=$name $(grep -v '^phase=' "$s" | tr '\n' ' ') floor_cpu_s_per_gb=$floor floor_writes_per_viewer_s=$(writes "$f")" \
    "ratio_to_floor=$ratio floor_delivered_ratio=$(value "$f" delivered_ratio) floor_per_frame_cpu_s_per_gb=$floor1" | tee -a "$OUT"
}

# Write calls per viewer and second; segments (marked s) where the program uses calls that Linux does not count.
writes() {
  local calls
  calls=$(value "$1" writes_per_viewer_s)
  case $calls in 0.0* | 0.1* | -) echo "$(value "$1" segments_per_viewer_s)s" ;; *) echo "$calls" ;; esac
}

# measure NAME URL PIDS PLAYERS SOURCE [LOAD OPTIONS…]: a running server with its stream, then the floor likewise.
measure() {
  local name=$1 url=$2 pids=$3 players=$4 source=$5 bps watch=() floor=() pid rate
  shift 5
  bps=$(<"$WORK/$source.bps")
  for pid in ${pids//+/ }; do watch+=(--watch "$pid"); done
  note "$name: $players players"
  load "$WORK/$name.txt" "$url" "$players" "$bps" "${watch[@]}" "$@"
  grep '^ended=' "$WORK/$name.txt" >&2
  [ "${PUBLISHER:-0}" != 0 ] && stop "$PUBLISHER"
  PUBLISHER=0
  floor_per_frame "$source" "$players" "$bps"
  rate=$(writes "$WORK/$name.txt")
  floor=(--writes "${rate%s}")
  [[ $url == rtsp-udp:* ]] && floor=(--rtsp)
  floor_cost "$WORK/$name-floor.txt" "$source" "$players" "$bps" "${floor[@]}"
  report "$name" "$WORK/$name.txt" "$WORK/$name-floor.txt"
}

# fan_out NAME PROTOCOL ELAPSE THREADS PLAYERS SOURCE
fan_out() {
  case_wanted "$1" || return 0
  local url
  start_server "$3" "$4"
  start_publisher "$6" "$RTMP_URL"
  case $2 in
    rtmp) url=$RTMP_URL ;;
    flv) url=$FLV_URL ;;
    rtsp-*) url=$2://$RTSP_PLACE ;;
  esac
  measure "$1" "$url" "$SERVER" "$5" "$6" --idle-rss-kb "$IDLE_KB"
  stop "$SERVER"
}

# latency NAME ELAPSE PLAYERS: the probe on a stream of its own, beside PLAYERS players of another.
latency() {
  case_wanted "$1" || return 0
  local probe crowd=0
  note "$1: latency and joining"
  start_server "$2" 1
  probe=${RTMP_URL%stream}probe
  if [ "$3" -gt 0 ]; then
    start_publisher big "$RTMP_URL"
    "$BIN/rtmpd-load" --url "$RTMP_URL" --players "$3" --seconds 30 --ramp "$RAMP" >"$WORK/crowd.txt" &
    crowd=$!
    PIDS+=("$crowd")
    sleep 6
  fi
  timeout 60 "$BIN/rtmpd-latency" --publish "$probe" --play "$probe" --play "${FLV_URL%stream.flv}probe.flv" \
    --seconds 5 --joins 20 >"$WORK/latency.txt" || note "$1: the latency probe failed"
  sed "s/^/case=$1 elapse=$2 crowd=$3 idle_rss_kb=$IDLE_KB /" "$WORK/latency.txt" | tee -a "$OUT"
  [ "$crowd" = 0 ] || { stop "$crowd"; stop "$PUBLISHER"; PUBLISHER=0; }
  stop "$SERVER"
}

our_cases() {
  local elapse way
  latency light-e10 10 0
  [ "$MODE" = quick ] || latency light-e350 350 0
  [ "$MODE" = quick ] || latency loaded-e10 10 "$MANY"
  for elapse in $ELAPSES; do
    fan_out "rtmp-2M-e$elapse" rtmp "$elapse" 1 "$MANY" big
    fan_out "flv-2M-e$elapse" flv "$elapse" 1 "$MANY" big
  done
  fan_out "rtmp-2M-e10-two-workers" rtmp 10 2 "$MANY" big
  for elapse in $CROWD_ELAPSES; do
    fan_out "rtmp-230k-e$elapse" rtmp "$elapse" 1 "$CROWD" small
    [ "$MODE" = quick ] || fan_out "flv-230k-e$elapse" flv "$elapse" 1 "$CROWD" small
  done
  for way in rtmp rtsp-tcp rtsp-udp; do
    fan_out "rtsp-case-${way#rtsp-}" "$way" 10 1 "$RTSP_PLAYERS" big
  done
}

# peer_case NAME URL PIDS PLAYERS SOURCE PUBLISH_URL
peer_case() {
  case_wanted "$1" || return 0
  PUBLISHER=0
  [ -z "$6" ] || start_publisher "$5" "$6"
  measure "$1" "$2" "$3" "$4" "$5"
  sleep 1
}

peer_cases() {
  local index name url pids publish
  for index in "${!PEERS[@]}"; do
    IFS=, read -r name url pids <<<"${PEERS[$index]}"
    publish=${PEER_PUBLISH[$index]:-}
    kill -0 "${pids%%+*}" 2>/dev/null || die "--peer $name: no process ${pids%%+*}"
    peer_case "$name-2M" "$url" "$pids" "$MANY" big "$publish"
    # Without a place to publish only the stream that is already there can be measured.
    [ -z "$publish" ] || peer_case "$name-230k" "$url" "$pids" "$CROWD" small "$publish"
  done
}

table() {
  local row
  [ ${#ROWS[@]} -gt 0 ] || return 0
  echo
  {
    echo "case live s/GB floor ratio floor1 both fboth writes fwrites cpu% MB B/player delivered ofsource key_ms key99_ms"
    for row in "${ROWS[@]}"; do echo $row; done
  } | column -t
  echo
  echo "s/GB: CPU-seconds per 10^9 delivered bytes; floor: the bare program at the same number of writes; floor1: at one"
  echo "write per frame; both, fboth: the load client's own time added (Nagle and pacing shift work to the receiver);"
  echo "writes: per viewer and second (…s: TCP segments, where write calls cannot be counted);"
  echo "delivered: of what a reference player's stream time asks for; ofsource: of what the source file's rate asks for."
}

# The same stream over RTMP and over RTSP both ways, each beside RTMP and beside its floor.
rtsp_table() {
  local way s f cost floor rtmp=$WORK/rtsp-case-rtmp.txt
  [ -s "$WORK/rtsp-case-udp.txt" ] || [ -s "$WORK/rtsp-case-tcp.txt" ] || return 0
  [ -s "$rtmp" ] || : >"$rtmp"
  echo
  {
    echo "way live s/GB of_rtmp floor of_floor both fboth B/player packets/s lost overflows delivered"
    for way in rtmp tcp udp; do
      s=$WORK/rtsp-case-$way.txt f=$WORK/rtsp-case-$way-floor.txt
      [ -s "$s" ] && [ -s "$f" ] || continue
      cost=$(value "$s" cpu_s_per_gb); floor=$(value "$f" cpu_s_per_gb)
      echo "$way $(value "$s" live)/$(value "$s" players) $cost $(calc "$cost / $(value "$rtmp" cpu_s_per_gb)")" \
        "$floor $(calc "$cost / $floor") $(value "$s" both_cpu_s_per_gb) $(value "$f" both_cpu_s_per_gb)" \
        "$(value "$s" rss_per_player_bytes) $(value "$s" packets_per_viewer_s) $(value "$s" packets_lost)" \
        "$(value "$s" udp_socket_overflows) $(value "$s" delivered_ratio)"
    done
  } | column -t
  echo
  echo "of_rtmp, of_floor: times the cost of RTMP, of the floor; packets/s: per viewer; lost: by their sequence numbers;"
  echo "overflows: datagrams that the whole system dropped because the receiving socket was full, the client's included."
}

ROWS=()
build
make_source big 640x360 1895 96
make_source small 320x180 198 32
for name in big small; do
  source_bps "$name" >"$WORK/$name.bps"
  echo "source=$name payload_bps=$(<"$WORK/$name.bps")" | tee -a "$OUT"
done
[ "$WITH_SERVER" = 1 ] && our_cases
peer_cases
table
rtsp_table
