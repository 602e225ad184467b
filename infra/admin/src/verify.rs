//! Checking an audit log without asking the service: an export, its checkpoints and the public key are enough.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use platform::chain::{Broken, SignedCheckpoint, Verifier};
use serde_json::Value;

use crate::cli::VerifyLog;

/// Why a log was not found whole.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It is not whole.
    #[error("the log is not whole: {0}")]
    Broken(#[from] Broken),
    /// A file cannot be read.
    #[error("{} cannot be read", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// A file of checkpoints with something else in it.
    #[error("{0}: line {1} is not a checkpoint")]
    Checkpoint(String, usize),
    /// A key file with something else in it.
    #[error("{}: not a public key in DER, PEM or base64", .0.display())]
    Key(PathBuf),
    /// Nothing to check.
    #[error("there is no event in these files")]
    Empty,
    /// The result cannot be shown.
    #[error("the result cannot be shown")]
    Output(#[from] io::Error),
}

/// Checks a log and says what it came to.
///
/// # Errors
/// [`VerifyError`] names the first position that is wrong.
pub fn verify(what: &VerifyLog, out: &mut impl Write) -> Result<(), VerifyError> {
    let key = public_key(&what.key)?;
    let mut checkpoints = Vec::new();
    for file in &what.checkpoints {
        checkpoints.extend(read_checkpoints(file)?);
    }
    let mut verifier = Verifier::new(checkpoints, &key)?;
    for file in &what.log {
        for line in BufReader::new(open(file)?).lines() {
            let line = line.map_err(|error| VerifyError::File(file.clone(), error))?;
            if !line.is_empty() {
                verifier.take(&line)?;
            }
        }
    }
    let whole = verifier.finish()?;
    let practice = whole.practice.ok_or(VerifyError::Empty)?;
    let first = whole.last + 1 - whole.events;
    writeln!(out, "Whole: {} events of {practice}, index {first} to {}.", whole.events, whole.last)?;
    writeln!(
        out,
        "{} checkpoints were signed by this key; they vouch up to index {}.",
        whole.checkpoints, whole.signed
    )?;
    if whole.signed < whole.last {
        writeln!(out, "What follows is linked and not signed yet: check it again with a newer checkpoint.")?;
    }
    writeln!(out, "{} is the link of the last event.", platform::chain::hex(&whole.hash))?;
    Ok(())
}

fn open(file: &Path) -> Result<Box<dyn Read>, VerifyError> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    let open = fs::File::open(file).map_err(|error| VerifyError::File(file.to_owned(), error))?;
    Ok(Box::new(open))
}

/// Checkpoints one on each line, as the locked store has them, or an answer of the API.
fn read_checkpoints(file: &Path) -> Result<Vec<SignedCheckpoint>, VerifyError> {
    let mut text = String::new();
    open(file)?.read_to_string(&mut text).map_err(|error| VerifyError::File(file.to_owned(), error))?;
    let answer: Option<Value> = serde_json::from_str(&text).ok();
    let lines: Vec<String> = match answer.as_ref().and_then(|answer| answer["items"].as_array()) {
        Some(items) => items.iter().map(Value::to_string).collect(),
        None => text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect(),
    };
    let read = |(place, line): (usize, &String)| {
        SignedCheckpoint::parse(line)
            .ok_or_else(|| VerifyError::Checkpoint(file.display().to_string(), place + 1))
    };
    lines.iter().enumerate().map(read).collect()
}

/// A public key as KMS and OpenSSL give it.
fn public_key(file: &Path) -> Result<Vec<u8>, VerifyError> {
    let mut bytes = Vec::new();
    open(file)?.read_to_end(&mut bytes).map_err(|error| VerifyError::File(file.to_owned(), error))?;
    // DER begins with a sequence, which no text does.
    if bytes.first() == Some(&0x30) && !bytes.is_ascii() {
        return Ok(bytes);
    }
    let text = String::from_utf8(bytes).map_err(|_| VerifyError::Key(file.to_owned()))?;
    let base64: String = text.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    STANDARD.decode(base64).map_err(|_| VerifyError::Key(file.to_owned()))
}
