//! Keys and ciphers against vectors and against themselves.

use proptest::prelude::*;

use super::pair::secret;
use crate::srt::Seq;
use crate::srt::crypto::{Form, Passphrase, StreamKey, Wrapper};
use crate::srt::wire::{Cipher, KeyMaterial};

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

#[test]
fn keys_unwrap_to_what_was_wrapped_and_only_with_the_same_passphrase() {
    let passphrase = Passphrase::new("correct horse").unwrap();
    let other = Passphrase::new("battery staple").unwrap();
    for length in [16, 24, 32] {
        let wrapper = Wrapper::new(&passphrase, [7; 16], length);
        for count in [1, 2] {
            let keys: Vec<u8> = (0..length * count).map(|i| i as u8).collect();
            let wrapped = wrapper.wrap(&keys);
            assert_eq!(wrapped.len(), keys.len() + 8);
            assert_eq!(wrapper.unwrap(&wrapped).as_deref(), Some(keys.as_slice()));
            assert_eq!(Wrapper::new(&other, [7; 16], length).unwrap(&wrapped), None);
            assert_eq!(Wrapper::new(&passphrase, [8; 16], length).unwrap(&wrapped), None);
        }
        assert_eq!(wrapper.unwrap(&[0; 7]), None);
        assert_eq!(wrapper.unwrap(&[]), None);
    }
}

#[test]
fn counter_mode_begins_where_the_salt_and_the_number_say() {
    // AES-128 of the block 00…00 with key 00…00 (FIPS 197 arithmetic): with a salt of zeros, packet 0 is XORed with it.
    let key = StreamKey::new(&[0; 16], [0; 16], Form::Ctr).unwrap();
    let mut payload = [0; 16];
    assert_eq!(key.seal(Seq::new(0), &[0; 16], &mut payload), None);
    assert_eq!(payload.to_vec(), hex("66e94bd4ef8a2c3b884cfa59ca342b2e"));
    // The number stands in bytes 10 to 13, and salt and number cancel.
    let mut salt = [0; 16];
    salt[10..14].copy_from_slice(&0x0102_0304_u32.to_be_bytes());
    salt[14..].copy_from_slice(&[9, 9]);
    let key = StreamKey::new(&[0; 16], salt, Form::Ctr).unwrap();
    let mut payload = [0; 16];
    key.seal(Seq::new(0x0102_0304), &[0; 16], &mut payload);
    assert_eq!(payload.to_vec(), hex("66e94bd4ef8a2c3b884cfa59ca342b2e"));
}

#[test]
fn galois_counter_mode_begins_where_the_salt_and_the_number_say() {
    // Test case 2 of the GCM specification, but for what is authenticated.
    let key = StreamKey::new(&[0; 16], [0; 16], Form::Gcm).unwrap();
    let mut payload = [0; 16];
    assert!(key.seal(Seq::new(0), &[0; 16], &mut payload).is_some());
    assert_eq!(payload.to_vec(), hex("0388dace60b6a392f328c2b971b2fe78"));
    let mut salt = [0; 16];
    salt[8..12].copy_from_slice(&0x0102_0304_u32.to_be_bytes());
    let key = StreamKey::new(&[0; 16], salt, Form::Gcm).unwrap();
    let mut payload = [0; 16];
    key.seal(Seq::new(0x0102_0304), &[0; 16], &mut payload);
    assert_eq!(payload.to_vec(), hex("0388dace60b6a392f328c2b971b2fe78"));
}

#[test]
fn the_form_of_gcm_follows_the_peers_version() {
    assert_eq!(Form::of(Cipher::Gcm, 0x01_0503), Form::OldGcm);
    assert_eq!(Form::of(Cipher::Gcm, 0x01_0504), Form::Gcm);
    assert_eq!(Form::of(Cipher::Ctr, 0x01_0300), Form::Ctr);
}

#[test]
fn secrets_do_not_show() {
    assert_eq!(format!("{:?}", secret(1)), "Secret");
    assert_eq!(format!("{:?}", Passphrase::new("0123456789").unwrap()), "Passphrase");
    assert!(Passphrase::new("012345678").is_err());
    assert!(Passphrase::new("x".repeat(81)).is_err());
    assert_ne!(secret(1).child("a", 1), secret(1).child("a", 2));
}

proptest! {
    #[test]
    fn what_was_sealed_opens(
        length in prop::sample::select(vec![16usize, 24, 32]),
        form in prop::sample::select(vec![Form::Ctr, Form::Gcm, Form::OldGcm]),
        raw in any::<[u8; 32]>(), salt in any::<[u8; 16]>(), head in any::<[u8; 16]>(), seq in any::<u32>(),
        payload in prop::collection::vec(any::<u8>(), 1..1400),
    ) {
        let key = StreamKey::new(&raw[..length], salt, form).unwrap();
        let mut sealed = payload.clone();
        let tag = key.seal(Seq::new(seq), &head, &mut sealed);
        sealed.extend(tag.into_iter().flatten());
        prop_assert_eq!(sealed.len(), payload.len() + form.overhead());
        prop_assert_eq!(key.open(Seq::new(seq), &head, &mut sealed), Some(payload.len()));
        prop_assert_eq!(&sealed[..payload.len()], payload.as_slice());
    }

    #[test]
    fn any_bytes_are_key_material_or_an_error(data in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(material) = KeyMaterial::parse(&data) {
            prop_assert_eq!(KeyMaterial::parse(&material.write()).unwrap(), material);
        }
    }
}
