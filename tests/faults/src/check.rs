//! Compares what was asked with what is there.

use std::collections::{BTreeMap, BTreeSet};

use crate::scene::{History, Truth};

/// What must be zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Acknowledged messages that are not at their place with their words.
    pub lost: u64,
    /// Messages that are there more than once.
    pub twice: u64,
    /// Messages that nobody wrote.
    pub phantom: u64,
    /// Places without a message.
    pub gaps: u64,
    /// Pairs of messages whose second was asked for after the first was acknowledged, and stands before it.
    pub disorder: u64,
    /// Recalled messages that are there with their words, and others that are gone without a recall.
    pub recalls: u64,
    /// Acts without their event in the audit log, events without their act.
    pub audit: u64,
    /// Things that a reader saw wrong: a gap, a repeat, other words.
    pub readers: u64,
}

impl Findings {
    /// Whether there is nothing.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }

    /// Adds others to these.
    pub fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.twice += other.twice;
        self.phantom += other.phantom;
        self.gaps += other.gaps;
        self.disorder += other.disorder;
        self.recalls += other.recalls;
        self.audit += other.audit;
        self.readers += other.readers;
    }
}

impl std::fmt::Display for Findings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "lost {}, twice {}, phantom {}, gaps {}, disorder {}, recalls {}, audit {}, readers {}",
            self.lost,
            self.twice,
            self.phantom,
            self.gaps,
            self.disorder,
            self.recalls,
            self.audit,
            self.readers
        )
    }
}

