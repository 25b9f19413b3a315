use bytes::{Bytes, BytesMut};

use super::*;

#[test]
fn numbers_are_big_endian_and_checked() {
    let mut reader = Reader::new(&[1, 2, 3, 0xFF, 0xFF, 0xFE, 0, 0, 1]);
    assert_eq!(reader.u8(), Some(1));
    assert_eq!(reader.u16(), Some(0x0203));
    assert_eq!(reader.i24(), Some(-2));
    assert_eq!(reader.u64(), None);
    assert_eq!(reader.position(), 6, "a failed read moves nothing");
    assert_eq!(reader.u24(), Some(1));
    assert_eq!(reader.remaining(), 0);
    assert_eq!(reader.take(usize::MAX), None);
    assert_eq!(reader.take(0), Some(&[][..]));
}

#[test]
fn exp_golomb_as_in_h264_table_9_2() {
    // 1 010 011 00100 00101 00110 00111 0001000
    let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1001_1000, 0b1110_0010, 0b0000_0000]);
    let read: Vec<_> = (0..8).map(|_| bits.ue().unwrap()).collect();
    assert_eq!(read, [0, 1, 2, 3, 4, 5, 6, 7]);
    let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
    let read: Vec<_> = (0..5).map(|_| bits.se().unwrap()).collect();
    assert_eq!(read, [0, 1, -1, 2, -2]);
    assert_eq!(Bits::new(&[0; 9]).ue(), None, "more than 32 bits");
    assert_eq!(Bits::new(&[0]).ue(), None, "cut off");
    assert_eq!(Bits::new(&[0xFF; 8]).read(33), None);
}

#[test]
fn slices_are_shared_and_checked() {
    let bytes = Bytes::from_static(b"abcd");
    assert_eq!(slice(&bytes, 1, 3).unwrap(), "bc");
    assert_eq!(slice(&bytes, 3, 5), None);
    assert_eq!(slice(&bytes, 3, 2), None);
    assert_eq!(tail(&bytes, 9), "");
    let mut out = BytesMut::new();
    put_u24(&mut out, 0xFF01_0203);
    assert_eq!(out, &[1, 2, 3][..]);
}
