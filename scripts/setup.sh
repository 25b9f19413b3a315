#!/usr/bin/env bash
# Installs what is missing to build (`setup.sh build`), to build the player page (`setup.sh web`), or to build and test
# everything (`setup.sh test`, the default).
#
# Needs Debian 12 or newer, or Ubuntu; on other systems it names what is missing. Does nothing, quickly and
# without a network, when all is there. Uses sudo only when it is not root.
set -euo pipefail
cd "$(dirname "$0")/.."

LEVEL=${1:-test}
RUST_NEEDED=1.95
NODE_NEEDED=18
TOOLS=.tools
FFMPEG_WHEEL=imageio-ffmpeg==0.8.1   # ships a static ffmpeg that speaks Enhanced RTMP; Debian's 5.1 does not
BROWSER=scripts/interop/browser
PAGE=web

say() { printf 'setup: %s\n' "$*"; }
die() { say "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# at_least HAVE WANT: whether dotted version HAVE is WANT or newer.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# install_packages COMMAND:PACKAGE...: installs the packages whose command (or file, when it holds a /) is missing.
install_packages() {
    local missing=() pair
    for pair in "$@"; do
        case ${pair%%:*} in
            */*) compgen -G "${pair%%:*}" >/dev/null || missing+=("${pair#*:}") ;;
            *) have "${pair%%:*}" || missing+=("${pair#*:}") ;;
        esac
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    have apt-get || die "please install these with your package manager: ${missing[*]}"
    say "installing ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

setup_build() {
    install_packages gcc:gcc
    have cargo || die "Rust $RUST_NEEDED or newer is needed: see https://rustup.rs"
    local rust
    rust=$(rustc --version | awk '{ print $2 }')
    at_least "$rust" "$RUST_NEEDED" || die "Rust $RUST_NEEDED or newer is needed, found $rust: run 'rustup update stable'"
}

setup_node() {
    install_packages node:nodejs npm:npm
    local node
    node=$(node --version | tr -d v)
    at_least "$node" "$NODE_NEEDED" || die "node $NODE_NEEDED or newer is needed, found $node"
}

setup_players() {
    local plugins='/usr/lib/*/gstreamer-1.0'
    install_packages ffmpeg:ffmpeg ffprobe:ffmpeg rtmpdump:rtmpdump chromium:chromium \
        gst-launch-1.0:gstreamer1.0-tools \
        "$plugins/libgstplayback.so:gstreamer1.0-plugins-base" \
        "$plugins/libgstflv.so:gstreamer1.0-plugins-good" \
        "$plugins/libgstrtmp2.so:gstreamer1.0-plugins-bad" \
        "$plugins/libgstx264.so:gstreamer1.0-plugins-ugly" \
        "$plugins/libgstlibav.so:gstreamer1.0-libav" \
        "$plugins/libgstrtspclientsink.so:gstreamer1.0-rtsp" srt-live-transmit:srt-tools \
        cvlc:vlc-bin '/usr/lib/*/vlc/plugins/access/libaccess_srt_plugin.so:vlc-plugin-access-extra' \
        '/usr/lib/*/vlc/plugins/access/libavio_plugin.so:vlc-plugin-base' \
        python3:python3 pip3:python3-pip setpriv:util-linux openssl:openssl
}

setup_modern_ffmpeg() {
    [ -x "$TOOLS/ffmpeg" ] && return 0
    say "fetching a current ffmpeg ($FFMPEG_WHEEL)"
    pip3 install --quiet --root-user-action ignore --no-deps --upgrade --target "$TOOLS/python" "$FFMPEG_WHEEL"
    local found
    found=$(compgen -G "$TOOLS/python/imageio_ffmpeg/binaries/ffmpeg-*" | head -n 1)
    [ -n "$found" ] || die "$FFMPEG_WHEEL holds no ffmpeg for this machine"
    chmod +x "$found"
    ln -sf "${found#"$TOOLS/"}" "$TOOLS/ffmpeg"
}

setup_browser() {
    [ -d "$BROWSER/node_modules/mpegts.js" ] && [ -d "$BROWSER/node_modules/playwright-core" ] && return 0
    say "fetching mpegts.js and playwright-core"
    npm ci --prefix "$BROWSER" --silent --no-audit --no-fund
}

# What is there must be what the lock file says: `dist/` depends on it.
setup_page() {
    cmp -s "$PAGE/package-lock.json" "$PAGE/node_modules/.locked" && return 0
    say "fetching the players of the page and esbuild"
    npm ci --prefix "$PAGE" --silent --no-audit --no-fund
    cp "$PAGE/package-lock.json" "$PAGE/node_modules/.locked"
}

case $LEVEL in
    build) setup_build ;;
    web)
        setup_node
        setup_page
        ;;
    test)
        setup_build
        setup_node
        setup_players
        mkdir -p "$TOOLS"
        setup_modern_ffmpeg
        setup_browser
        setup_page
        ;;
    *) die "expected 'build', 'web' or 'test', got '$LEVEL'" ;;
esac
