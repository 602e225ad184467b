//! What the logs of relay and notifier hold: ids and words of closed sets. A program of its own, because the
//! subscriber that catches the lines is one for the whole process.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a failing unwrap is a failing test")]

#[allow(dead_code, reason = "the other tests of the notifier need the rest")]
#[path = "notify/support.rs"]
mod support;

use std::{
    io,
    sync::{Arc, Mutex},
};

use api_tests::World;
use local::aws::{Fault, FaultPlan, Rule, Sent, Service, When};
use platform::telemetry;
use tracing_subscriber::{Layer, fmt::MakeWriter, layer::SubscriberExt};

use support::{NOTIFY, Thread, ask, minutes, sent};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Link tokens and codes of a message.
fn secrets(sent: &Sent) -> Vec<String> {
    let token = sent.text.split("#t=").nth(1).map(|rest| rest[..22].to_owned());
    let digits = sent.text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 8).map(str::to_owned);
    token.into_iter().chain(digits).collect()
}

/// Whether a text stands in a line, and not as the beginning of a longer word: "Tran" begins "TransactWriteItems".
fn holds(line: &str, text: &str) -> bool {
    line.match_indices(text).any(|(at, _)| {
        let ends_in_letter = text.ends_with(|c: char| c.is_ascii_alphabetic());
        !ends_in_letter || !line[at + text.len()..].starts_with(|c: char| c.is_ascii_lowercase())
    })
}

#[tokio::test(start_paused = true)]
async fn logs_name_nobody_and_hold_no_secret_whatever_goes_wrong() {
    let world = World::start(1).await;
    let lines = Lines::default();
    let layer = tracing_subscriber::fmt::layer().json().with_writer(lines.clone());
    let subscriber =
        tracing_subscriber::registry().with(layer.with_filter(telemetry::targets(tracing::Level::TRACE)));
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let wild = [Fault::Throttle, Fault::InternalError, Fault::RequestLost, Fault::ResponseLost]
        .map(|fault| Rule::new(When::Chance(0.1), fault).by(NOTIFY));
    let send = [(Service::Ses, "SendRawEmail"), (Service::Sns, "Publish")].map(|(service, operation)| {
        Rule::new(When::Chance(0.4), Fault::ResponseLost).on(service, operation).by(NOTIFY)
    });
    world.aws.set_faults(Some(FaultPlan::new(3, [&wild[..], &send[..]].concat())));
    assert!(world.aws.publish("EventsTopic", "maria@patients.test"));
    for patient in ["maria", "john", "linh", "luis"] {
        Thread::with(&world, patient).await.write("Zebra-7731").await;
    }
    for address in ["maria@patients.test", "+15555550104", "nobody@patients.test"] {
        ask(&world, "patient", address).await;
    }
    world.pump().await;
    minutes(&world, 30).await;
    world.aws.set_faults(None);
    minutes(&world, 30).await;

    let logs = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for expected in
        ["an outbox item was worked on", "a provider took no message", "is no event of this version"]
    {
        assert!(logs.contains(expected), "the logs were caught: {expected}");
    }
    let sent = sent(&world);
    let mut never: Vec<String> = sent.iter().flat_map(secrets).collect();
    assert!(never.len() >= 7);
    never.extend(
        [
            "maria@",
            "maria%40",
            "patients.test",
            "5555501",
            "Lopez",
            "Carter",
            "Tran",
            "Vega",
            "Zebra",
            "1985-03-14",
        ]
        .map(str::to_owned),
    );
    for secret in never {
        let line = logs.lines().find(|line| holds(line, &secret));
        assert_eq!(line, None, "{secret} stands in the logs");
    }
}
