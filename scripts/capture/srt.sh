# shellcheck shell=bash disable=SC2154
# The SRT cases of scripts/capture.sh.

# srt_url STREAM MODE: as all callers write it.
srt_url() { echo "$SRT?streamid=#!::r=live/$1,m=$2"; }

# srt_publish CASE ABOUT FILE URL: MPEG-TS by ffmpeg and libsrt.
srt_publish() {
    local case=$1 about=$2 file=$3 url=$4
    wanted "$case" || return 0
    begin "$case" "$about" "$(version ./ffmpeg-new -version)"
    client publisher ./ffmpeg-new -re -i "$file" -c copy -f mpegts "$url"
    end
}

# srt_live_publish CASE URL: datagrams of a whole number of transport packets from ffmpeg, by UDP, to srt-live-transmit.
srt_live_publish() {
    local case=$1 url=$2
    wanted "$case" && has srt-live-transmit "$case" || return 0
    begin "$case" "H.264 and AAC" "$(version srt-live-transmit -version)"
    noted source ffmpeg -re -i h264-aac.flv -c copy -f mpegts "udp://127.0.0.1:$UDP_PORT?pkt_size=1316"
    (sleep 1 && ffmpeg -v error -nostdin -re -i h264-aac.flv -c copy -f mpegts \
        "udp://127.0.0.1:$UDP_PORT?pkt_size=1316" >source.log 2>&1) &
    local source=$!
    client publisher timeout -s INT 4 srt-live-transmit "udp://127.0.0.1:$UDP_PORT" "$url"
    wait $source || true
    end
}

# srt_gst_publish CASE: GStreamer, which is told the stream's id beside the URL.
srt_gst_publish() {
    local case=$1
    wanted "$case" && has gst-launch-1.0 "$case" || return 0
    begin "$case" "H.264 and AAC" "$(version gst-launch-1.0 --version), srtsink"
    client publisher gst-launch-1.0 videotestsrc num-buffers=20 is-live=true pattern=ball ! \
        video/x-raw,width=160,height=120,framerate=10/1 ! x264enc bitrate=32 key-int-max=10 bframes=0 ! h264parse ! \
        mpegtsmux name=mux alignment=7 ! srtsink "uri=$SRT" "streamid=#!::r=live/a,m=publish" wait-for-connection=false \
        audiotestsrc num-buffers=21 is-live=true ! audio/x-raw,rate=11025,channels=1 ! voaacenc bitrate=16000 ! \
        aacparse ! mux.
    end
}

# secret_play: a publisher and a player who know the passphrase.
secret_play() {
    local case=srt/ffmpeg-play-secret url
    wanted $case || return 0
    begin $case "H.264 and AAC by MPEG-TS, encrypted both ways" "$(version ./ffmpeg-new -version)"
    url="$(srt_url secret publish)&passphrase=$PASSPHRASE&pbkeylen=24"
    noted publisher ./ffmpeg-new -re -stream_loop -1 -i h264-aac.flv -c copy -f mpegts "$url"
    timeout 30 ./ffmpeg-new -v error -re -stream_loop -1 -i h264-aac.flv -c copy -f mpegts "$url" \
        >publisher.log 2>&1 </dev/null &
    local publisher=$!
    STARTED+=("$publisher")
    sleep 1.5
    client player ./ffmpeg-new -i "$(srt_url secret request)&passphrase=$PASSPHRASE" -t 1 -c copy -f null -
    kill -INT "$publisher" 2>/dev/null || true
    wait "$publisher" || true
    end
}

srt_cases() {
    local new gst
    new=$(version ./ffmpeg-new -version)
    srt_publish srt/ffmpeg-publish "H.264 with B-frames and AAC" h264-aac.flv "$(srt_url a publish)"
    srt_publish srt/ffmpeg-publish-hevc "H.265 and Opus" hevc-opus.mp4 "$(srt_url a publish)"
    srt_live_publish srt/srt-live-transmit-publish "$(srt_url a publish)"
    srt_gst_publish srt/gstreamer-publish
    play srt/ffmpeg-play "H.264 and AAC by MPEG-TS" "$new" \
        ./ffmpeg-new -i "$(srt_url a request)" -t 1 -c copy -f null -
    play srt/srt-live-transmit-play "H.264 and AAC by MPEG-TS" "$(version srt-live-transmit -version)" \
        timeout -s INT 2 srt-live-transmit "$(srt_url a request)" file://con
    play srt/gstreamer-play "H.264 and AAC by MPEG-TS" "$(version gst-launch-1.0 --version), srtsrc" \
        timeout -s INT 2 gst-launch-1.0 srtsrc "uri=$SRT" "streamid=#!::r=live/a,m=request" ! fakesink
    SECRET=1
    srt_publish srt/ffmpeg-publish-secret "H.264 and AAC, encrypted (AES-128)" h264-aac.flv \
        "$(srt_url secret publish)&passphrase=$PASSPHRASE"
    srt_publish srt/ffmpeg-publish-wrong-secret "a wrong passphrase: refused" h264-aac.flv \
        "$(srt_url secret publish)&passphrase=another-passphrase"
    secret_play
    unset SECRET
}
