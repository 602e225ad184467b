//! A message that may have to be taken back.

use api_tests::{Answer, Browser, World, people::text};
use serde_json::{Value, json};

/// What nobody must read any more.
pub(crate) const WRONG: &str = "PRIVATE-WORDS-FOR-SOMEBODY-ELSE";

/// A conversation with Maria, its staff and her.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) ana: Browser,
    pub(crate) maria: Browser,
    pub(crate) own: String,
    pub(crate) path: String,
}

impl Scene {
    pub(crate) async fn start(seed: u64) -> Self {
        let world = World::start(seed).await;
        let id = world.conversation(&world.demo, "ana", "maria").await;
        let (ana, maria) =
            (world.signed_in(&world.demo, "ana").await, world.signed_in(&world.demo, "maria").await);
        let own = format!("/v1/conversations/{id}");
        Self { world, ana, maria, path: format!("{own}/messages"), own }
    }

    /// Ana writes; the number of what she wrote.
    pub(crate) async fn writes(&mut self, words: &str) -> u64 {
        let key = self.world.fresh_key();
        self.ana.post_once(&self.path, &key, text(words)).await.expect(201).json()["seq"].as_u64().unwrap()
    }

    pub(crate) fn recall(&self, seq: u64) -> String {
        format!("{}/{seq}/recall", self.path)
    }

    /// Ana recalls it.
    pub(crate) async fn recalls(&mut self, seq: u64) -> Answer {
        let path = self.recall(seq);
        self.ana.post(&path, wrong_patient()).await
    }

    /// What Maria sees.
    pub(crate) async fn page(&mut self) -> Value {
        self.maria.get(&self.path).await.expect(200).json()
    }
}

pub(crate) fn wrong_patient() -> Value {
    json!({"reason": "wrong_patient"})
}

pub(crate) fn because(reason: &str) -> Value {
    json!({"reason": reason})
}

/// The events among the messages of a page.
pub(crate) fn events(page: &Value) -> Vec<u64> {
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .filter(|m| m["body"]["kind"] == "recall")
        .map(|m| m["body"]["of"].as_u64().unwrap())
        .collect()
}

/// A bar of the product's promises, with what was measured.
pub(crate) fn row(bar: &str, what: &str, measured: &str) {
    println!("{bar}: {what}: {measured}");
}
