//! Questions to the embedding program.

use crate::harness::{Client, start};

#[test]
fn an_answer_may_come_at_once_or_from_another_thread() {
    let (_server, addr) = start(2);
    let mut client = Client::connect(addr);
    assert_eq!(client.ask("ask /inline"), "inline");
    assert_eq!(client.ask("ask /thread"), "thread");
}

#[test]
fn a_dropped_question_fails() {
    let (_server, addr) = start(1);
    let answer = Client::connect(addr).ask("ask /nobody");
    assert!(answer.starts_with("Failed"), "{answer}");
}

#[test]
fn an_answer_for_a_connection_that_left_disturbs_nobody() {
    let (_server, addr) = start(1);
    for _ in 0..50 {
        Client::connect(addr).send("ask /thread");
    }
    assert_eq!(Client::connect(addr).ask("ask /thread"), "thread");
}
