//! Encrypted streams, and keys that change on the way.

use std::time::Duration;

use super::net::Weather;
use super::pair::{Pair, Plan};
use crate::srt::crypto::Refresh;
use crate::srt::wire::Cipher;
use crate::srt::{Event, Reject};

const SPACING: Duration = Duration::from_millis(1);

fn lossy() -> Weather {
    Weather { delay: Duration::from_millis(20), jitter: Duration::from_millis(3), loss: 20, twice: 5 }
}

fn refreshing(seed: u64, length: usize, cipher: Cipher) -> Plan {
    let mut plan = Plan::new(seed, lossy()).latency(200).keyed(length, cipher);
    plan.caller.refresh = Refresh { after: 1000, announce: 300 };
    plan.listener.refresh = plan.caller.refresh;
    plan
}

#[test]
fn keys_change_in_both_directions_and_nothing_is_lost() {
    for cipher in [Cipher::Ctr, Cipher::Gcm] {
        for (seed, length) in [(1, 16), (2, 24), (3, 32)] {
            for from_caller in [true, false] {
                let mut pair = Pair::met(refreshing(seed, length, cipher));
                pair.stream(from_caller, 6500, SPACING);
                pair.run(Duration::from_secs(1));
                let (sender, receiver) =
                    if from_caller { (&pair.caller, &pair.listener) } else { (&pair.listener, &pair.caller) };
                receiver.assert_all(6500, Duration::from_millis(200), Duration::from_millis(25));
                assert_eq!(sender.stats().keys_changed, 6, "{cipher:?} {length}");
                assert_eq!(receiver.stats().undecryptable, 0);
            }
        }
    }
}

#[test]
fn what_flies_is_not_what_was_said() {
    let mut pair = Pair::met(Plan::new(4, Weather::FINE).keyed(16, Cipher::Ctr));
    pair.send(true, 5);
    let data = pair.there.take(pair.now + Duration::from_secs(1)).unwrap();
    assert_eq!(data.len(), 16 + 1316);
    assert_ne!(data[16..24], 5u64.to_be_bytes());
    assert_eq!(data[4] >> 3 & 3, 1, "the even key");
}

#[test]
fn payloads_that_were_changed_on_the_way_do_not_come_out_of_gcm() {
    let mut pair = Pair::met(Plan::new(5, Weather::FINE).keyed(32, Cipher::Gcm));
    pair.send(true, 1);
    let mut data = pair.there.take(pair.now + Duration::from_secs(1)).unwrap();
    assert_eq!(data.len(), 16 + 1316 + 16);
    data[20] ^= 1;
    let listener = pair.listener.connection.as_mut().unwrap();
    listener.handle_datagram(pair.now, &data);
    data[20] ^= 1;
    data[8] ^= 1;
    listener.handle_datagram(pair.now, &data);
    assert_eq!(listener.stats().undecryptable, 2);
    data[8] ^= 1;
    // Sent again, it is the same but for one bit, which is not authenticated.
    data[4] |= 4;
    listener.handle_datagram(pair.now, &data);
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.listener.got.len(), 1);
}

#[test]
fn one_side_without_the_right_passphrase_is_refused() {
    let cases = [
        (Some("another horse"), Some("correct horse"), Reject::BAD_SECRET),
        (Some("correct horse"), None, Reject::UNSECURE),
        (None, Some("correct horse"), Reject::UNSECURE),
    ];
    for (caller, listener, reject) in cases {
        let mut plan = Plan::new(6, Weather::FINE);
        plan.caller_key = caller.map(|text| (text.to_owned(), 16, Cipher::Ctr));
        plan.listener_key = listener.map(str::to_owned);
        let mut pair = Pair::new(plan);
        pair.run(Duration::from_secs(1));
        assert_eq!(pair.caller.events, [Event::Rejected(reject)]);
        assert_eq!(pair.listener.events, [Event::Rejected(reject)]);
    }
}
