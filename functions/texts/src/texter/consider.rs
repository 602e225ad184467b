//! Whether a text may leave now, to which phone, in which language: everything looked up again at this very moment.

use std::sync::Arc;

use domain::{
    channel::{self, Channel, Consent, Decision, Pool},
    contact::{ContactKind, ContactValue},
    id::ContactPointId,
    language::Language,
    quiet::{self, Clock, DayHours, Traffic},
    text::{TextSettings, TextState, Variables},
    time::{Timestamp, ZoneName},
};
use platform::{
    letterhead::Letterhead,
    sealing::FieldSealer,
    store::{
        consent::Line,
        patient::Patient,
        practice::Practice,
        session::Relation,
        text::{Content, Text},
        visit,
    },
};

use super::{State, Trouble};

/// A practice with what its texts need.
pub(crate) struct Desk {
    pub(crate) practice: Arc<Practice>,
    pub(crate) sealer: FieldSealer,
    pub(crate) settings: TextSettings,
    pub(crate) zone: ZoneName,
    pub(crate) letterhead: Letterhead,
}

impl Desk {
    pub(crate) async fn open(state: &State, practice: domain::id::PracticeId) -> Result<Self, Trouble> {
        let practice = state.app.known_practice(practice).await?;
        let (sealer, settings) =
            (state.app.sealer(&practice).await?, state.app.store.text_settings(practice.id).await?);
        let zone = ZoneName::parse(&practice.profile.time_zone).map_err(|e| Trouble::Writing(e.code))?;
        let letterhead = Letterhead::new(state.app.edge.origin.clone(), &practice.profile)
            .map_err(|error| Trouble::Writing(error.code))?;
        Ok(Self { practice, sealer, settings, zone, letterhead })
    }
}

/// Where a text goes.
pub(crate) struct Ready {
    pub(crate) text: Text,
    pub(crate) point: Option<ContactPointId>,
    pub(crate) phone: ContactValue,
    pub(crate) language: Language,
    pub(crate) pool: Pool,
}

