//! Guessing: counted before it is compared.

use api_tests::{Answer, Browser, World};
use domain::practice::Policies;
use futures_util::future::join_all;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::support::{MARIA, asked, code_in, gives_session, last, network_of, row, times};

/// Guesses at one moment.
const AT_ONCE: u32 = 50;

/// Offers `guess(n)` for many `n` at once, each from a network of its own: no limit of networks helps. Returns how many got
/// further.
async fn guess(browser: &Browser, round: usize, path: &str, guess: impl Fn(u32) -> Value) -> usize {
    let tries = (0..AT_ONCE).map(|n| {
        let mut browser = browser.clone();
        browser.address = network_of(100_000 + round * AT_ONCE as usize + n as usize);
        let body = guess(n);
        // A guess that met others on its way was not compared: it is made again.
        async move {
            let mut answer = browser.post(path, body.clone()).await;
            for _ in 0..20 {
                if answer.status != 503 {
                    break;
                }
                answer = browser.post(path, body.clone()).await;
            }
            answer
        }
    });
    let refused = |answer: &Answer| matches!(answer.status.as_u16(), 401 | 429) && !gives_session(answer);
    join_all(tries).await.iter().filter(|answer| !refused(answer)).count()
}

/// How often something was compared, as the item of an attempt counts it.
async fn compared(world: &World, flow: &str, counter: &str) -> u32 {
    let items = world.aws.items("ChatTable").await;
    let of_flow = |item: &&Value| item["PK"]["S"].as_str().is_some_and(|pk| pk.ends_with(flow));
    let item = items.iter().find(of_flow).expect("the attempt");
    item[counter]["N"].as_str().unwrap().parse().unwrap()
}

