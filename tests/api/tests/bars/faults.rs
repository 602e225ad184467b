//! Every call of a sign-in fails once in every way. Nobody ends up with two sessions, and nobody in a dead end.

use api_tests::{Answer, Authenticator, Browser, World, messages::sign_in_by_code};
use local::aws::{Fault, FaultPlan, Rule, When};
use serde_json::{Value, json};

use crate::support::{MARIA, asked, count_items, date, gives_session, notice, row};

fn faults() -> [Fault; 6] {
    [
        Fault::Throttle,
        Fault::InternalError,
        Fault::Timeout,
        Fault::RequestLost,
        Fault::ResponseLost,
        Fault::TransactionConflict,
    ]
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Code,
    Notice,
    Staff,
    /// A notice on a remembered phone.
    Device,
    /// A link of the desk.
    Desk,
    /// A code in a session for one conversation.
    StepUp,
    /// A passkey.
    Passkey,
    /// Having a phone remembered.
    Remember,
    /// Adding a passkey.
    Register,
}

impl Way {
    const ALL: [Self; 9] = [
        Self::Code,
        Self::Notice,
        Self::Staff,
        Self::Device,
        Self::Desk,
        Self::StepUp,
        Self::Passkey,
        Self::Remember,
        Self::Register,
    ];

    /// What there is one more of afterwards.
    fn makes(self) -> &'static str {
        match self {
            Self::Remember => "DEVICE#",
            Self::Register => "PASSKEY#",
            _ => "SESSION#",
        }
    }

    /// Whether an answer says that it is done.
    fn is_done(self, answer: &Answer) -> bool {
        match self {
            Self::Remember | Self::Register => answer.status == 201,
            _ => gives_session(answer),
        }
    }
}

/// An authenticator and its new passkey, for whoever is signed in.
async fn register(browser: &mut Browser) -> (Authenticator, Value) {
    let mut key = Authenticator::default();
    let asked = browser.post("/v1/passkeys/options", json!({})).await.expect(200).json();
    let credential = json!({"credential": key.create(&asked)});
    (key, credential)
}

