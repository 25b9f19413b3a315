//! The server core in a plain blocking program: `cargo run --example embed -- 1935`, then push and play by RTMP.
#![forbid(unsafe_code)]
#![allow(clippy::disallowed_types, clippy::disallowed_methods)] // a driver is where sockets and clocks belong
use std::collections::HashMap;
use std::io::{ErrorKind::WouldBlock, IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::{sync::Arc, thread, time::Duration};

use rtmpd_core::hub::{Hub, HubSettings, ShardId};
use rtmpd_core::media::{Packager, Packaging};
use rtmpd_core::shard::{Action, ConnId, Shard};
use rtmpd_core::{Dice, Instant, Peer, StreamKey};
use rtmpd_proto::rtmp::{RtmpPackager, RtmpService, Settings};

fn make(packaging: Packaging, _: &StreamKey) -> Option<Box<dyn Packager>> {
    Some(Box::new(RtmpPackager::of(packaging, &Settings::default())?))
}

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1935);
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    listener.set_nonblocking(true)?;
    eprintln!("rtmp://{}/live/stream", listener.local_addr()?);
    let mut shard = Shard::new(ShardId(0), Hub::new(HubSettings::default(), Arc::new(make)));
    let rtmp = shard.add_service(Box::new(RtmpService::new(Settings::default(), Dice::new(1))));
    let start = std::time::Instant::now();
    let clock = || Instant::from_micros(start.elapsed().as_micros() as u64);
    let (mut sockets, mut buffer) = (HashMap::<ConnId, TcpStream>::new(), vec![0; 65_536]);
    loop {
        while let Ok((socket, remote)) = listener.accept() {
            socket.set_nonblocking(true)?;
            let peer = Peer { local: socket.local_addr()?, remote };
            sockets.insert(shard.open(clock(), rtmp, peer), socket);
        }
        for (&conn, socket) in &mut sockets {
            shard.writable(clock(), conn); // a real loop calls this on a readiness event
            match socket.read(&mut buffer) {
                Ok(0) => shard.receive_eof(clock(), conn),
                Ok(n) => shard.receive(clock(), conn, &buffer[..n]),
                Err(error) if error.kind() == WouldBlock => {}
                Err(_) => shard.lost(clock(), conn),
            }
        }
        if shard.poll_timeout().is_some_and(|at| at <= clock()) {
            shard.handle_timeout(clock());
        }
        while let Some(action) = shard.poll_action() {
            match action {
                Action::Send(conn) => {
                    let mut iov = [IoSlice::new(&[]); 64];
                    let filled = shard.unsent(conn, &mut iov);
                    shard.sent(clock(), conn, (&sockets[&conn]).write_vectored(&iov[..filled]).unwrap_or(0));
                }
                Action::Close(conn) => drop(sockets.remove(&conn)),
                Action::Report(report) => eprintln!("{report}"),
                // One shard, RTMP only.
                Action::Wake(_) | Action::Read(_) | Action::Call(..) => {}
                Action::SendDatagrams(_) | Action::Bind { .. } | Action::Unbind(_) => {}
                Action::Dial(_) | Action::HangUp(_) => {}
            }
        }
        thread::sleep(Duration::from_millis(1));
    }
}
