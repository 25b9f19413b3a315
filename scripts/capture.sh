#!/usr/bin/env bash
# Makes the captures of test-vectors/ anew: real clients talk to a running server, tcpdump listens on the loopback.
#
#   scripts/capture.sh [CASE...]      all cases, or those named, such as rtmp/rtmpdump-play
#
# SERVER is the server that is started for it (target/debug/smart_rtmpd), on RTMP_PORT (19350), HTTP_PORT (24180),
# RTSP_PORT (24154) and SRT_PORT (24190), with 100 ports for RTP from RTP_PORT (24200) on. A case whose client is not
# installed is left out and said so. FFMPEG_NEW names an ffmpeg of version 7.1 or later with libsrt. Then run
# scripts/bless.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

SERVER=$(realpath "${SERVER:-${CARGO_TARGET_DIR:-target}/debug/smart_rtmpd}")
RTMP_PORT=${RTMP_PORT:-19350}
HTTP_PORT=${HTTP_PORT:-24180}
RTSP_PORT=${RTSP_PORT:-24154}
SRT_PORT=${SRT_PORT:-24190}
RTP_PORT=${RTP_PORT:-24200}
UDP_PORT=${UDP_PORT:-24191}
RTMP=rtmp://127.0.0.1:$RTMP_PORT
HTTP=127.0.0.1:$HTTP_PORT
RTSP=rtsp://127.0.0.1:$RTSP_PORT
SRT=srt://127.0.0.1:$SRT_PORT
USER_NAME=camera
PASSWORD=sesame
PASSPHRASE=correct-horse-battery
FFMPEG_NEW=${FFMPEG_NEW:-ffmpeg}
VECTORS=$PWD/test-vectors
TOOLS=$PWD/scripts/capture
MEDIA=$(mktemp -d)
WANTED=("$@")
STARTED=()

cleanup() {
    for pid in "${STARTED[@]}"; do kill -INT "$pid" 2>/dev/null || true; done
    rm -rf "$MEDIA"
}
trap cleanup EXIT
cd "$MEDIA"
mkdir server
chmod 755 "$MEDIA"
ln -s "$(command -v "$FFMPEG_NEW")" ffmpeg-new

# --- Media: two seconds, as small as can be ---------------------------------------------------------------------

PICTURE=(-f lavfi -i "testsrc2=size=160x120:rate=10:duration=2")
TONE=(-f lavfi -i "sine=frequency=440:sample_rate=11025:duration=2")
H264=(-c:v libx264 -preset veryslow -crf 40 -g 10 -bf 2 -pix_fmt yuv420p)
# Long audio frames: each is a packet of its own in the capture.
AAC=(-c:a aac -b:a 16k -ac 1)
FF=(./ffmpeg-new -v error -nostdin -y -bitexact)

make_media() {
    "${FF[@]}" "${PICTURE[@]}" "${TONE[@]}" "${H264[@]}" "${AAC[@]}" h264-aac.flv
    "${FF[@]}" "${PICTURE[@]}" "${TONE[@]}" "${H264[@]}" -c:a pcm_alaw -ar 8000 -ac 1 h264-g711a.flv
    "${FF[@]}" "${TONE[@]}" -c:a pcm_mulaw -ar 8000 -ac 1 g711u.flv
    "${FF[@]}" "${PICTURE[@]}" "${TONE[@]}" -c:v libx265 -preset fast -x265-params "log-level=none:keyint=10" \
        -crf 40 -pix_fmt yuv420p "${AAC[@]}" hevc-aac.flv
    "${FF[@]}" "${PICTURE[@]}" "${TONE[@]}" -c:v libaom-av1 -cpu-used 8 -crf 60 -g 10 -c:a libopus -b:a 16k \
        -frame_duration 60 -ac 1 -ar 48000 av1-opus.mp4
    "${FF[@]}" "${PICTURE[@]}" "${TONE[@]}" -c:v libx265 -preset fast -x265-params "log-level=none:keyint=10" \
        -crf 40 -pix_fmt yuv420p -c:a libopus -b:a 16k -frame_duration 60 -ac 1 -ar 48000 hevc-opus.mp4
    "${FF[@]}" "${PICTURE[@]}" "${TONE[@]}" -f lavfi -i "sine=frequency=880:sample_rate=11025:duration=2" \
        -map 0 -map 1 -map 2 "${H264[@]}" "${AAC[@]}" h264-aac-aac.mp4
    python3 "$TOOLS/rewrite_flv.py" legacy-hevc hevc-aac.flv hevc-legacy.flv
    # One second before the 32 bits are full.
    python3 "$TOOLS/rewrite_flv.py" shift 4294966296 h264-aac.flv before-wrap.flv
}