/// The steps that a person takes, after the message came.
async fn steps(world: &World, way: Way) -> (Browser, Vec<(&'static str, Value)>) {
    match way {
        Way::Code => {
            let maria = asked(world, 1, "patient", MARIA.0).await;
            let code = json!({"code": maria.code});
            (maria.browser, vec![("/v1/sessions", code), ("/v1/sessions/person", date(None, MARIA.1))])
        }
        Way::Notice => {
            let (_, token) = notice(world, "maria", MARIA.0).await;
            let body = date(Some(&token), MARIA.1);
            (world.browser(), vec![("/v1/sessions", json!({"token": token})), ("/v1/sessions/person", body)])
        }
        Way::Staff => {
            let ben = asked(world, 1, "staff", "ben@demo.test").await;
            (ben.browser, vec![("/v1/sessions", json!({"token": ben.token}))])
        }
        Way::Device => {
            let mut phone = world.browser();
            sign_in_by_code(world, &mut phone, MARIA.0, MARIA.1).await;
            phone.post("/v1/devices", json!({"shared": false})).await.expect(201);
            phone.cookies.remove("__Host-session");
            let (_, token) = notice(world, "maria", MARIA.0).await;
            (phone, vec![("/v1/sessions", json!({"token": token}))])
        }
        Way::Desk => {
            let mut ben = world.signed_in(&world.demo, "ben").await;
            let path = format!("/v1/patients/{}/device-links", world.demo.patients["maria"].id);
            let made = ben.post(&path, json!({"id_seen": true})).await.expect(201).json();
            let token = made["url"].as_str().unwrap().split_once("#t=").unwrap().1.to_owned();
            (world.browser(), vec![("/v1/devices/redeem", json!({"token": token}))])
        }
        Way::StepUp => {
            let (_, token) = notice(world, "maria", MARIA.0).await;
            let mut phone = world.browser();
            phone.post("/v1/sessions/person", date(Some(&token), MARIA.1)).await.expect(201);
            phone.post("/v1/session/step-up-codes", json!({})).await.expect(202);
            world.pump().await;
            let message = api_tests::messages::last_message(world, MARIA.0).unwrap();
            let code = api_tests::messages::code_in(&message);
            (phone, vec![("/v1/session/step-up", json!({"code": code}))])
        }
        Way::Passkey => {
            let mut maria = world.signed_in(&world.demo, "maria").await;
            let (mut key, credential) = register(&mut maria).await;
            maria.post("/v1/passkeys", credential).await.expect(201);
            let mut phone = world.browser();
            let ask = json!({"practice": "demo"});
            let asked = phone.post("/v1/sessions/passkey-options", ask).await.expect(200).json();
            (phone, vec![("/v1/sessions/second-factor", json!({"passkey": key.get(&asked)}))])
        }
        Way::Remember => {
            let maria = world.signed_in(&world.demo, "maria").await;
            (maria, vec![("/v1/devices", json!({"shared": false}))])
        }
        Way::Register => {
            let mut maria = world.signed_in(&world.demo, "maria").await;
            let (_, credential) = register(&mut maria).await;
            (maria, vec![("/v1/passkeys", credential)])
        }
    }
}

async fn take(browser: &mut Browser, steps: &[(&'static str, Value)]) -> Option<Answer> {
    let mut last = None;
    for (path, body) in steps {
        last = Some(browser.post(path, body.clone()).await);
    }
    last
}

/// Calls of the steps, where nothing fails.
async fn calls(seed: u64, way: Way) -> u64 {
    let world = World::start(seed).await;
    let (mut browser, steps) = steps(&world, way).await;
    let recorder = world.aws.recorder();
    let (answer, calls) = recorder.scope("steps", take(&mut browser, &steps)).await;
    assert!(way.is_done(&answer.unwrap()), "{way:?}");
    calls.count() as u64
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_any_call_leaves_no_second_session_and_no_dead_end() {
    let (mut cases, mut dead_ends, mut doubles) = (0, 0, 0);
    for way in Way::ALL {
        for nth in 1..=calls(7_900, way).await {
            for fault in faults() {
                let world = World::start(7_900).await;
                let (mut browser, steps) = steps(&world, way).await;
                // What a fresh start needs beforehand is no double.
                let mut others = 0;
                let before = count_items(&world, way.makes()).await;
                world.aws.set_faults(Some(FaultPlan::new(1, vec![Rule::new(When::Nth(nth), fault.clone())])));
                let mut answer = take(&mut browser, &steps).await;
                world.aws.set_faults(None);
                cases += 1;
                let mut made = usize::from(answer.as_ref().is_some_and(|answer| way.is_done(answer)));
                // The person presses again; and if that does not help, asks again.
                if made == 0 {
                    answer = take(&mut browser, &steps).await;
                    made += usize::from(answer.as_ref().is_some_and(|answer| way.is_done(answer)));
                }
                if made == 0 {
                    world.clock.advance_seconds(61);
                    let set_up = count_items(&world, way.makes()).await;
                    let (mut fresh, steps) = self::steps(&world, way).await;
                    others += count_items(&world, way.makes()).await - set_up;
                    answer = take(&mut fresh, &steps).await;
                    made += usize::from(answer.as_ref().is_some_and(|answer| way.is_done(answer)));
                    if made == 0 {
                        println!("dead end: {way:?} call {nth} {fault:?}: {answer:?}");
                    }
                }
                dead_ends += usize::from(made == 0);
                // A session whose answer was lost is nobody's: its secret left with the answer, or never did where the names for
                // it could not be read, which nothing repeats after a conflict. It may be there once.
                let there = count_items(&world, way.makes()).await - others;
                let lost = usize::from(matches!(fault, Fault::ResponseLost | Fault::TransactionConflict));
                if there > before + 1 + lost {
                    println!("double: {way:?} call {nth} {fault:?}: {there} after {before}, {made} made");
                }
                doubles += usize::from(there > before + 1 + lost);
            }
        }
    }
    assert_eq!((dead_ends, doubles), (0, 0));
    row(
        "LF",
        "single faults in a sign-in, a step-up, or adding a device or passkey: dead ends, second ones",
        &format!("{dead_ends}, {doubles} of {cases}"),
    );
}
