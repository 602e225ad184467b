//! The operator's command line, on the operator's own permissions.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may do all of it"
)]

use admin::{
    Cli,
    run::{RunError, run},
};
use api_tests::{World, world};
use clap::Parser;
use domain::practice::{Policies, Slug};
use platform::{
    entropy::Entropy,
    http::failure::Chain,
    provision::Provisioner,
    store::{
        keys,
        table::{Query, Sort, Table},
    },
};

const PRACTICE: [&str; 19] = [
    "practice",
    "create",
    "--slug",
    "new-eyes",
    "--name",
    "New Eyes Clinic",
    "--sender-name",
    "New Eyes",
    "--phone",
    "+15555550123",
    "--emergency-number",
    "911",
    "--hours",
    "Mon-Fri 9-17",
    "--time-zone",
    "america/chicago",
    "--languages",
    "en,es",
    "--region=us-east-1",
];

fn staff(email: &str) -> Vec<String> {
    ["staff", "invite", "--practice", "new-eyes", "--name", "Nia Holm", "--email", email, "--roles", "admin"]
        .map(str::to_owned)
        .to_vec()
}

fn operator(world: &World, seed: u64) -> Provisioner {
    Provisioner::new(
        &world::environment(&world.aws, "RosterFunction"),
        &world.aws.sdk_config("OperatorRole"),
        world.clock.clone(),
        Entropy::seeded(seed),
    )
    .unwrap()
}

async fn type_in<T: Into<String>>(
    operator: &Provisioner,
    words: impl IntoIterator<Item = T>,
) -> Result<String, RunError> {
    let line = ["admin".to_owned()].into_iter().chain(words.into_iter().map(Into::into));
    let cli = Cli::try_parse_from(line).unwrap_or_else(|error| panic!("{error}"));
    let mut out = Vec::new();
    run(operator, Some(world::ORIGIN), &cli.command, &mut out).await?;
    Ok(String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn a_practice_and_its_first_admin_are_set_up() {
    let world = World::start(81).await;
    let operator = operator(&world, 1);
    let said = type_in(&operator, PRACTICE).await.unwrap();
    let slug = Slug::parse("new-eyes").unwrap();
    let practice = operator.practice(&slug).await.unwrap();
    assert!(said.contains(&practice.id.to_string()), "{said}");
    assert_eq!(practice.policies, Policies::STRICT, "nobody signs in by link alone there");
    assert_eq!(practice.profile.time_zone, "America/Chicago");
    assert_eq!(practice.profile.languages, ["en", "es"]);

    let said = type_in(&operator, staff("nia@new-eyes.test")).await.unwrap();
    assert!(said.contains("https://chat.example.org/staff"), "{said}");
    let sealer = world.operator.sealer(&practice).await.unwrap();
    let all = world.operator.store.all_staff(practice.id, &sealer).await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].name.expose(), all[0].email.expose()), ("Nia Holm", "nia@new-eyes.test"));
    assert!(all[0].is_active_admin());

    let event = platform::store::audit::event(
        &Entropy::seeded(1),
        world.clock.now(),
        practice.id,
        domain::audit::ActorId::System,
        domain::audit::Verb::PracticeCreated,
    );
    let partition = keys::audit(practice.id, event.at, event.id).pk;
    let query = Query { table: Table::Audit, ..Query::new(&partition, Sort::All) };
    let mut events: Vec<_> = world.operator.store.query(query).await.unwrap().items;
    events.sort_by_key(|event| event.text("verb").unwrap().to_owned());
    let said: Vec<_> =
        events.iter().map(|event| (event.text("verb").unwrap(), event.text("actor").unwrap())).collect();
    assert_eq!(said, [("practice_created", "system"), ("staff_invited", "system")]);
}

#[tokio::test]
async fn what_cannot_be_is_named_and_leaves_nothing() {
    let world = World::start(82).await;
    let operator = operator(&world, 2);
    let error = type_in(&operator, staff("nia@new-eyes.test")).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no practice of this short name");
    type_in(&operator, PRACTICE).await.unwrap();
    let error = type_in(&operator, PRACTICE).await.unwrap_err();
    assert_eq!(error.to_string(), "this short name is taken");
    type_in(&operator, staff("nia@new-eyes.test")).await.unwrap();
    let error = type_in(&operator, staff("Nia@New-Eyes.test")).await.unwrap_err();
    assert_eq!(error.to_string(), "somebody of the staff has this address already");

    let mut wrong = PRACTICE;
    (wrong[3], wrong[7], wrong[15]) = ("third-eyes", "eyes@eyes.test", "Mars/Olympus");
    let error = type_in(&operator, wrong).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "not valid: --sender-name (invalid_sender_name), --time-zone (invalid_time_zone)"
    );
    let third = Slug::parse("third-eyes").unwrap();
    assert!(operator.store.practice_id(&third).await.unwrap().is_none());
}

#[tokio::test]
async fn every_permission_of_the_operator_is_needed() {
    let world = World::start(83).await;
    for (n, statement) in
        ["OperatorKeepsPractices", "OperatorAudits", "OperatorMakesPracticeKeys"].into_iter().enumerate()
    {
        let operator = operator(&world, 100 + n as u64);
        assert!(world.aws.iam().without("OperatorRole", statement), "{statement}");
        let error = type_in(&operator, PRACTICE).await.expect_err(statement);
        assert!(!Chain(&error).to_string().contains("New Eyes"), "{}", Chain(&error));
        world.aws.iam().restore();
        assert!(operator.practice(&Slug::parse("new-eyes").unwrap()).await.is_err(), "{statement}");
    }
    let operator = operator(&world, 200);
    type_in(&operator, PRACTICE).await.unwrap();
    type_in(&operator, staff("nia@new-eyes.test")).await.unwrap();
}

#[tokio::test]
async fn the_operator_lets_a_member_of_staff_begin_again() {
    let world = World::start(83).await;
    let operator = operator(&world, 3);
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let mut key = api_tests::Authenticator::default();
    let asked = ana.post("/v1/passkeys/options", serde_json::json!({})).await.expect(200).json();
    let body = serde_json::json!({"credential": key.create(&asked)});
    ana.post("/v1/passkeys", body).await.expect(201);
    let said = type_in(&operator, ["staff", "reset", "demo", "ana@demo.test"]).await.unwrap();
    assert!(said.contains(&world.demo.staff["ana"].to_string()), "{said}");
    ana.get("/v1/session").await.expect(401);
    let passkeys = world
        .operator
        .store
        .passkeys(world.demo.id, platform::store::session::Holder::Staff(world.demo.staff["ana"]));
    assert!(passkeys.await.unwrap().is_empty());
    world.pump().await;
    let told = world.aws.outbox().all();
    for admin in ["ana@demo.test", "max@demo.test"] {
        let of_it =
            told.iter().filter(|mail| mail.to.contains(admin) && mail.text.contains("passkeys and codes"));
        assert_eq!(of_it.count(), 1, "{admin}");
    }
    let invited = told.iter().filter(|mail| mail.text.contains("new invitation"));
    assert_eq!(invited.map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["ana@demo.test"]);
    for (practice, address, why) in [
        ("nowhere", "ana@demo.test", "there is no practice of this short name"),
        ("demo", "nobody@demo.test", "nobody of the staff has this address"),
        ("demo", "maria@patients.test", "nobody of the staff has this address"),
    ] {
        let error = type_in(&operator, ["staff", "reset", practice, address]).await.unwrap_err();
        assert_eq!(error.to_string(), why);
    }
}
