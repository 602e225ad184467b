//! Whatever is done to a log, checking it finds it and names the place.

use std::fs;

use admin::{Cli, run::run_offline};
use api_tests::World;
use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Parser;
use domain::{
    id::{EventId, PracticeId},
    time::Timestamp,
};
use platform::{
    chain::{Broken, Checkpoint, Hash, SignedCheckpoint, Verifier, Whole, Wrong, genesis, line, link},
    entropy::Entropy,
};
use serde_json::{Value, json};

use crate::support::{conversation, kept_checkpoints, kept_lines, public_key, record_many, tick};

const EVENTS: u64 = 10_000;
/// Events between two checkpoints.
const SIGNED_EVERY: u64 = 500;
/// Lines between two states that a check can go on from. Whatever comes before a change is the same with and without.
const STATE_EVERY: usize = 20;

struct Log {
    practice: PracticeId,
    events: Vec<String>,
    lines: Vec<String>,
    hashes: Vec<Hash>,
    checkpoints: Vec<SignedCheckpoint>,
    key: EcdsaKeyPair,
    states: Vec<Verifier>,
}

fn new_key() -> EcdsaKeyPair {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref()).unwrap()
}

fn der(key: &EcdsaKeyPair) -> Vec<u8> {
    key.public_key().as_der().unwrap().as_ref().to_vec()
}

fn signed(key: &EcdsaKeyPair, practice: PracticeId, index: u64, hash: Hash) -> SignedCheckpoint {
    let checkpoint = Checkpoint { practice, index, hash, at: Timestamp::from_millis(0) };
    let signature = key.sign(&SystemRandom::new(), checkpoint.canonical().as_bytes()).unwrap();
    SignedCheckpoint { checkpoint, signature: signature.as_ref().to_vec() }
}

fn event(entropy: &Entropy, practice: PracticeId, n: u64) -> String {
    let at = Timestamp::from_millis(1_770_000_000_000 + i64::try_from(n).unwrap());
    let id = EventId::new(at, entropy.id());
    format!(r#"{{"actor":"system","at":"{at}","id":"{id}","practice":"{practice}","verb":"patient_read"}}"#)
}

impl Log {
    fn new(seed: u64) -> Self {
        let entropy = Entropy::seeded(seed);
        let practice = PracticeId::new(Timestamp::from_millis(1_770_000_000_000), entropy.id());
        let events: Vec<String> = (1..=EVENTS).map(|n| event(&entropy, practice, n)).collect();
        let (lines, hashes) = chained(practice, 1, genesis(practice), &events);
        let key = new_key();
        let checkpoints: Vec<_> = (SIGNED_EVERY..=EVENTS)
            .step_by(SIGNED_EVERY as usize)
            .map(|index| signed(&key, practice, index, hashes[index as usize - 1]))
            .collect();
        let mut verifier = Verifier::new(checkpoints.clone(), &der(&key)).unwrap();
        let mut states = Vec::new();
        for (place, line) in lines.iter().enumerate() {
            if place % STATE_EVERY == 0 {
                states.push(verifier.clone());
            }
            verifier.take(line).unwrap();
        }
        assert_eq!(verifier.finish().unwrap().signed, EVENTS);
        Self { practice, events, lines, hashes, checkpoints, key, states }
    }

    /// Checks the log with everything from `place` (from 0) on in another shape.
    fn check_from(&self, place: usize, rest: impl Iterator<Item = String>) -> Result<Whole, Broken> {
        let state = place.min(self.lines.len() - 1) / STATE_EVERY;
        let mut verifier = self.states[state].clone();
        self.lines[state * STATE_EVERY..place].iter().try_for_each(|line| verifier.take(line))?;
        for line in rest {
            verifier.take(&line)?;
        }
        verifier.finish()
    }

    fn rest(&self, place: usize) -> impl Iterator<Item = String> + '_ {
        self.lines[place.min(self.lines.len())..].iter().cloned()
    }
}

fn chained(practice: PracticeId, first: u64, before: Hash, events: &[String]) -> (Vec<String>, Vec<Hash>) {
    let (mut hash, mut lines, mut hashes) = (before, Vec::new(), Vec::new());
    for (index, event) in (first..).zip(events) {
        assert!(event.contains(&practice.to_string()));
        hash = link(&hash, event);
        hashes.push(hash);
        lines.push(line(index, &hash, event));
    }
    (lines, hashes)
}

