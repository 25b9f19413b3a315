# What bench.sh stands on: sources, servers, publishers, one measurement. Sourced, not run.
# Everything started here is remembered in PIDS and ended by its own pid.

PIDS=()

die() { echo "bench: $*" >&2; exit 1; }
note() { echo "# $*" >&2; }

# Ends one process and waits for it: politely, after three seconds not. A pid is forgotten once it is free again.
stop() {
  local pid=$1 tries=30 other rest=()
  for other in "${PIDS[@]}"; do [ "$other" = "$pid" ] || rest+=("$other"); done
  PIDS=("${rest[@]}")
  kill -TERM "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null && [ $((tries--)) -gt 0 ]; do sleep 0.1; done
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  return 0
}

stop_all() {
  local pid
  for pid in "${PIDS[@]}"; do stop "$pid"; done
  PIDS=()
}

# A port below the ephemeral range that nobody listens on.
free_port() {
  local port tries=50
  while [ $((tries--)) -gt 0 ]; do
    port=$((20000 + RANDOM % 12000))
    [ -z "$(ss -ltnH "sport = :$port")" ] && { echo "$port"; return 0; }
  done
  die "no free port found between 20000 and 32000"
}

wait_listening() {
  local port=$1 pid=$2 tries=50
  while [ $((tries--)) -gt 0 ]; do
    [ -n "$(ss -ltnH "sport = :$port")" ] && return 0
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

# value FILE KEY: the last value of KEY among the key=value words of FILE; "-" when there is none.
value() {
  local found
  found=$(tr ' ' '\n' <"$1" | sed -n "s/^$2=//p" | tail -1)
  echo "${found:--}"
}

rss_kb() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"; }

# calc EXPRESSION [FORMAT]: "-" when a figure in it is missing or the divisor is 0.
calc() { awk "BEGIN { printf \"${2:-%.2f}\", $1 }" 2>/dev/null || echo -; }

# make_source NAME SIZE VIDEO_KBIT AUDIO_KBIT: H.264 at constant rate + AAC, 25 fps, a keyframe every 2 s, 20 s long.
# The first five seconds of the encoding, in which rate control still swings, are cut away.
make_source() {
  local file=$WORK/$1.flv raw=$WORK/$1.raw.flv
  ffmpeg -v error -nostdin -y -f lavfi -i "testsrc2=s=$2:r=25,noise=alls=20:allf=t" \
    -f lavfi -i "sine=frequency=440:sample_rate=44100,volume=0.3" -t 26 \
    -c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 50 -keyint_min 50 -sc_threshold 0 \
    -b:v "$3k" -minrate "$3k" -maxrate "$3k" -bufsize "$3k" -x264-params "nal-hrd=cbr:force-cfr=1" \
    -c:a aac -b:a "$4k" -ac 2 "$raw" || die "ffmpeg cannot make the source $1"
  ffmpeg -v error -nostdin -y -ss 6 -i "$raw" -t 20 -c copy -flvflags no_duration_filesize "$file" ||
    die "ffmpeg cannot cut the source $1"
  rm -f "$raw"
}

# start_server ELAPSE THREADS: sets SERVER, RTMP_URL, FLV_URL, RTSP_PLACE, IDLE_KB.
start_server() {
  local dir=$WORK/server-$1-$2 rtmp http https rtsp
  rtmp=$(free_port); http=$(free_port); https=$(free_port); rtsp=$(free_port)
  rm -rf "$dir"; mkdir -p "$dir"
  cat >"$dir/config.xml" <<XML
<config>
  <threads>$2</threads>
  <elapse>$1</elapse>
  <rtmp><ip>127.0.0.1</ip><port>$rtmp</port></rtmp>
  <rtsp><enable>true</enable><ip>127.0.0.1</ip><port>$rtsp</port></rtsp>
  <http><enable>true</enable><ip>127.0.0.1</ip><port>$http</port><sport>$https</sport></http>
  <srt><enable>false</enable></srt>
</config>
XML
  "$SERVER_BIN" serve --config "$dir" >"$dir/out.txt" 2>&1 &
  SERVER=$!
  PIDS+=("$SERVER")
  wait_listening "$rtmp" "$SERVER" && wait_listening "$http" "$SERVER" && wait_listening "$rtsp" "$SERVER" ||
    { tail -5 "$dir/out.txt" >&2; die "$SERVER_BIN does not listen on $rtmp, $http and $rtsp"; }
  sleep 1
  IDLE_KB=$(rss_kb "$SERVER")
  RTMP_URL=rtmp://127.0.0.1:$rtmp/live/stream
  FLV_URL=http://127.0.0.1:$http/live/stream.flv
  RTSP_PLACE=127.0.0.1:$rtsp/live/stream
}

# start_publisher SOURCE URL: sets PUBLISHER.
start_publisher() {
  ffmpeg -v error -nostdin -re -stream_loop -1 -i "$WORK/$1.flv" -c copy -f flv "$2" 2>"$WORK/publisher.txt" &
  PUBLISHER=$!
  PIDS+=("$PUBLISHER")
  sleep 2.5
  kill -0 "$PUBLISHER" 2>/dev/null || { cat "$WORK/publisher.txt" >&2; die "ffmpeg cannot publish to $2"; }
}

# start_floor SOURCE [OPTIONS…]: sets FLOOR, FLOOR_URL.
start_floor() {
  local port source=$1
  shift
  port=$(free_port)
  "$BIN/rtmpd-floor" --flv "$WORK/$source.flv" --port "$port" "$@" >"$WORK/floor.txt" &
  FLOOR=$!
  PIDS+=("$FLOOR")
  wait_listening "$port" "$FLOOR" || die "the floor does not listen on $port"
  FLOOR_URL=http://127.0.0.1:$port/x.flv
  [[ " $* " != *" --rtsp "* ]] || FLOOR_URL=rtsp-udp://127.0.0.1:$port/x
}

# source_bps SOURCE: bits per second of the frames' bodies, as the floor reads the file.
source_bps() {
  start_floor "$1" --seconds 1
  wait "$FLOOR"
  value "$WORK/floor.txt" payload_bps
}

# load FILE URL PLAYERS SOURCE_BPS [OPTIONS…]: one measurement, its report in FILE.
load() {
  local file=$1 url=$2 players=$3 bps=$4 read_every=20
  shift 4
  # A crowd of small streams is read less often, or the client would take a whole core.
  [ "$players" -gt 1000 ] && read_every=100
  timeout $((SECONDS_EACH + 120)) "$BIN/rtmpd-load" --url "$url" --players "$players" --seconds "$SECONDS_EACH" \
    --ramp "$RAMP" --read-every "$read_every" --source-bps "$bps" "$@" >"$file" || die "rtmpd-load failed on $url"
}
