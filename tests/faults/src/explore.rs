//! One conversation, several people at once, and failures at random: the same for the same seed.

use std::{sync::Arc, time::Duration};

use local::aws::{Model, Rule, When};
use platform::entropy::Entropy;
use tokio::time::sleep;

use crate::{
    check::{Findings, check},
    scene::{History, MESSAGES, Scene, every_fault, read_on, recall, send},
};

/// What was done for one seed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Messages that somebody wanted to send.
    pub sends: u64,
    /// How many were acknowledged.
    pub acknowledged: u64,
    /// Recalls that were acknowledged.
    pub recalls: u64,
    /// Messages that readers saw.
    pub seen: u64,
}

/// Lets people write, take back and read while calls fail, and checks what is there afterwards.
pub async fn explore(scene: &Scene, seed: u64) -> (Findings, Figures) {
    let entropy = Entropy::seeded(seed);
    let conversation = Arc::new(scene.conversation().await);
    let history = Arc::new(History::default());
    let mut browsers = Vec::new();
    for n in 0..2 + entropy.below(4) {
        browsers
            .push(scene.browser(["cleo", "maria", "ben", "ana", "cleo"][usize::try_from(n).unwrap()]).await);
    }
    let readers = [scene.browser("ben").await, scene.browser("maria").await];

    let chance = [0.0, 0.02, 0.08, 0.25][usize::try_from(entropy.below(4)).unwrap()];
    let rules = every_fault().map(|fault| Rule::new(When::Chance(chance), fault).by(MESSAGES));
    scene.fail(seed, rules.to_vec());
    let model = (entropy.below(2) == 0).then(|| Model::realistic(seed));
    scene.world.aws.set_model(model).await.unwrap();

    let mut writers = Vec::new();
    for (w, mut browser) in browsers.into_iter().enumerate() {
        let (history, conversation) = (Arc::clone(&history), Arc::clone(&conversation));
        let (entropy, takes_back) = (Entropy::seeded(seed.wrapping_mul(64) + w as u64), w == 0);
        writers.push(tokio::spawn(async move {
            for n in 0..3 + entropy.below(5) {
                sleep(Duration::from_millis(entropy.below(40))).await;
                let place = send(&mut browser, &history, &conversation, &format!("s{seed}-w{w}-n{n}")).await;
                if let Some(seq) = place.filter(|_| takes_back && entropy.below(3) == 0) {
                    sleep(Duration::from_millis(entropy.below(60))).await;
                    recall(&mut browser, &history, &conversation, seq).await;
                }
            }
        }));
    }
    let reading = readers.map(|mut browser| {
        let conversation = Arc::clone(&conversation);
        let pause = 5 + entropy.below(40);
        tokio::spawn(async move {
            let mut seen = Vec::new();
            for _ in 0..15 {
                read_on(&mut browser, &conversation, &mut seen).await;
                sleep(Duration::from_millis(pause)).await;
            }
            (browser, seen)
        })
    });
    for writer in writers {
        writer.await.expect("no writer is refused for good");
    }
    let reading = futures_util::future::join_all(reading).await;
    scene.heal();
    scene.world.aws.set_model(None).await.unwrap();
    let mut figures = Figures::default();
    for reader in reading {
        let (mut browser, mut seen) = reader.expect("no reader is refused");
        while read_on(&mut browser, &conversation, &mut seen).await {}
        figures.seen += seen.len() as u64;
        history.read(seen);
    }

    let truth = scene.truth(&conversation).await;
    let sends = history.sends();
    figures.sends = sends.len() as u64;
    figures.acknowledged = sends.iter().filter(|sent| sent.acknowledged.is_some()).count() as u64;
    figures.recalls = history.recalls().len() as u64;
    (check(&history, &truth), figures)
}
