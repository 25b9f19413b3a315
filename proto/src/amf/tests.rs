use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

use super::*;
use crate::bytes::Reader;

fn number(value: f64) -> Value {
    Value::Number(value)
}

#[test]
fn the_connect_command_of_a_real_client() {
    let hex: &[u8] =
        b"\x02\x00\x07connect\x00\x3f\xf0\0\0\0\0\0\0\x03\x00\x03app\x02\x00\x04live\x00\x04fpad\x01\x00\
        \x00\x00\x09";
    let values = read_all(hex).unwrap();
    assert_eq!(values[0].as_text().unwrap().as_ref(), "connect");
    assert_eq!(values[1], number(1.0));
    assert_eq!(values[2], Value::object([("app", Value::text("live")), ("fpad", Value::Bool(false))]));
    assert_eq!(values[2].find("fpad").unwrap().as_bool(), Some(false));
    assert_eq!(&write_all(&values)[..], hex);
}

#[test]
fn what_encoders_really_send() {
    // ECMA array with count 0, its end cut to one byte; an object ended twice; a date; undefined
    let cut = read_all(b"\x08\0\0\0\0\x00\x01a\x05\x00").unwrap();
    assert_eq!(cut, [Value::EcmaArray(vec![("a".into(), Value::Null)])]);
    let no_end = read_all(b"\x03\x00\x01a\x06").unwrap();
    assert_eq!(no_end, [Value::object([("a", Value::Undefined)])]);
    let twice = read_all(b"\x03\x00\x00\x09\x00\x00\x09").unwrap();
    assert_eq!(twice, [Value::Object(vec![])]);
    let latin1 = read_all(b"\x02\x00\x01\xe9").unwrap();
    assert_eq!(latin1, [Value::text("\u{FFFD}")]);
}

#[test]
fn twitch_second_track_holds_an_amf3_byte_array() {
    let hex = b"\x02\x00\x0fadditionalMedia\x03\x00\x02id\x02\x00\x07stream1\x00\x05media\x11\x0c\x05\xaf\x01\0\0\x09";
    let values = read_all(hex).unwrap();
    assert_eq!(values[1].find("media"), Some(&Value::Binary(Bytes::from_static(b"\xaf\x01"))));
    assert_eq!(&write_all(&values)[..], hex);
}

#[test]
fn amf3_types_and_references() {
    let read = |data: &[u8]| amf3::read(&mut Reader::new(data));
    assert_eq!(read(&[4, 0x7F]).unwrap(), number(127.0));
    assert_eq!(read(&[4, 0xFF, 0xFF, 0xFF, 0xFF]).unwrap(), number(-1.0));
    assert_eq!(read(&[4, 0x81, 0x00]).unwrap(), number(128.0));
    assert_eq!(read(b"\x06\x07abc").unwrap(), Value::text("abc"));
    // [“ab”, “ab” by reference]
    assert_eq!(
        read(b"\x09\x05\x01\x06\x05ab\x06\x00").unwrap(),
        Value::StrictArray(vec![Value::text("ab"), Value::text("ab")])
    );
    // array of two objects of one class, the second by class reference, plus the first by object reference
    let data = b"\x09\x07\x01\x0a\x13\x03C\x03x\x04\x01\x0a\x01\x04\x02\x0a\x02";
    let object = |x| Value::TypedObject("C".into(), vec![("x".into(), number(x))]);
    assert_eq!(read(data).unwrap(), Value::StrictArray(vec![object(1.0), object(2.0), object(1.0)]));
    // dynamic object {a: true}
    assert_eq!(read(b"\x0a\x0b\x01\x03a\x03\x01").unwrap(), Value::object([("a", Value::Bool(true))]));
    // Vector.<uint>
    assert_eq!(read(b"\x0e\x03\x00\0\0\0\x07").unwrap(), Value::StrictArray(vec![number(7.0)]));
    assert_eq!(read(b"\x08\x01\0\0\0\0\0\0\0\0").unwrap(), Value::Date(0.0));
}

#[test]
fn limits_hold_before_memory_is_spent() {
    let deep = [&[0x0A, 0, 0, 0, 1][..]; 64].concat();
    assert!(matches!(read_all(&deep), Err(Error::Limit(_))));
    assert!(matches!(read_all(&[5; MAX_VALUES + 1]), Err(Error::Limit(_))));
    assert!(matches!(read_all(b"\x0a\xff\xff\xff\xff"), Err(Error::Malformed(_))));
    assert!(matches!(read_all(b"\x0c\xff\xff\xff\xffabc"), Err(Error::Malformed(_))));
    assert!(matches!(read_all(b"\x07\0\0"), Err(Error::Malformed(_))));
    assert!(matches!(read_all(b"\x11\x0c\xff\xff\xff\xff"), Err(Error::Malformed(_))));
    // an object that refers to itself
    assert!(matches!(read_all(b"\x11\x09\x03\x01\x09\x00"), Err(Error::Malformed(_))));
    // each level holds the one before it many times
    let mut laughs = vec![0x11, 0x09, 0x81, 0x01, 0x01];
    for level in 1..32_u8 {
        laughs.extend([0x09, 0x81, 0x01, 0x01, 0x09, (level - 1) << 1]);
    }
    assert!(read_all(&laughs).is_err());
}

#[test]
fn metadata_goes_both_ways() {
    let values = vec![
        ("width".into(), number(640.0)),
        ("tracks".into(), Value::StrictArray(vec![Value::Null, Value::Bool(true)])),
        ("map".into(), Value::object([("1", Value::text("x"))])),
        ("at".into(), Value::Date(5.0)),
    ];
    let converted = metadata(values.clone());
    assert_eq!(converted.number("width"), Some(640.0));
    assert_eq!(fields(&converted), values);
}

fn any_value() -> impl Strategy<Value = Value> {
    let text = "[a-zé]{0,9}".prop_map(std::sync::Arc::<str>::from);
    let leaf = prop_oneof![
        (-1e9..1e9).prop_map(Value::Number),
        any::<bool>().prop_map(Value::Bool),
        text.clone().prop_map(Value::Text),
        text.clone().prop_map(Value::Xml),
        (0.0..1e12).prop_map(Value::Date),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(|bytes| Value::Binary(bytes.into())),
        Just(Value::Null),
        Just(Value::Undefined),
        Just(Value::text("x".repeat(70_000))),
    ];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        let fields = proptest::collection::vec((text.clone(), inner.clone()), 0..5);
        prop_oneof![
            fields.clone().prop_map(Value::Object),
            fields.clone().prop_map(Value::EcmaArray),
            (text.clone(), fields).prop_map(|(class, fields)| Value::TypedObject(class, fields)),
            proptest::collection::vec(inner, 0..5).prop_map(Value::StrictArray),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_reads_the_same(values in proptest::collection::vec(any_value(), 0..4)) {
        prop_assert_eq!(read_all(&write_all(&values)).unwrap(), values);
    }

    #[test]
    fn any_bytes_end(data in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = read_all(&data);
        let _ = amf3::read(&mut Reader::new(&data));
        let _ = amf0::read(&mut Reader::new(&data));
    }

    #[test]
    fn changed_messages_end(value in any_value(), at in any::<usize>(), byte in any::<u8>()) {
        let mut out = BytesMut::new();
        amf0::write(&mut out, &value);
        let place = at % out.len();
        out[place] = byte;
        let _ = read_all(&out);
    }
}