fn flow_of(browser: &Browser) -> String {
    browser.cookies["__Host-flow"].split('.').nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn guessing_a_code_gets_five_tries_however_many_guess() {
    let world = World::start(7_300).await;
    let flows = times(200, 2_000);
    let mut further = 0;
    for n in 0..flows {
        world.clock.advance_seconds(24 * 3600);
        let mut flow = asked(&world, n, "patient", MARIA.0).await;
        let right: u32 = flow.code.parse().unwrap();
        let wrong = |guess| json!({"code": format!("{:08}", (right + 1 + guess) % 100_000_000)});
        further += guess(&flow.browser, n, "/v1/sessions", wrong).await;
        let tries = compared(&world, &flow_of(&flow.browser), "tries").await;
        assert!(tries <= 5, "{tries} compared");
        // The right code comes too late now.
        flow.browser.post("/v1/sessions", json!({"code": flow.code})).await.expect(401);
    }
    assert_eq!(further, 0);
    let guesses = flows * AT_ONCE as usize;
    row(
        "L4",
        "guesses of codes that got further",
        &format!("{further} of {guesses}; at most 5 compared in an attempt"),
    );
}

#[tokio::test]
async fn guessing_a_birth_date_gets_five_tries_an_attempt_and_fifteen_in_all() {
    let world = World::start(7_310).await;
    let attempts = times(40, 400);
    let mut further = 0;
    let clear = format!("/v1/patients/{}/tries/clear", world.demo.patients["maria"].id);
    for n in 0..attempts {
        world.clock.advance_seconds(24 * 3600);
        if n % 20 == 0 {
            // The demonstration has the limits of a deployed practice times fifty; here it is five for each attempt that holds.
            world.signed_in(&world.demo, "ana").await.post(&clear, json!({})).await.expect(204);
        }
        let mut flow = asked(&world, n, "patient", MARIA.0).await;
        flow.browser.post("/v1/sessions", json!({"code": flow.code})).await.expect(200);
        let wrong =
            |guess: u32| json!({"birth_date": format!("19{:02}-{:02}-11", guess % 84, guess % 12 + 1)});
        further += guess(&flow.browser, n, "/v1/sessions/person", wrong).await;
        let tries = compared(&world, &flow_of(&flow.browser), "date_tries").await;
        assert!(tries <= 5, "{tries} compared");
        flow.browser.post("/v1/sessions/person", json!({"birth_date": MARIA.1})).await.expect(401);
    }
    // As deployed: whoever begins anew again and again has fifteen, and then no right date helps either.
    world.set_policies(&world.demo, Policies { limits_factor: 1, ..Policies::demonstration(1) }).await;
    world.signed_in(&world.demo, "ana").await.post(&clear, json!({})).await.expect(204);
    for n in 0..times(10, 40) {
        world.clock.advance_seconds(24 * 3600);
        let mut flow = asked(&world, 5_000 + n, "patient", MARIA.0).await;
        flow.browser.post("/v1/sessions", json!({"code": flow.code})).await.expect(200);
        let wrong =
            |guess: u32| json!({"birth_date": format!("19{:02}-{:02}-12", guess % 84, guess % 12 + 1)});
        further += guess(&flow.browser, 5_000 + n, "/v1/sessions/person", wrong).await;
    }
    let maria = world.demo.patients["maria"].id;
    let in_all = world.operator.store.wrong_dates(world.demo.id, maria).await.unwrap();
    assert_eq!((further, in_all), (0, 15));
    let guesses = (attempts + times(10, 40)) * AT_ONCE as usize;
    row(
        "L4",
        "guesses of birth dates that got further",
        &format!("{further} of {guesses}; at most 5 compared in an attempt, 15 until staff look"),
    );
}

#[tokio::test]
async fn guessing_a_step_up_code_gets_five_tries_an_attempt() {
    let world = World::start(7_320).await;
    let attempts = times(40, 400);
    let mut further = 0;
    for n in 0..attempts {
        world.clock.advance_seconds(24 * 3600);
        let mut maria = world.signed_in(&world.demo, "maria").await;
        maria.post("/v1/session/step-up-codes", json!({})).await.expect(202);
        world.pump().await;
        let mails = world.aws.outbox().all();
        let right = code_in(&mails.last().unwrap().text);
        let first: u32 = right.parse().unwrap();
        let wrong = |guess| json!({"code": format!("{:08}", (first + 1 + guess) % 100_000_000)});
        further += guess(&maria, n, "/v1/session/step-up", wrong).await;
        let items = world.aws.items("ChatTable").await;
        let tries = items.iter().filter(|item| item["purpose"]["S"] == "step_up");
        let most = tries.map(|item| item["tries"]["N"].as_str().unwrap().parse::<u32>().unwrap()).max();
        assert_eq!(most, Some(5));
        maria.post("/v1/session/step-up", json!({"code": right})).await.expect(401);
    }
    assert_eq!(further, 0);
    let guesses = attempts * AT_ONCE as usize;
    row(
        "L4",
        "guesses of step-up codes that got further",
        &format!("{further} of {guesses}; at most 5 compared in an attempt"),
    );
}

#[tokio::test]
async fn guessing_the_code_of_a_generator_gets_five_tries_an_attempt() {
    let world = World::start(7_330).await;
    let decided = Policies { staff_link_sign_in: false, totp: true, ..Policies::demonstration(50) };
    world.set_policies(&world.demo, decided).await;
    let mut ben = world.signed_in(&world.demo, "ben").await;
    let new = ben.post("/v1/totp", json!({})).await.expect(200).json();
    let secret = Secret::try_from_base32(new["secret"].as_str().unwrap()).unwrap();
    let generator = Builder::new().with_secret(secret).with_account_name("-").build().unwrap();
    let shown = || generator.generate(u64::try_from(world.clock.now().as_seconds()).unwrap()).to_string();
    ben.put("/v1/totp", json!({"totp": shown()})).await.expect(200);
    let attempts = times(40, 400);
    let mut further = 0;
    for n in 0..attempts {
        world.clock.advance_seconds(24 * 3600);
        let mut flow = asked(&world, n, "staff", "ben@demo.test").await;
        flow.browser.post("/v1/sessions", json!({"code": flow.code})).await.expect(200);
        let right: u32 = shown().parse().unwrap();
        // Far from what the neighbouring steps show as well: those are right too.
        let near: Vec<u32> = [-30, 0, 30]
            .into_iter()
            .map(|off| u64::try_from(world.clock.now().as_seconds() + off).unwrap())
            .map(|at| generator.generate(at).to_string().parse().unwrap())
            .collect();
        let wrong = |guess| {
            let code = (1..)
                .map(|more| (right + guess * 1_000 + more) % 1_000_000)
                .find(|code| !near.contains(code));
            json!({"totp": format!("{:06}", code.unwrap())})
        };
        further += guess(&flow.browser, n, "/v1/sessions/second-factor", wrong).await;
        let tries = compared(&world, &flow_of(&flow.browser), "factor_tries").await;
        assert!(tries <= 5, "{tries} compared");
        let body = json!({"totp": format!("{right:06}")});
        flow.browser.post("/v1/sessions/second-factor", body).await.expect(401);
    }
    assert_eq!(further, 0);
    let guesses = attempts * AT_ONCE as usize;
    row(
        "L4",
        "guesses of generators' codes that got further",
        &format!("{further} of {guesses}; at most 5 compared in an attempt"),
    );
    assert!(last(&world, "ben@demo.test").contains("/l#"));
}
