//! `examples/embed.rs`, the engine on plain std sockets, is a whole RTMP server.

#![forbid(unsafe_code)]

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use rtmpd_interop::clients::{Player, Publisher};
use rtmpd_interop::compare::{Want, assert_played};
use rtmpd_interop::media::Media;
use rtmpd_interop::{Process, paths, until};

#[test]
fn what_ffmpeg_publishes_to_it_can_be_played() {
    let program =
        paths::newest("examples/embed").expect("cargo build --release -p rtmpd-proto --example embed");
    let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = held.local_addr().expect("a bound socket has an address").port();
    drop(held);
    let folder = paths::scratch("embed");
    let mut command = Command::new(program);
    command
        .arg(port.to_string())
        .stdout(std::fs::File::create(folder.join("stdout")).expect("a file can be made"));
    let server = Process::start("embed", &mut command, &folder.join("stderr"));
    until("it listens", Duration::from_secs(20), || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
    let url = format!("rtmp://127.0.0.1:{port}/live/stream");
    let mut player = Player::rtmpdump(&url);
    let mut publisher = Publisher::ffmpeg(Media::H264Aac, &url);
    publisher.finish();
    assert_played(&Media::H264Aac.flv(), &player.finish_flv(), Want::default());
    drop(server);
    std::fs::remove_dir_all(&folder).ok();
}
