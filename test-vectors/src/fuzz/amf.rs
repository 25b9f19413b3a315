//! AMF0 messages and AMF3 values.

use rtmpd_core::Error;
use rtmpd_proto::amf::{self, amf3 as three};
use rtmpd_proto::bytes::Reader;

use super::MAX_INPUT;

/// A message's values; what was read can be written and read again.
pub fn amf0(data: &[u8]) {
    let Ok(values) = amf::read_all(&data[..data.len().min(MAX_INPUT)]) else { return };
    match amf::read_all(&amf::write_all(&values)) {
        // Compared as text: a NaN is equal to no NaN.
        Ok(again) => assert_eq!(format!("{again:?}"), format!("{values:?}")),
        // AMF3 references may stand for more than one message can spell out.
        Err(Error::Limit(_)) => {}
        Err(error) => panic!("what was written cannot be read: {error}"),
    }
}

/// One AMF3 value.
pub fn amf3(data: &[u8]) {
    let mut reader = Reader::new(&data[..data.len().min(MAX_INPUT)]);
    if three::read(&mut reader).is_ok() {
        assert!(reader.position() <= data.len());
    }
}
