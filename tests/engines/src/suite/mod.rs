//! The cases, by what they are about.

use std::{future::Future, pin::Pin};

use crate::bench::Bench;

mod conversations;
mod envelope;
mod flows;
mod keys;
mod lists;
mod messages;
mod notices;
mod outbox;
mod patients;
mod practices;
mod primitives;
mod rates;
mod reading;
mod recalls;
mod sessions;
mod staff;

/// A case.
#[derive(Clone)]
pub struct Case {
    /// Module and function.
    pub name: &'static str,
    /// Whether the engine has to answer KMS calls.
    pub needs_kms: bool,
    /// Runs it; it fails by panicking.
    pub run: fn(Bench) -> Pin<Box<dyn Future<Output = ()>>>,
}

/// The functions of a module as cases.
macro_rules! cases {
    ($($name:ident,)+) => {
        pub(super) fn cases() -> Vec<crate::suite::Case> {
            vec![$(crate::suite::Case {
                name: concat!(module_path!(), "::", stringify!($name)),
                needs_kms: false,
                run: |bench| Box::pin($name(bench)),
            },)+]
        }
    };
}
use cases;

/// Every case.
pub fn all() -> Vec<Case> {
    let mut all = [
        practices::cases(),
        patients::cases(),
        staff::cases(),
        sessions::cases(),
        flows::cases(),
        rates::cases(),
        conversations::cases(),
        messages::cases(),
        reading::cases(),
        recalls::cases(),
        lists::cases(),
        notices::cases(),
        outbox::cases(),
        primitives::cases(),
        envelope::cases(),
    ]
    .concat();
    all.extend(keys::cases().into_iter().map(|case| Case { needs_kms: true, ..case }));
    for case in &mut all {
        case.name = case.name.trim_start_matches("engines_tests::suite::");
    }
    all
}