/// What was found out.
pub(crate) enum Found {
    /// It leaves.
    Leaves(Box<Ready>),
    /// Not now: from then on.
    Waits(Box<Text>, Timestamp, &'static str, Option<ContactPointId>),
    /// It does not leave at all.
    Ends(Box<Text>, TextState, &'static str, Option<ContactPointId>),
}

/// Considers a text that was taken up.
///
/// # Errors
/// [`Trouble`]: nothing was decided.
pub(crate) async fn consider(state: &State, desk: &Desk, text: Text) -> Result<Found, Trouble> {
    let blocked = |text, why| Ok(Found::Ends(Box::new(text), TextState::Blocked, why, None));
    if !state.sms.is_on() {
        return blocked(text, "sms_off");
    }
    let variables = match text.content.clone() {
        Content::Reply { to, language, pool, .. } => {
            let pool = Pool::from_stored(&pool).unwrap_or(Pool::Reminders);
            return match ContactValue::phone(&to) {
                Ok(phone) if desk.practice.policies.sms_regions.contain(&phone) => {
                    Ok(Found::Leaves(Box::new(Ready { text, point: None, phone, language, pool })))
                }
                _ => blocked(text, "region"),
            };
        }
        Content::Scheduled(variables) => variables,
    };
    let store = &state.app.store;
    let now = state.app.clock.now();
    let Some(id) = text.patient else { return blocked(text, "no_patient") };
    let Some(patient) = store.patient(desk.practice.id, id, &desk.sealer).await? else {
        return blocked(text, "no_patient");
    };
    if let Some(id) = text.visit {
        let Some(visit) = store.visit(desk.practice.id, id, &desk.sealer).await? else {
            return blocked(text, "visit_cancelled");
        };
        if let Err(why) = visit::is_current(&visit, &variables) {
            return blocked(text, why);
        }
    }
    if begins(&variables).is_some_and(|at| at <= now) {
        return blocked(text, "too_late");
    }
    let lines = store.lines_of(desk.practice.id, id, &desk.sealer, now).await?;
    let content = channel::Content::Text(variables.kind());
    let Ok(rule) = channel::rule(content, Channel::Sms) else { return blocked(text, "channel_not_allowed") };
    // The first phone whose holder agreed to it. What speaks against the others is what staff are told if there is none.
    let mut why = ("no_phone", None);
    for (line, point) in phones(&lines) {
        if !desk.practice.policies.sms_regions.contain(&point.value) {
            why = ("region", Some(point.id));
            continue;
        }
        // Its provider said of a message to it that nobody is there.
        if let Some(fate) = point.stopped() {
            why = (fate.as_str(), Some(point.id));
            continue;
        }
        let consent = store.consents(desk.practice.id, point.id).await?.consent(rule.category);
        let open = quiet::is_open(rule.traffic, now, &clocks(desk, &patient, rule.traffic));
        match channel::decide(content, Channel::Sms, consent, open) {
            Ok(Decision::Send) => {
                let language = language(line, &patient);
                let (point, phone, pool) = (Some(point.id), point.value.clone(), rule.pool);
                return Ok(Found::Leaves(Box::new(Ready { text, point, phone, language, pool })));
            }
            Ok(Decision::Wait) => {
                let next = quiet::next_open(rule.traffic, now, &clocks(desk, &patient, rule.traffic));
                return Ok(match next {
                    Some(next) if begins(&variables).is_some_and(|at| at <= next) => {
                        Found::Ends(Box::new(text), TextState::Blocked, "too_late", Some(point.id))
                    }
                    Some(next) => Found::Waits(Box::new(text), next, "quiet_hours", Some(point.id)),
                    None => {
                        Found::Ends(Box::new(text), TextState::Blocked, "no_common_hours", Some(point.id))
                    }
                });
            }
            Ok(Decision::Withdrawn) => why = ("withdrawn", Some(point.id)),
            Ok(Decision::NoConsent) if why.0 != "withdrawn" => why = ("no_consent", Some(point.id)),
            Ok(Decision::NoConsent) | Err(_) => {}
        }
    }
    Ok(Found::Ends(Box::new(text), TextState::Blocked, why.0, why.1))
}

/// What speaks against a text already when it is scheduled, if nothing changes.
pub(crate) fn speaks_against(lines: &[Line], consents: &[(ContactPointId, Consent)]) -> Option<&'static str> {
    let mut why = Some("no_phone");
    for (_, point) in phones(lines) {
        match consents.iter().find(|(id, _)| *id == point.id).map(|(_, consent)| *consent) {
            Some(Consent::Given) => return None,
            Some(Consent::Withdrawn) => why = Some("withdrawn"),
            _ if why != Some("withdrawn") => why = Some("no_consent"),
            _ => {}
        }
    }
    why
}

pub(crate) fn phones(
    lines: &[Line],
) -> impl Iterator<Item = (&Line, &platform::store::contact::ContactPoint)> {
    let all = lines.iter().flat_map(|line| line.points.iter().map(move |point| (line, point)));
    all.filter(|(_, point)| point.value.kind() == ContactKind::Phone)
}

/// A patient's own phone is written to in the patient's language, anybody else's in theirs.
fn language(line: &Line, patient: &Patient) -> Language {
    if line.relation == Relation::Oneself { patient.language.clone() } else { line.account.language.clone() }
}

fn clocks<'a>(desk: &'a Desk, patient: &'a Patient, traffic: Traffic) -> Vec<Clock<'a>> {
    if desk.practice.policies.texts_at_night && traffic != Traffic::Marketing {
        return Vec::new();
    }
    let own = Clock { zone: &desk.zone, hours: desk.settings.hours };
    let theirs = patient.time_zone.as_ref().map(|zone| Clock { zone, hours: DayHours::WIDEST });
    [Some(own), theirs].into_iter().flatten().collect()
}

/// When the visit of a text begins.
pub(crate) const fn begins(variables: &Variables) -> Option<Timestamp> {
    match variables {
        Variables::AppointmentReminder { starts_at, .. }
        | Variables::AppointmentConfirmation { starts_at, .. } => Some(*starts_at),
        _ => None,
    }
}
