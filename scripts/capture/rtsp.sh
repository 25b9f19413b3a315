# shellcheck shell=bash disable=SC2154
# The RTSP cases of scripts/capture.sh.

# rtsp_publish CASE ABOUT FFMPEG TRANSPORT FILE [URL]: ffmpeg announces and records.
rtsp_publish() {
    local case=$1 about=$2 ffmpeg=$3 transport=$4 file=$5 url=${6:-$RTSP/live/a}
    wanted "$case" || return 0
    begin "$case" "$about" "$(version "$ffmpeg" -version)"
    client publisher "$ffmpeg" -re -i "$file" -c copy -f rtsp -rtsp_transport "$transport" "$url"
    end
}

# rtsp_gst_publish CASE TRANSPORT: GStreamer, whose sink has the encoder begin anew once it knows its latency.
rtsp_gst_publish() {
    local case=$1 transport=$2
    wanted "$case" && has gst-launch-1.0 "$case" || return 0
    begin "$case" "H.264 and AAC by $transport; the encoder begins anew with another profile" \
        "$(version gst-launch-1.0 --version), rtspclientsink"
    client publisher gst-launch-1.0 rtspclientsink name=sink "location=$RTSP/live/a" "protocols=$transport" \
        videotestsrc num-buffers=20 is-live=true pattern=ball ! \
        video/x-raw,width=160,height=120,framerate=10/1 ! x264enc bitrate=32 key-int-max=10 bframes=0 ! h264parse ! \
        sink. audiotestsrc num-buffers=21 is-live=true ! audio/x-raw,rate=11025,channels=1 ! \
        voaacenc bitrate=16000 ! aacparse ! sink.
    end
}

rtsp_cases() {
    local old new gst
    old=$(version ffmpeg -version) new=$(version ./ffmpeg-new -version)
    gst="$(version gst-launch-1.0 --version), rtspsrc"
    rtsp_publish rtsp/ffmpeg-publish-tcp "H.264 with B-frames and AAC, inside the connection" ffmpeg tcp h264-aac.flv
    rtsp_publish rtsp/ffmpeg-publish-udp "H.264 with B-frames and AAC by datagrams" ffmpeg udp h264-aac.flv
    rtsp_publish rtsp/ffmpeg-new-publish-hevc-opus "H.265 and Opus" ./ffmpeg-new tcp hevc-opus.mp4
    rtsp_gst_publish rtsp/gstreamer-publish-tcp tcp
    rtsp_gst_publish rtsp/gstreamer-publish-udp udp
    local transport
    for transport in tcp udp http; do
        play rtsp/ffmpeg-play-$transport "H.264 and AAC by $transport" "$old" \
            ffmpeg -rtsp_transport $transport -i "$RTSP/live/a" -t 1 -c copy -f null -
    done
    play rtsp/ffmpeg-new-play-udp "H.264 and AAC by udp" "$new" \
        ./ffmpeg-new -rtsp_transport udp -i "$RTSP/live/a" -t 1 -c copy -f null -
    play rtsp/two-play-udp "H.264 and AAC by udp, two players: the server has one pair of ports for both" "$old; $new" \
        bash -c "ffmpeg -rtsp_transport udp -i $RTSP/live/a -t 1 -c copy -f null - &
            ./ffmpeg-new -rtsp_transport udp -i $RTSP/live/a -t 1 -c copy -f null - & wait"
    for transport in tcp udp; do
        play rtsp/gstreamer-play-$transport "H.264 and AAC by $transport" "$gst" \
            timeout -s INT 3 gst-launch-1.0 rtspsrc "location=$RTSP/live/a" protocols=$transport latency=100 ! fakesink
    done
    with "<auth user=\"$USER_NAME\" password=\"$PASSWORD\"/>" rtsp_digest
}

# Who knows the account, and who does not.
rtsp_digest() {
    ACCOUNT=1
    local stranger=$RTSP/live/a known=rtsp://$USER_NAME:$PASSWORD@127.0.0.1:$RTSP_PORT/live/a
    rtsp_publish rtsp/ffmpeg-publish-digest "H.264 and AAC; the server asks for an account (Digest)" \
        ffmpeg tcp h264-aac.flv "$known"
    play rtsp/ffmpeg-play-digest "H.264 and AAC; the server asks for an account (Digest)" "$(version ffmpeg -version)" \
        ffmpeg -rtsp_transport tcp -i "$known" -t 1 -c copy -f null -
    play rtsp/gstreamer-play-digest "H.264 and AAC; the server asks for an account (Digest)" \
        "$(version gst-launch-1.0 --version), rtspsrc" timeout -s INT 3 gst-launch-1.0 rtspsrc \
        "location=$stranger" "user-id=$USER_NAME" "user-pw=$PASSWORD" protocols=tcp ! fakesink
    rtsp_publish rtsp/ffmpeg-publish-no-account "somebody without the account is turned away" \
        ffmpeg tcp h264-aac.flv "$stranger"
    unset ACCOUNT
}
