//! What a request may touch, decided from its session alone.

use domain::{
    audit::{Event, Verb},
    conversation::Side,
    id::{ConversationId, PatientId},
    practice::Policies,
    role::{Act, may},
    time::Timestamp,
};

use super::session::{Grant, Holder, Relation, Scope, Session};
use crate::{entropy::Entropy, http::Failure};

impl Session {
    /// The side of a conversation that this session speaks for.
    pub const fn side(&self) -> Side {
        match self.holder {
            Holder::Account(_) => Side::Patient,
            Holder::Staff(_) => Side::Practice,
        }
    }

    /// How the account of the session stands to a patient for whom it acts at `now`; `None` for patients themselves and staff.
    pub fn acts_as(&self, patient: PatientId, now: Timestamp) -> Option<Relation> {
        let grant = self.live_grants(now).find(|grant| grant.patient == patient)?;
        Some(grant.relation).filter(|relation| *relation != Relation::Oneself)
    }

    /// The live grants.
    pub fn live_grants(&self, now: Timestamp) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(move |grant| grant.is_live(now))
    }

    /// Whether an account may act for a patient.
    pub fn acts_for(&self, patient: PatientId, now: Timestamp) -> bool {
        self.live_grants(now).any(|grant| grant.patient == patient)
    }

    /// Whether a role of staff allows an act. Never for accounts.
    pub fn may(&self, act: Act) -> bool {
        may(&self.roles, act)
    }

    /// Whether this session sees a conversation of a patient at all.
    pub fn sees(&self, patient: PatientId, now: Timestamp) -> bool {
        match self.holder {
            Holder::Account(_) => self.acts_for(patient, now),
            Holder::Staff(_) => self.may(Act::ReadConversations),
        }
    }

    /// Whether it was made for one conversation only.
    pub fn is_narrow(&self) -> bool {
        self.scope == Scope::Conversation
    }

    /// That it was not made for one conversation only.
    ///
    /// # Errors
    /// [`Failure::StepUpRequired`].
    pub fn must_be_full(&self) -> Result<(), Failure> {
        if self.is_narrow() { Err(Failure::StepUpRequired) } else { Ok(()) }
    }

    /// That it does not rest on a contact that was changed and that nobody has confirmed: whoever came by one ends
    /// nobody else's sessions and devices.
    ///
    /// # Errors
    /// [`Failure::StepUpRequired`].
    pub const fn must_rest_on_confirmed(&self) -> Result<(), Failure> {
        if self.since.is_some() { Err(Failure::StepUpRequired) } else { Ok(()) }
    }

    /// That it opens this conversation, once it is known that its holder may see it.
    ///
    /// # Errors
    /// [`Failure::StepUpRequired`].
    pub fn must_open(&self, conversation: ConversationId) -> Result<(), Failure> {
        if self.opens == Some(conversation) { Ok(()) } else { self.must_be_full() }
    }

    /// Whether it may see what happened at `at`: all of it, unless it rests on a contact that was changed later.
    pub fn reaches(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| since < at)
    }

    /// That its holder has shown a fresh proof, where the practice asks for that. What rests on a contact that nobody
    /// has confirmed yet is no proof anywhere.
    ///
    /// # Errors
    /// [`Failure::StepUpRequired`].
    pub fn must_be_fresh(&self, policies: &Policies, now: Timestamp) -> Result<(), Failure> {
        if self.since.is_some() {
            return Err(Failure::StepUpRequired);
        }
        if !policies.step_up || self.is_fresh(now) { Ok(()) } else { Err(Failure::StepUpRequired) }
    }

    /// An event of this session's holder.
    pub fn event(&self, entropy: &Entropy, now: Timestamp, verb: Verb) -> Event {
        let mut event = super::audit::event(entropy, now, self.practice, self.holder.actor(), verb);
        event.session = Some(self.audit_mark());
        event
    }
}