# --- Capturing --------------------------------------------------------------------------------------------------

# wanted CASE: whether it was asked for.
wanted() {
    [ ${#WANTED[@]} -eq 0 ] && return
    for one in "${WANTED[@]}"; do [ "$one" = "$1" ] && return; done
    return 1
}

# has PROGRAM CASE: says so when a client is missing.
has() {
    command -v "$1" >/dev/null || { echo "capture.sh: $2 is left out: there is no $1 here" >&2; return 1; }
}

escaped() { printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g'; }

# Segments that carry something: bare acknowledgements would be half of each file.
SPEAKS='tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0 or ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) != 0'

HEARD="(tcp and (port $RTMP_PORT or port $HTTP_PORT or port $RTSP_PORT) and ($SPEAKS)) \
    or (udp and (port $SRT_PORT or portrange $RTP_PORT-$((RTP_PORT + 99))))"

# serve SETTINGS: starts the server; its RTSP has these settings beside the port.
serve() {
    cat >server/config.xml <<EOF
<config>
  <threads>1</threads>
  <rtp min="$RTP_PORT" max="$((RTP_PORT + 99))"/>
  <rtmp><port>$RTMP_PORT</port></rtmp>
  <http><port>$HTTP_PORT</port></http>
  <rtsp><port>$RTSP_PORT</port>$1</rtsp>
  <srt><port>$SRT_PORT</port><passphrases>live/secret=$PASSPHRASE</passphrases></srt>
</config>
EOF
    "$SERVER" --config server >server.log 2>&1 </dev/null &
    SERVING=$!
    STARTED+=("$SERVING")
    for _ in $(seq 50); do (: <>"/dev/tcp/127.0.0.1/$RTMP_PORT") 2>/dev/null && return; sleep 0.1; done
    echo "capture.sh: $SERVER does not start: $(cat server.log)" >&2
    exit 1
}

# with SETTINGS COMMAND...: runs a command with another server.
with() {
    local settings=$1
    shift
    leave
    serve "$settings"
    "$@"
    leave
    serve ""
}

leave() {
    kill -INT "$SERVING"
    wait "$SERVING" || true
}

# begin CASE ABOUT CLIENT: starts to listen.
begin() {
    CASE=$1
    DIR=$VECTORS/$CASE
    mkdir -p "$DIR"
    {
        echo "# Made by scripts/capture.sh."
        echo "about = \"$(escaped "$2")\""
        echo "client = \"$(escaped "$3")\""
        echo "date = \"$(date -u +%F)\""
    } >"$DIR/case.toml"
    tcpdump -i lo -U -B 65536 -s0 -w capture.pcap "$HEARD" 2>tcpdump.log &
    DUMP=$!
    STARTED+=("$DUMP")
    for _ in $(seq 50); do grep -q "listening on" tcpdump.log && return; sleep 0.1; done
    echo "capture.sh: tcpdump does not start: $(cat tcpdump.log)" >&2
    exit 1
}

# noted ROLE COMMAND...: writes the command line down.
noted() {
    local role=$1
    shift
    echo "$role = \"$(escaped "$*" | tr -s ' \n' ' ')\"" >>"$DIR/case.toml"
}

# client ROLE COMMAND...: runs a client to its end; how it ends is its own affair.
client() {
    noted "$@"
    shift
    timeout 20 "$@" >>client.log 2>&1 </dev/null || true
}

# during COMMAND...: runs a player while a publisher loops, one second after it began.
during() {
    local publish=(ffmpeg -re -stream_loop -1 -i h264-aac.flv -c copy -f flv "$RTMP/live/a")
    noted publisher "${publish[@]}"
    timeout 30 "${publish[@]}" >publisher.log 2>&1 </dev/null &
    local publisher=$!
    STARTED+=("$publisher")
    sleep 1
    client player "$@"
    kill -INT "$publisher" 2>/dev/null || true
    wait "$publisher" || true
}

# end [PORTS]: stops listening and keeps what was heard.
end() {
    # The kernel hands packets over in blocks, a second apart at most.
    sleep 1.5
    kill -INT "$DUMP"
    wait "$DUMP" || true
    mv capture.pcap "$DIR/capture.pcap"
    {
        echo "rtmp = $RTMP_PORT"
        echo "http = $HTTP_PORT"
        echo "rtsp = $RTSP_PORT"
        echo "srt = $SRT_PORT"
        echo "seed = 1"
        if [ -n "${ACCOUNT:-}" ]; then
            echo "user = \"$USER_NAME\""
            echo "password = \"$PASSWORD\""
        fi
        if [ -n "${SECRET:-}" ]; then echo "passphrase = \"$PASSPHRASE\""; fi
    } >>"$DIR/case.toml"
    echo "$CASE: $(stat -c %s "$DIR/capture.pcap") bytes"
}

version() {
    local said
    said=$("$@" 2>&1 </dev/null) || true
    grep -im1 version <<<"$said" | sed 's/ Copyright.*//'
}

# VLC does not run as root.
CVLC=(cvlc)
[ "$(id -u)" = 0 ] && CVLC=(runuser -u nobody -- env HOME=/tmp cvlc)
vlc_version() { "${CVLC[@]}" --version 2>/dev/null | head -1; }

# --- RTMP: publishers -------------------------------------------------------------------------------------------

# publish CASE ABOUT FFMPEG ARGUMENTS...: ffmpeg with these options before the URL.
publish() {
    local case=$1 about=$2 ffmpeg=$3
    shift 3
    wanted "$case" || return 0
    begin "$case" "$about" "$(version "$ffmpeg" -version)"
    client publisher "$ffmpeg" "$@" -f flv "$RTMP/live/a"
    end
}

# push CASE ABOUT FILE: a file's tags, unchanged, by librtmp inside GStreamer.
push() {
    wanted "$1" && has gst-launch-1.0 "$1" || return 0
    begin "$1" "$2" "$(version gst-launch-1.0 --version), rtmpsink (librtmp)"
    client publisher gst-launch-1.0 filesrc location="$3" ! rtmpsink "location=$RTMP/live/a live=1"
    end
}

publishers() {
    publish rtmp/ffmpeg-publish-h264-aac "H.264 with B-frames and AAC" ffmpeg -re -i h264-aac.flv -c copy
    publish rtmp/ffmpeg-publish-h264-g711a "H.264 and G.711 A-law" ffmpeg -re -i h264-g711a.flv -c copy
    publish rtmp/ffmpeg-publish-g711u "G.711 µ-law alone" ffmpeg -re -i g711u.flv -c copy
    publish rtmp/ffmpeg-publish-extended-time "timestamps cross 0xffffff, where they become extended" \
        ffmpeg -re -i h264-aac.flv -c copy -output_ts_offset 16776
    publish rtmp/ffmpeg-publish-31-bits "ffmpeg writes 31 bits of a timestamp: it falls from 0x7fffffff to 0" \
        ffmpeg -re -i h264-aac.flv -c copy -output_ts_offset 2147482.6
    publish rtmp/ffmpeg-publish-hevc "H.265 as hvc1 (Enhanced RTMP v1) and AAC" \
        ./ffmpeg-new -re -i hevc-aac.flv -c copy
    publish rtmp/ffmpeg-publish-av1-opus "AV1 and Opus (Enhanced RTMP v2)" ./ffmpeg-new -re -i av1-opus.mp4 -c copy
    publish rtmp/ffmpeg-publish-multitrack "H.264 and two AAC tracks (Enhanced RTMP v2 multitrack)" \
        ./ffmpeg-new -re -i h264-aac-aac.mp4 -map 0 -c copy
    push rtmp/librtmp-publish-hevc-legacy \
        "H.265 under codec id 12: hevc-aac.flv after scripts/capture/rewrite_flv.py legacy-hevc" hevc-legacy.flv
    push rtmp/librtmp-publish-wrap \
        "timestamps cross 2^32 ms: h264-aac.flv after scripts/capture/rewrite_flv.py shift 4294966296" before-wrap.flv
    gstreamer_publishes
    refused_publishers
}

gstreamer_publishes() {
    local case=rtmp/gstreamer-publish-h264-aac
    wanted $case && has gst-launch-1.0 $case || return 0
    begin $case "H.264 and AAC" "$(version gst-launch-1.0 --version), rtmp2sink"
    client publisher gst-launch-1.0 videotestsrc num-buffers=20 is-live=true pattern=ball ! \
        video/x-raw,width=160,height=120,framerate=10/1 ! x264enc bitrate=32 key-int-max=10 bframes=0 ! h264parse ! \
        flvmux name=mux streamable=true ! rtmp2sink "location=$RTMP/live/a" \
        audiotestsrc num-buffers=21 is-live=true ! audio/x-raw,rate=11025,channels=1 ! voaacenc bitrate=16000 ! mux.
    end
}

refused_publishers() {
    local case=rtmp/ffmpeg-publish-wrong-app
    if wanted $case; then
        begin $case "an app that does not exist" "$(version ffmpeg -version)"
        client publisher ffmpeg -re -i h264-aac.flv -c copy -f flv "$RTMP/abc/a"
        end
    fi
    case=rtmp/ffmpeg-publish-twice
    if wanted $case; then
        begin $case "a second publisher of a stream whose first is sending" "$(version ffmpeg -version)"
        during ffmpeg -re -i h264-aac.flv -c copy -f flv "$RTMP/live/a"
        end
    fi
}

# --- Players ----------------------------------------------------------------------------------------------------

# play CASE ABOUT CLIENT COMMAND...: a player that joins a stream and leaves after about a second.
play() {
    local case=$1 about=$2 who=$3
    shift 3
    wanted "$case" && has "$1" "$case" || return 0
    begin "$case" "$about" "$who"
    during "$@"
    end
}

play_nobody() {
    local case=rtmp/ffmpeg-play-nobody
    if wanted $case; then
        begin $case "a stream that nobody publishes: refused when the server's patience is over" "$(version ffmpeg -version)"
        client player ffmpeg -i "$RTMP/live/a" -t 1 -c copy -f null -
        end
    fi
    case=http/curl-pages
    if wanted $case && has curl $case; then
        begin $case "pages, an app that does not exist and HEAD, on one connection" "$(curl --version | head -1)"
        client player curl -s "http://$HTTP/" "http://$HTTP/no/page.html" "http://$HTTP/abc/a.flv"
        client second curl -s -I "http://$HTTP/" "http://$HTTP/live/a.flv"
        end
    fi
}

players() {
    play rtmp/ffmpeg-play "H.264 and AAC" "$(version ffmpeg -version)" \
        ffmpeg -i "$RTMP/live/a" -t 1 -c copy -f null -
    play rtmp/ffmpeg-new-play "H.264 and AAC; the player tells what it can (Enhanced RTMP)" \
        "$(version ./ffmpeg-new -version)" ./ffmpeg-new -i "$RTMP/live/a" -t 1 -c copy -f null -
    play rtmp/rtmpdump-play "H.264 and AAC" "$(rtmpdump --help 2>&1 | head -1 || true)" \
        timeout -s INT 2 rtmpdump --live -r "$RTMP/live/a" -o rtmpdump.flv
    play rtmp/gstreamer-play "H.264 and AAC" "$(version gst-launch-1.0 --version), rtmp2src" \
        gst-launch-1.0 rtmp2src "location=$RTMP/live/a" num-buffers=40 ! fakesink
    play rtmp/vlc-play "H.264 and AAC" "$(vlc_version)" \
        timeout -s INT 4 "${CVLC[@]}" --no-video-title --vout dummy --aout dummy "$RTMP/live/a" vlc://quit
    play_nobody
    play http/ffmpeg-play-flv "HTTP-FLV, H.264 and AAC" "$(version ffmpeg -version)" \
        ffmpeg -i "http://$HTTP/live/a.flv" -t 1 -c copy -f null -
    play http/curl-play-flv "HTTP-FLV" "$(curl --version | head -1)" \
        curl -s --max-time 1 -o curl.flv "http://$HTTP/live/a.flv"
    play http/vlc-play-flv "HTTP-FLV, H.264 and AAC" "$(vlc_version)" \
        timeout -s INT 4 "${CVLC[@]}" --no-video-title --vout dummy --aout dummy "http://$HTTP/live/a.flv" vlc://quit
    play http/chromium-play-ws-flv "FLV over a WebSocket: scripts/capture/ws.html" \
        "$(chromium --version 2>/dev/null)" chromium --headless --no-sandbox --disable-gpu --timeout=8000 \
        --dump-dom "file://$MEDIA/ws.html?ws://$HTTP/live/a.flv"
}

has tcpdump "everything" || exit 1
has ffmpeg "everything" || exit 1
cp "$TOOLS/ws.html" .
source "$TOOLS/rtsp.sh"
source "$TOOLS/srt.sh"
make_media
serve ""
publishers
players
rtsp_cases
srt_cases
