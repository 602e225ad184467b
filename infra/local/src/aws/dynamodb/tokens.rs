//! `ClientRequestToken`: the same transaction within ten minutes is done once.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::Mutex;
use std::time::Duration;

use dynoxide::AttributeValue;
use dynoxide::actions::transact_write_items::TransactWriteItem;
use tokio::time::Instant;

/// What AWS promises.
const WINDOW: Duration = Duration::from_secs(600);
/// Bounds memory under load: at 300 transactions a second the newest two minutes and more.
const CAPACITY: usize = 50_000;

/// Tokens of the last minutes.
#[derive(Default)]
pub(super) struct Tokens(Mutex<State>);

#[derive(Default)]
struct State {
    /// Token -> fingerprint of its request.
    known: HashMap<String, u64>,
    order: VecDeque<(Instant, String)>,
}

/// What is known of a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Never,
    /// With the same request: it is done already.
    Same,
    /// With another request.
    Other,
}

impl Tokens {
    pub(super) fn look(&self, token: &str, fingerprint: u64) -> Seen {
        let mut state = crate::aws::lock(&self.0);
        state.expire();
        match state.known.get(token) {
            None => Seen::Never,
            Some(known) if *known == fingerprint => Seen::Same,
            Some(_) => Seen::Other,
        }
    }

    pub(super) fn remember(&self, token: String, fingerprint: u64) {
        let mut state = crate::aws::lock(&self.0);
        state.known.insert(token.clone(), fingerprint);
        state.order.push_back((Instant::now(), token));
    }
}

impl State {
    fn expire(&mut self) {
        while let Some((at, token)) = self.order.front() {
            if self.order.len() <= CAPACITY && at.elapsed() < WINDOW {
                break;
            }
            self.known.remove(token);
            self.order.pop_front();
        }
    }
}

/// The same for the same actions, in whatever order a client wrote the members of its maps.
pub(super) fn fingerprint(items: &[TransactWriteItem]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for item in items {
        if let Some(put) = &item.put {
            (1_u8, &put.table_name, &put.condition_expression).hash(&mut hasher);
            map(&put.item).hash(&mut hasher);
            expressions(put.expression_attribute_names.as_ref(), put.expression_attribute_values.as_ref())
                .hash(&mut hasher);
        }
        if let Some(update) = &item.update {
            (2_u8, &update.table_name, &update.condition_expression, &update.update_expression)
                .hash(&mut hasher);
            map(&update.key).hash(&mut hasher);
            expressions(
                update.expression_attribute_names.as_ref(),
                update.expression_attribute_values.as_ref(),
            )
            .hash(&mut hasher);
        }
        if let Some(delete) = &item.delete {
            (3_u8, &delete.table_name, &delete.condition_expression).hash(&mut hasher);
            map(&delete.key).hash(&mut hasher);
            expressions(
                delete.expression_attribute_names.as_ref(),
                delete.expression_attribute_values.as_ref(),
            )
            .hash(&mut hasher);
        }
        if let Some(check) = &item.condition_check {
            (4_u8, &check.table_name, &check.condition_expression).hash(&mut hasher);
            map(&check.key).hash(&mut hasher);
            expressions(
                check.expression_attribute_names.as_ref(),
                check.expression_attribute_values.as_ref(),
            )
            .hash(&mut hasher);
        }
    }
    hasher.finish()
}

fn expressions(
    names: Option<&HashMap<String, String>>,
    values: Option<&HashMap<String, AttributeValue>>,
) -> (u64, u64) {
    let names = names.into_iter().flatten().fold(0_u64, |sum, entry| {
        let mut hasher = DefaultHasher::new();
        entry.hash(&mut hasher);
        sum.wrapping_add(hasher.finish())
    });
    (names, values.map_or(0, map))
}

fn map(members: &HashMap<String, AttributeValue>) -> u64 {
    members.iter().fold(0, |sum, (name, member)| {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        value(member, &mut hasher);
        sum.wrapping_add(hasher.finish())
    })
}

fn value(member: &AttributeValue, hasher: &mut DefaultHasher) {
    std::mem::discriminant(member).hash(hasher);
    match member {
        AttributeValue::S(text) | AttributeValue::N(text) => text.hash(hasher),
        AttributeValue::B(bytes) => bytes.hash(hasher),
        AttributeValue::BOOL(flag) | AttributeValue::NULL(flag) => flag.hash(hasher),
        AttributeValue::SS(texts) | AttributeValue::NS(texts) => texts.hash(hasher),
        AttributeValue::BS(all) => all.hash(hasher),
        AttributeValue::L(items) => items.iter().for_each(|item| value(item, hasher)),
        AttributeValue::M(members) => map(members).hash(hasher),
    }
}
