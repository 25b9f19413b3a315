#!/usr/bin/env bash
# Requests per second for a live playlist and a live segment beside nginx serving the same bytes from disk, and how old
# what players show is.
#
# It needs wrk, nginx and ffmpeg, and chromium with node for the ages: scripts/setup.sh test and apt-get install wrk nginx.
set -euo pipefail
cd "$(dirname "$0")/.."
SECONDS_EACH=${1:-4}
for program in wrk nginx ffmpeg curl; do
    command -v "$program" > /dev/null || { echo "bench-http.sh: $program is missing: apt-get install wrk nginx-light ffmpeg curl" >&2; exit 1; }
done
cargo build --quiet --release -p smart_rtmpd
WORK=$(mktemp -d)
PIDS=()
trap 'kill "${PIDS[@]}" 2> /dev/null; rm -rf "$WORK"' EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
RTMP=$(free_port) HTTP=$(free_port) DISK=$(free_port)
cat > "$WORK/config.xml" << XML
<config><rtmp><ip>127.0.0.1</ip><port>$RTMP</port></rtmp>
<http><ip>127.0.0.1</ip><port>$HTTP</port><hls count="6" duration="1" cache="60"/><dash duration="1" cache="60"/></http>
<rtsp><enable>false</enable></rtsp><srt><enable>false</enable></srt></config>
XML
"${CARGO_TARGET_DIR:-target}/release/smart_rtmpd" --config "$WORK" > "$WORK/server.log" 2>&1 &
PIDS+=($!)
ffmpeg -loglevel error -re -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine -c:v libx264 -preset ultrafast \
    -g 30 -b:v 2M -pix_fmt yuv420p -c:a aac -t 600 -f flv "rtmp://127.0.0.1:$RTMP/live/stream" < /dev/null > "$WORK/push.log" 2>&1 &
PIDS+=($!)
LIVE=http://127.0.0.1:$HTTP/live
for _ in $(seq 50); do curl -sf -o /dev/null "$LIVE/stream.m3u8" && break; sleep 0.2; done
sleep 8

mkdir "$WORK/www"
cat > "$WORK/nginx.conf" << CONF
daemon off; worker_processes auto; pid $WORK/nginx.pid; error_log /dev/null;
events { worker_connections 4096; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=100;
    server { listen 127.0.0.1:$DISK; root $WORK/www; } }
CONF
chmod -R a+rX "$WORK"
nginx -c "$WORK/nginx.conf" &
PIDS+=($!)
sleep 0.5

rate() { wrk -t1 -c64 -d"$SECONDS_EACH" "$1" | awk '/Requests\/sec/ { print $2 }'; }
# beside NAME PATH [ROUNDS]: the same bytes from both, one after the other, twice. A part is gone too soon for that.
beside() {
    # Each its own file: nginx remembers the ones it has open.
    curl -sf -o "$WORK/www/$1" "$LIVE/$2"
    chmod a+r "$WORK/www/$1"
    for _ in $(seq "${3:-2}"); do
        local live disk
        live=$(rate "$LIVE/$2")
        disk=$(rate "http://127.0.0.1:$DISK/$1")
        awk -v name="$1" -v size="$(stat -c %s "$WORK/www/$1")" -v live="$live" -v disk="$disk" 'BEGIN {
            printf "%-9s %8d bytes: %8.0f/s, nginx %8.0f/s, ratio %.2f\n", name, size, live, disk, live / disk }'
    done
}
beside playlist stream.m3u8
SEGMENT=$(curl -sf "$LIVE/stream.m3u8" | grep '\.ts$' | tail -1)
beside segment "$SEGMENT"
beside part "$(curl -sf "$LIVE/stream.m3u8" | grep -o 'stream.hls/[0-9.]*ts' | grep '\.[0-9]*\.ts' | tail -1)" 1
if [ -d scripts/interop/browser/node_modules ] && command -v chromium > /dev/null; then
    (cd scripts/interop/browser && node latency.mjs "http://127.0.0.1:$HTTP" stream 16)
fi
