//! Names and passwords, by the machines of both sides.

use rtmpd_core::policy::Roles;

use super::caller::Caller;
use super::pairs::Stage;
use super::world::Scene;
use crate::rtsp::auth::{Algorithm, Asked};
use crate::rtsp::client::{Target, Transport};
use crate::rtsp::wire::{Request, Response};
use crate::rtsp::{Account, Settings};

fn settings() -> Settings {
    let account = Account { user: "us er".into(), password: "p:ss@".into(), realm: "a realm".into() };
    Settings { account: Some(account), ..Settings::default() }
}

fn challenges(answer: &Response) -> Vec<&str> {
    answer.headers.all("WWW-Authenticate").collect()
}

/// The request with a proof by the `nth` challenge of an answer.
fn prove(request: Request, answer: &Response, nth: usize, password: &str) -> Request {
    let asked = Asked::best([challenges(answer)[nth]].into_iter()).unwrap();
    let header = asked.header("us er", password, request.method.name(), &request.uri, 1);
    request.with("Authorization", &header)
}

#[test]
fn who_has_no_proof_is_asked_for_one() {
    let mut caller = Caller::with(&settings()).filmed();
    assert_eq!(caller.status("OPTIONS", "cam"), 200);
    assert_eq!(caller.status("GET_PARAMETER", "cam"), 200);
    for method in ["DESCRIBE", "SETUP", "PLAY", "RECORD", "ANNOUNCE"] {
        let answer = caller.ask(caller.request(method, "cam"));
        assert_eq!(answer.status, 401, "{method}");
        let asked: Vec<Option<Asked>> =
            challenges(&answer).iter().map(|challenge| Asked::best([*challenge].into_iter())).collect();
        let is = |wanted: Algorithm| {
            asked
                .iter()
                .any(|one| matches!(one, Some(Asked::Digest { algorithm, .. }) if *algorithm == wanted))
        };
        assert!(is(Algorithm::Md5) && is(Algorithm::Sha256), "{asked:?}");
        assert!(asked.iter().any(|one| matches!(one, Some(Asked::Basic))), "{asked:?}");
    }
}

#[test]
fn every_kind_of_proof_lets_in() {
    for nth in 0..3 {
        let mut caller = Caller::with(&settings()).filmed();
        let answer = caller.ask(caller.request("DESCRIBE", "cam"));
        let request = prove(caller.request("DESCRIBE", "cam"), &answer, nth, "p:ss@");
        assert_eq!(caller.ask(request).status, 200, "{}", challenges(&answer)[nth]);
        assert_eq!(caller.status("SETUP", "cam/trackID=0"), 401, "each request is to be proven");
    }
}

#[test]
fn guessing_ends_the_connection() {
    let mut caller = Caller::with(&settings()).filmed();
    let answer = caller.ask(caller.request("DESCRIBE", "cam"));
    for guess in 0..5 {
        assert!(!caller.is_closed(), "{guess}");
        let request = prove(caller.request("DESCRIBE", "cam"), &answer, guess % 3, "guess");
        assert_eq!(caller.ask(request).status, 401);
    }
    assert!(caller.is_closed());
}

#[test]
fn our_clients_prove_themselves() {
    for transport in [Transport::Tcp, Transport::Udp] {
        let scene = Scene::new(3);
        let mut stage = Stage::with(1, &settings());
        stage.world.camera(stage.camera, "cam", &scene);
        let account = Some(("us er".to_owned(), "p:ss@".to_owned()));
        let target = Target { account, ..stage.target("cam", transport) };
        stage.publish_to(target.clone(), "cam");
        stage.pass_ms(500);
        let (_, viewed) = stage.play_from(target, "cam");
        stage.pass_ms(3000);
        assert_eq!(viewed.lock().unwrap().frames.len(), 75 + 138);
    }
}

#[test]
fn our_clients_say_that_they_were_refused() {
    for account in [None, Some(("us er".to_owned(), "wrong".to_owned()))] {
        let scene = Scene::new(2);
        let mut stage = Stage::with(1, &settings());
        stage.world.camera(stage.camera, "cam", &scene);
        let target = Target { account, ..stage.target("cam", Transport::Tcp) };
        let (_, publishes) = stage.publish_to(target.clone(), "cam");
        let (_, plays) = stage.play_from(target, "cam");
        stage.pass_ms(500);
        for (seen, method) in [(publishes, "ANNOUNCE"), (plays, "DESCRIBE")] {
            let end = seen.lock().unwrap().end.clone().unwrap();
            assert!(end.contains(&format!("the server answered 401 to {method}")), "{end}");
        }
    }
}

#[test]
fn a_challenge_of_another_connection_is_asked_anew() {
    let mut caller = Caller::with(&settings()).filmed();
    let old = caller.ask(caller.request("DESCRIBE", "cam"));
    caller.call_again();
    let digest = (0..3).find(|nth| challenges(&old)[*nth].starts_with("Digest")).unwrap();
    let answer = caller.ask(prove(caller.request("DESCRIBE", "cam"), &old, digest, "p:ss@"));
    assert_eq!(answer.status, 401);
    assert!(challenges(&answer).iter().any(|challenge| challenge.contains("stale=true")), "{answer:?}");
    let answer = caller.ask(prove(caller.request("DESCRIBE", "cam"), &answer, digest, "p:ss@"));
    assert_eq!(answer.status, 200);
}

/// A server with one user, who alone may publish and play.
fn with_user() -> Settings {
    let user = Account { user: "us er".into(), password: "p:ss@".into(), realm: "a realm".into() };
    Settings { users: [user].into(), needs_user: Roles::ALL, ..Settings::default() }
}

#[test]
fn users_are_asked_for_their_names() {
    let mut caller = Caller::with(&with_user()).filmed();
    let answer = caller.ask(caller.request("DESCRIBE", "cam"));
    assert_eq!((answer.status, challenges(&answer).len()), (401, 3));
    for (nth, password, status) in
        [(0, "wrong", 401), (0, "p:ss@", 200), (1, "p:ss@", 200), (2, "p:ss@", 200)]
    {
        let mut caller = Caller::with(&with_user()).filmed();
        let answer = caller.ask(caller.request("DESCRIBE", "cam"));
        let request = prove(caller.request("DESCRIBE", "cam"), &answer, nth, password);
        assert_eq!(caller.ask(request).status, status, "{nth} {password}");
    }
    let mut caller = Caller::with(&with_user()).filmed();
    assert_eq!(
        caller.status("DESCRIBE", "cam?key=x"),
        200,
        "what stands in the URL is for the gate to judge"
    );
    let open = Settings { needs_user: Roles::default(), ..with_user() };
    assert_eq!(Caller::with(&open).filmed().status("DESCRIBE", "cam"), 200, "so is who shows nothing");
}
