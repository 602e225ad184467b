//! Canaries: texts, names, addresses, birth dates, tokens and codes that go through the whole of the main job, and are
//! found nowhere that they need not be.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may do all of it"
)]

mod bad_input;
mod cast;
mod evidence;
mod job;
mod planted;
mod troubles;

use std::process::{Command, Stdio};

use api_tests::leaks::Scanner;

use crate::job::Job;

const MAIN_TEST: &str = "nothing_that_people_write_stands_anywhere_readable";

/// What every request, log line, file and message of the job holds is kept as it comes, and looked through once at the
/// end, when every canary is known.
#[tokio::test(start_paused = true)]
async fn nothing_that_people_write_stands_anywhere_readable() {
    let mut job = Job::start().await;
    job.main_job().await;
    job.look("after the main job").await;
    bad_input::everywhere(&mut job).await;
    job.look("after bad input").await;
    troubles::all(&mut job).await;
    job.look("after all troubles").await;
    let (canaries, evidence) = job.end();

    let scanner = Scanner::new(&canaries);
    let mut leaks = evidence.scan(&scanner);
    // Mail and SMS name whom they go to and hold links and codes; nothing else.
    let to_providers = canaries.only(&["text", "name", "birth date", "external id", "session", "flow"]);
    leaks.extend(evidence.scan_sends(&Scanner::new(&to_providers)));
    leaks.sort();
    leaks.dedup_by_key(|leak| (leak.place.clone(), leak.class, leak.form));
    evidence.report(&canaries, &scanner);
    assert!(leaks.is_empty(), "{} leaks:\n{leaks:?}", leaks.len());
    let (places, megabytes) = evidence.size();
    println!(
        "| L7 | secrets and content in logs, traces, URLs, queues, tables, mails and texts | {} in {places} places, {megabytes} MB |",
        leaks.len()
    );
    evidence.assert_complete();
    assert_eq!(evidence.classes_shown(&scanner), canaries.classes(), "every class of canary was on its way");
}

/// The SDK writes whole requests into its log where this is set, for those who listen at `trace`.
#[test]
fn nor_where_the_sdk_is_told_to_log_bodies() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", MAIN_TEST, "--nocapture"])
        .env("LOG_SIGNABLE_BODY", "true")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
