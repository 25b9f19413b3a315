//! The small parts of a worker that need no sockets.

use mio::Token;
use rtmpd_core::Instant;

use super::acceptor::Gate;
use super::token::Subject;

#[test]
fn a_token_names_what_it_was_made_of() {
    for index in [0, 1, 7_500, u32::MAX as usize] {
        for subject in [Subject::Conn(index), Subject::Listener(index), Subject::Farewell(index)] {
            assert_eq!(Subject::from(Token::from(subject)), subject);
        }
    }
    assert_eq!(Subject::from(Token::from(Subject::Wake)), Subject::Wake);
}

#[test]
fn a_closed_gate_opens_when_its_time_has_come() {
    let mut gate = Gate::new(0);
    let now = Instant::from_millis(5);
    assert!(gate.is_open(now));
    gate.close(now, &std::io::Error::other("no descriptors"));
    assert!(!gate.is_open(now));
    let again = gate.reopens_at().expect("it opens again");
    assert!(gate.is_open(again));
    assert!(!gate.is_closed());
}