/// Finds everything that must not be.
pub fn check(history: &History, truth: &Truth) -> Findings {
    let mut found = Findings::default();
    let sends = history.sends();
    let recalled: BTreeSet<u64> = history.recalls().into_iter().collect();
    let events: BTreeSet<u64> = truth.messages.iter().filter(|m| m.kind == "recall").map(|m| m.seq).collect();
    let gone: BTreeSet<u64> = truth.messages.iter().filter(|m| m.kind == "recalled").map(|m| m.seq).collect();

    let mut places: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for message in &truth.messages {
        if let Some(text) = &message.text {
            places.entry(text).or_default().push(message.seq);
        }
    }
    for (text, places) in &places {
        found.twice += places.len() as u64 - 1;
        found.phantom += u64::from(!sends.iter().any(|sent| sent.text == *text));
    }
    for sent in &sends {
        let Some(seq) = sent.acknowledged else { continue };
        let there = places.get(sent.text.as_str()).is_some_and(|places| places == &[seq]);
        found.lost += u64::from(!there && !gone.contains(&seq));
    }
    found.gaps +=
        (1..=truth.last_seq).filter(|seq| !truth.messages.iter().any(|m| m.seq == *seq)).count() as u64;
    found.gaps +=
        truth.messages.iter().zip(1..).filter(|(message, place)| message.seq != *place).count() as u64;

    let placed: Vec<_> = sends.iter().filter_map(|sent| Some((sent, sent.acknowledged?))).collect();
    for (first, before) in &placed {
        found.disorder +=
            placed.iter().filter(|(second, after)| first.ended < second.began && before >= after).count()
                as u64;
    }

    // A recall that was acknowledged is one; one that was not may be.
    found.recalls += recalled.difference(&gone).count() as u64;
    found.recalls += gone.len().abs_diff(events.len()) as u64;
    found.audit +=
        truth.audited_recalls.iter().copied().collect::<BTreeSet<_>>().symmetric_difference(&gone).count()
            as u64;
    found.audit += truth.audited_recalls.len().abs_diff(gone.len()) as u64;
    let written: Vec<u64> =
        truth.messages.iter().map(|m| m.seq).filter(|seq| !events.contains(seq)).collect();
    found.audit += u64::from(written != truth.audited_sends);

    for reading in history.readings() {
        for (seen, place) in reading.iter().zip(1..) {
            let there = truth.messages.iter().find(|message| message.seq == seen.seq);
            let same = there.is_some_and(|there| seen == there || gone.contains(&seen.seq));
            found.readers += u64::from(seen.seq != place || !same);
        }
        found.readers += truth.last_seq.abs_diff(reading.len() as u64);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Seen, Sent};

    fn message(seq: u64, text: &str) -> Seen {
        Seen { seq, kind: "text".to_owned(), text: Some(text.to_owned()) }
    }

    fn gone(seq: u64) -> Seen {
        Seen { seq, kind: "recalled".to_owned(), text: None }
    }

    fn event(seq: u64) -> Seen {
        Seen { seq, kind: "recall".to_owned(), text: None }
    }

    fn truth(messages: Vec<Seen>, sends: &[u64], recalls: &[u64]) -> Truth {
        let last_seq = messages.last().map_or(0, |message| message.seq);
        Truth { messages, last_seq, audited_sends: sends.to_vec(), audited_recalls: recalls.to_vec() }
    }

    /// Two sends, one after the other, of which the first was acknowledged at 1 and the second at 2.
    fn history() -> History {
        let history = History::default();
        history.sent(Sent { text: "a".to_owned(), began: 0, ended: 1, acknowledged: Some(1) });
        history.sent(Sent { text: "b".to_owned(), began: 2, ended: 3, acknowledged: Some(2) });
        history
    }

    #[test]
    fn what_is_as_it_was_asked_is_clean() {
        assert!(check(&history(), &truth(vec![message(1, "a"), message(2, "b")], &[1, 2], &[])).is_clean());
        let history = history();
        history.recalled(1);
        let there = vec![gone(1), message(2, "b"), event(3)];
        history.read(vec![message(1, "a"), message(2, "b"), event(3)]);
        assert!(check(&history, &truth(there, &[1, 2], &[1])).is_clean());
    }

    #[test]
    fn each_defect_is_found() {
        let of =
            |messages, sends: &[u64], recalls: &[u64]| check(&history(), &truth(messages, sends, recalls));
        assert_eq!(of(vec![message(1, "a")], &[1], &[]).lost, 1);
        assert_eq!(of(vec![message(1, "a"), message(2, "b"), message(3, "b")], &[1, 2, 3], &[]).twice, 1);
        assert_eq!(of(vec![message(1, "a"), message(2, "b"), message(3, "c")], &[1, 2, 3], &[]).phantom, 1);
        assert!(of(vec![message(1, "a"), message(3, "b")], &[1, 3], &[]).gaps > 0);
        assert_eq!(of(vec![message(1, "a"), message(2, "b")], &[1], &[]).audit, 1);
        assert!(of(vec![message(1, "a"), message(2, "b")], &[1, 2], &[1]).audit > 0);
        assert!(of(vec![gone(1), message(2, "b")], &[1, 2], &[1]).recalls > 0);

        let recalled = history();
        recalled.recalled(1);
        assert!(check(&recalled, &truth(vec![message(1, "a"), message(2, "b")], &[1, 2], &[])).recalls > 0);

        let turned = History::default();
        turned.sent(Sent { text: "a".to_owned(), began: 0, ended: 1, acknowledged: Some(2) });
        turned.sent(Sent { text: "b".to_owned(), began: 2, ended: 3, acknowledged: Some(1) });
        assert_eq!(check(&turned, &truth(vec![message(1, "b"), message(2, "a")], &[1, 2], &[])).disorder, 1);

        for reading in [
            vec![message(2, "b")],
            vec![message(1, "a"), message(1, "a"), message(2, "b")],
            vec![message(1, "a"), message(2, "x")],
            vec![message(1, "a")],
        ] {
            let read = history();
            read.read(reading);
            let there = vec![message(1, "a"), message(2, "b")];
            assert!(check(&read, &truth(there, &[1, 2], &[])).readers > 0);
        }
    }
}