fn broken(position: usize, wrong: Wrong) -> Result<Whole, Broken> {
    Err(Broken { position: position as u64, wrong })
}

/// Everything that is one change of the log as it lies there, at one position (from 1).
fn tampered(log: &Log, position: usize) -> usize {
    let place = position - 1;
    let own = &log.lines[place];
    let last = position == log.lines.len();
    let after = || log.rest(place + 1);
    let with = |text: String| log.check_from(place, std::iter::once(text).chain(after()));

    // Another actor, another time, another hash, another index, another spelling, nonsense.
    assert_eq!(
        with(own.replace(r#""actor":"system""#, r#""actor":"nobody""#)),
        broken(position, Wrong::Link)
    );
    assert_eq!(with(own.replace("2026-", "2027-")), broken(position, Wrong::Link));
    let hash = platform::chain::hex(&log.hashes[place]);
    let other = format!("{}{}", if hash.starts_with('0') { '1' } else { '0' }, &hash[1..]);
    assert_eq!(with(own.replace(&hash, &other)), broken(position, Wrong::Link));
    let index = format!(r#""index":{position}}}"#);
    // A log that begins later needs a checkpoint before it; the first event is what is missing.
    let gap = if position == 1 { Wrong::Beginning } else { Wrong::Index };
    assert_eq!(with(own.replace(&index, r#""index":77777}"#)), broken(position, gap));
    assert_eq!(with(own.replacen(',', ", ", 1)), broken(position, Wrong::Line));
    assert_eq!(with("{}".to_owned()), broken(position, Wrong::Line));
    // Removed.
    let removed = log.check_from(place, after());
    assert_eq!(removed, broken(position, if last { Wrong::CutShort } else { gap }));
    // Everything from here on cut off.
    assert_eq!(log.check_from(place, std::iter::empty()), broken(position, Wrong::CutShort));
    // The same line twice.
    let twice = [own.clone(), own.clone()].into_iter().chain(after());
    assert_eq!(log.check_from(place, twice), broken(position + 1, Wrong::Index));
    // Another event put in between, in the words of the place.
    let foreign = event(&Entropy::seeded(position as u64), log.practice, position as u64);
    let forged = line(position as u64, &log.hashes[place], &foreign);
    assert_eq!(
        log.check_from(place, std::iter::once(forged).chain(log.rest(place))),
        broken(position, Wrong::Link)
    );
    // Swapped with the next.
    if !last {
        let swapped = [log.lines[place + 1].clone(), own.clone()].into_iter().chain(log.rest(place + 2));
        assert_eq!(log.check_from(place, swapped), broken(position, gap));
    }
    11
}

#[test]
fn every_change_at_every_position_of_a_long_log_is_found_and_its_place_named() {
    let log = Log::new(1);
    let cases: usize = (1..=log.lines.len()).map(|position| tampered(&log, position)).sum();
    println!(
        "| A2 | changes of a log of {EVENTS} events, 11 kinds at every position: not found, place not named | 0, 0 of {cases} |"
    );
}

#[test]
fn a_log_that_was_linked_anew_is_not_the_one_that_was_signed() {
    let (log, entropy) = (Log::new(2), Entropy::seeded(3));
    let mut cases = 0;
    for n in 0..400_u64 {
        // The ends of the log and of what was signed, and places by chance.
        let position = match n {
            0 => 1,
            1 => EVENTS,
            2 => SIGNED_EVERY,
            3 => SIGNED_EVERY + 1,
            _ => 1 + entropy.below(EVENTS),
        };
        let place = position as usize - 1;
        let next = position.div_ceil(SIGNED_EVERY) * SIGNED_EVERY;
        let before = if place == 0 { genesis(log.practice) } else { log.hashes[place - 1] };
        let mut events = log.events[place..next as usize].to_vec();
        let expected = match n % 3 {
            // One changed.
            0 => {
                events[0] = events[0].replace("patient_read", "patient_changed");
                broken(next as usize, Wrong::Rewritten)
            }
            // One removed: the rest moves up, and the log may end early.
            1 => {
                events = log.events[place + 1..(next as usize + 1).min(log.events.len())].to_vec();
                let wrong = if next == EVENTS { Wrong::CutShort } else { Wrong::Rewritten };
                broken(next as usize, wrong)
            }
            // One added.
            _ => {
                events.insert(0, event(&entropy, log.practice, position));
                broken(next as usize, Wrong::Rewritten)
            }
        };
        let (lines, _) = chained(log.practice, position, before, &events);
        assert_eq!(log.check_from(place, lines.into_iter()), expected, "{n} at {position}");
        cases += 1;
    }
    println!("| A2 | logs linked anew from some position: not found at the next checkpoint | 0 of {cases} |");

    // Signed with another key; of another practice; begun in the middle; the same event linked twice.
    let other = new_key();
    let forged = signed(&other, log.practice, 700, log.hashes[699]);
    let checkpoints = [log.checkpoints.clone(), vec![forged]].concat();
    let refused = Verifier::new(checkpoints, &der(&log.key)).map(drop);
    assert_eq!(refused, Err(Broken { position: 700, wrong: Wrong::Signature }));
    assert!(Verifier::new(log.checkpoints.clone(), &der(&other)).is_err());
    assert!(Verifier::new(log.checkpoints.clone(), b"no key").is_err());
    let from = |place: usize| {
        let mut verifier = Verifier::new(log.checkpoints.clone(), &der(&log.key)).unwrap();
        log.rest(place).try_for_each(|line| verifier.take(&line))?;
        verifier.finish()
    };
    assert_eq!(from(3), broken(1, Wrong::Beginning));
    assert_eq!(from(500).unwrap().events, EVENTS - 500, "after a checkpoint a log may begin");
    let repeated = [log.events[..10].to_vec(), log.events[4..5].to_vec()].concat();
    let (lines, _) = chained(log.practice, 1, genesis(log.practice), &repeated);
    assert_eq!(log.check_from(0, lines.into_iter()), broken(11, Wrong::Twice));
    let foreign = Log::new(4);
    let (lines, _) = chained(foreign.practice, 11, log.hashes[9], &foreign.events[10..11]);
    assert_eq!(log.check_from(10, lines.into_iter()), broken(11, Wrong::Practice));
}

fn command(words: &[&str]) -> Result<String, String> {
    let cli =
        Cli::try_parse_from(["admin", "audit", "verify"].iter().chain(words)).map_err(|e| e.to_string())?;
    let mut out = Vec::new();
    run_offline(&cli.command, &mut out).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn the_command_line_checks_what_the_locked_bucket_holds() {
    let world = World::start(9_300).await;
    conversation(&world).await;
    world.pump().await;
    tick(&world).await.unwrap();
    record_many(&world, world.demo.id, 5).await;
    world.pump().await;
    tick(&world).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let lines = kept_lines(&world, world.demo.id);
    let checkpoints: Vec<_> =
        kept_checkpoints(&world, world.demo.id).iter().map(SignedCheckpoint::line).collect();
    let key = public_key(&world).await;
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&key));
    let items: Vec<Value> = checkpoints.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    fs::write(file("log"), lines.join("\n")).unwrap();
    fs::write(file("checkpoints"), checkpoints.join("\n")).unwrap();
    fs::write(file("answer"), json!({"items": items, "next_cursor": null}).to_string()).unwrap();
    fs::write(file("key.der"), &key).unwrap();
    fs::write(file("key.txt"), STANDARD.encode(&key)).unwrap();
    fs::write(file("key.pem"), pem).unwrap();
    for checkpoints in ["checkpoints", "answer"] {
        for key in ["key.der", "key.txt", "key.pem"] {
            let said =
                command(&[&file("log"), "--checkpoints", &file(checkpoints), "--key", &file(key)]).unwrap();
            assert!(said.contains(&format!("{} events of {}", lines.len(), world.demo.id)), "{said}");
            assert!(said.contains(&format!(
                "2 checkpoints were signed by this key; they vouch up to index {}.",
                lines.len()
            )));
        }
    }
    let mut changed = lines.clone();
    changed[1] = changed[1].replacen("stf_", "acc_", 1);
    assert_ne!(changed, lines);
    fs::write(file("changed"), changed.join("\n")).unwrap();
    let check =
        |log: &str| command(&[&file(log), "--checkpoints", &file("checkpoints"), "--key", &file("key.der")]);
    let said = check("changed").unwrap_err();
    assert_eq!(said, "the log is not whole: index 2: the event is not the one that was linked here");
    fs::write(file("short"), lines[..lines.len() - 1].join("\n")).unwrap();
    let said = check("short").unwrap_err();
    assert!(
        said.ends_with(&format!("index {}: the log ends here, before a signed checkpoint", lines.len())),
        "{said}"
    );
    assert!(check("nothing").unwrap_err().contains("nothing"));
}
