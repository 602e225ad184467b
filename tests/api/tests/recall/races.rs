//! A recall beside a read, and beside another recall.

use std::time::Duration;

use local::aws::Model;
use platform::entropy::Entropy;
use serde_json::Value;

use crate::support::{Scene, WRONG, events, row, wrong_patient};

const ROUNDS: u64 = 1_000;

#[tokio::test(start_paused = true)]
async fn whoever_reads_beside_a_recall_gets_the_text_and_it_says_so_or_no_text() {
    let mut scene = Scene::start(220).await;
    let dice = Entropy::seeded(220);
    let model = Model { index_lag: Duration::ZERO, write_units_per_key: None, ..Model::realistic(220) };
    scene.world.aws.set_model(Some(model)).await.unwrap();
    let (mut told, mut gone, mut both, mut untold, mut busy) = (0, 0, 0, 0, 0);
    for _ in 0..ROUNDS {
        let seq = scene.writes(WRONG).await;
        let (path, recall) = (format!("{}?after={}", scene.path, seq - 1), scene.recall(seq));
        let (late_reader, late_recall) = (dice.below(40), dice.below(40));
        let (maria, ana) = (&mut scene.maria, &mut scene.ana);
        let (page, answer) = tokio::join!(
            async {
                tokio::time::sleep(Duration::from_millis(late_reader)).await;
                maria.get(&path).await.expect(200).json()
            },
            async {
                tokio::time::sleep(Duration::from_millis(late_recall)).await;
                ana.post(&recall, wrong_patient()).await
            },
        );
        if answer.status == 503 {
            busy += 1;
            continue;
        }
        let opened = answer.expect(200).json()["opened"] != Value::Null;
        let text = page["items"].as_array().unwrap().iter().any(|m| m["body"]["text"] == WRONG);
        match (text, opened) {
            (true, true) => told += 1,
            (false, false) => gone += 1,
            (false, true) => both += 1,
            (true, false) => untold += 1,
        }
    }
    row(
        "R1",
        "a recall beside a read, 1,000 times: text and \"opened\" / tombstone / tombstone and \"opened\" / text \
         without \"opened\" / refused for now",
        &format!("{told} / {gone} / {both} / {untold} / {busy}"),
    );
    assert_eq!(untold, 0, "nobody reads what is reported as unopened");
    assert!(told > 50 && gone > 50, "the race was run: {told} {gone}");
    assert!(busy * 100 <= ROUNDS, "at most 1 % refused");
}

#[tokio::test(start_paused = true)]
async fn two_recalls_at_once_are_one() {
    let mut scene = Scene::start(221).await;
    scene.world.aws.set_model(Some(Model::latencies(4, 12))).await.unwrap();
    let mut cleo = scene.world.signed_in(&scene.world.demo, "max").await;
    let dice = Entropy::seeded(221);
    let mut all = Vec::new();
    for _ in 0..100 {
        let seq = scene.writes(WRONG).await;
        all.push(seq);
        let path = scene.recall(seq);
        let late = dice.below(12);
        let ana = &mut scene.ana;
        let (one, other) = tokio::join!(ana.post(&path, wrong_patient()), async {
            tokio::time::sleep(Duration::from_millis(late)).await;
            cleo.post(&path, wrong_patient()).await
        });
        assert_eq!(one.expect(200).json(), other.expect(200).json());
    }
    scene.world.aws.set_model(None).await.unwrap();
    let mut found = Vec::new();
    for after in (0..=200).step_by(100) {
        let path = format!("{}?after={after}&limit=100", scene.path);
        found.extend(events(&scene.ana.get(&path).await.expect(200).json()));
    }
    assert_eq!(found, all, "one event each");
}
