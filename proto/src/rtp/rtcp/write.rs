//! Compound packets that we send: a report first, then who we are, as RFC 3550 §6.1 has it.

use bytes::{BufMut, Bytes, BytesMut};

use super::*;

const VERSION: u8 = 2 << 6;
/// As many as the count in a packet's head can say.
const MAX_BLOCKS: usize = 31;
/// As many bytes as the length of an SDES item can say.
const MAX_NAME: usize = 255;

/// SR and SDES of a source that sends: at most 31 of `blocks`, and 255 bytes of `cname`.
pub fn sender_report(report: &SenderReport, blocks: &[Block], cname: &str) -> Bytes {
    let mut out = BytesMut::with_capacity(128);
    put(&mut out, count(blocks), SR, |out| {
        out.put_u32(report.ssrc);
        out.put_u64(report.ntp);
        out.put_u32(report.timestamp);
        out.put_u32(report.packets);
        out.put_u32(report.octets);
        put_blocks(out, blocks);
    });
    put_name(&mut out, report.ssrc, cname);
    out.freeze()
}

/// RR and SDES of the receiver `ssrc`: at most 31 of `blocks`, and 255 bytes of `cname`.
pub fn receiver_report(ssrc: u32, blocks: &[Block], cname: &str) -> Bytes {
    report(ssrc, blocks, cname).freeze()
}

/// Farewell of `ssrc`.
pub fn bye(ssrc: u32, cname: &str) -> Bytes {
    let mut out = report(ssrc, &[], cname);
    put(&mut out, 1, BYE, |out| out.put_u32(ssrc));
    out.freeze()
}

/// Asks the source `media` for a keyframe: PLI, RFC 4585 §6.3.1.
pub fn picture_loss(ssrc: u32, media: u32, cname: &str) -> Bytes {
    let mut out = report(ssrc, &[], cname);
    put(&mut out, PICTURE_LOSS, PSFB, |out| {
        out.put_u32(ssrc);
        out.put_u32(media);
    });
    out.freeze()
}

fn report(ssrc: u32, blocks: &[Block], cname: &str) -> BytesMut {
    let mut out = BytesMut::with_capacity(128);
    put(&mut out, count(blocks), RR, |out| {
        out.put_u32(ssrc);
        put_blocks(out, blocks);
    });
    put_name(&mut out, ssrc, cname);
    out
}

fn count(blocks: &[Block]) -> u8 {
    blocks.len().min(MAX_BLOCKS) as u8
}

fn put_blocks(out: &mut BytesMut, blocks: &[Block]) {
    for block in blocks.iter().take(MAX_BLOCKS) {
        out.put_u32(block.ssrc);
        out.put_u8(block.fraction_lost);
        // RFC 3550 §A.3: held at the ends of 24 bits.
        out.put_int(i64::from(block.lost.clamp(-0x80_0000, 0x7F_FFFF)), 3);
        out.put_u32(block.highest);
        out.put_u32(block.jitter);
        out.put_u32(block.last_sr);
        out.put_u32(block.delay);
    }
}

fn put_name(out: &mut BytesMut, ssrc: u32, cname: &str) {
    let name = cname.as_bytes();
    let name = name.get(..MAX_NAME).unwrap_or(name);
    put(out, 1, SDES, |out| {
        out.put_u32(ssrc);
        out.put_u8(CNAME);
        out.put_u8(name.len() as u8);
        out.put_slice(name);
        // One zero at least ends the list of items; `put` pads with as many as it takes.
        out.put_u8(0);
    });
}

/// A packet's head, and behind it what `body` writes, padded with zeros to whole words.
fn put(out: &mut BytesMut, count: u8, kind: u8, body: impl FnOnce(&mut BytesMut)) {
    let mut inner = BytesMut::with_capacity(128);
    body(&mut inner);
    let words = inner.len().div_ceil(4);
    inner.resize(words * 4, 0);
    out.put_u8(VERSION | count);
    out.put_u8(kind);
    out.put_u16(words as u16);
    out.put_slice(&inner);
}
