//! Every route of the API, who may come in, and a request that would be good.

use domain::role::Act;
use http::Method;
use serde_json::{Value, json};

use crate::{
    people::Principal,
    places::{Kind, Places, Target},
};

/// Who may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody, without a session.
    Everyone,
    /// Whoever is signed in.
    SignedIn,
    /// Patients alone.
    Patients,
    /// Staff alone, whatever they are.
    Staff,
    /// Staff whose roles allow it.
    May(Act),
    /// Patients for what is theirs, and staff whose roles allow it.
    PatientsOr(Act),
    /// Staff who may open evidence or decide about that.
    SeeRequests,
    /// Whoever sent the message, and staff whose roles allow it for any.
    SenderOr(Act),
}

/// One route.
pub struct Door {
    /// Its method.
    pub method: Method,
    /// Its path, as in the OpenAPI document.
    pub path: &'static str,
    /// Who may come in.
    pub who: Who,
    /// What the path names.
    pub names: Option<Kind>,
    /// Whether what is named can be that of whoever comes alone, staff like patients.
    pub personal: bool,
    /// Whether the thing is looked up before the act is refused: whoever may not see it learns no more than that.
    pub looks_first: bool,
    body: fn(&Places, &str) -> Option<Value>,
}

impl Door {
    /// Which things are named there.
    pub fn targets(&self) -> &'static [Target] {
        // Where nothing is named there is one door.
        if self.names.is_some() { &Target::ALL } else { &Target::ALL[..1] }
    }

    /// The path and the body of a request of somebody.
    pub fn request(&self, places: &Places, target: Target, who: Principal) -> (String, Option<Value>) {
        let id = self.names.map(|kind| places.id(kind, target, who)).unwrap_or_default();
        let (account, contact) = places.account_of(id);
        let path = self.path.replace("{id}", id).replace("{seq}", "1").replace("{slug}", "demo");
        let path = path.replace("{account_id}", &account).replace("{contact_id}", &contact);
        let path = path.replace("{link}", &Places::link_of(id));
        (path, (self.body)(places, id))
    }

    /// Whether somebody gets as far as what is behind the door.
    pub fn opens(&self, who: Principal) -> bool {
        match self.who {
            Who::Everyone => true,
            Who::SignedIn => who.is_signed_in(),
            Who::Patients => who.is_patient(),
            Who::Staff => who.is_signed_in() && !who.is_patient(),
            Who::May(act) => who.may(act),
            Who::PatientsOr(act) => who.is_patient() || who.may(act),
            Who::SeeRequests => who.may(Act::ReadEvidence) || who.may(Act::DecideEvidence),
            Who::SenderOr(act) => who == Principal::Assigned || who.may(act),
        }
    }

    /// Whether somebody may see what the path names at all. Where they may not, that is all they learn.
    pub fn may_see(&self, who: Principal) -> bool {
        !self.looks_first || who.is_patient() || who.may(Act::ReadConversations) || self.opens(who)
    }

    /// Whether a request that went through leaves the next visitor with another thing than before.
    pub fn takes_away(&self) -> bool {
        self.method == Method::DELETE || self.path.ends_with("/recall")
    }

    /// Whether somebody who got so far finds what they name.
    pub fn finds(&self, target: Target, who: Principal) -> bool {
        match target {
            Target::Deleted | Target::Never => false,
            _ if self.names.is_none() => true,
            // What belongs to a person is there for that person alone.
            Target::Own if self.personal => who == Principal::Owner,
            Target::Other | Target::Foreign if self.personal => {
                who == Principal::ForeignPatient && target == Target::Foreign
            }
            Target::Own => !who.is_foreign() && who != Principal::OtherPatient,
            Target::Other => !who.is_foreign() && !who.is_patient(),
            // The practice across the street sees its own.
            Target::Foreign => who.is_foreign(),
        }
    }
}

fn nothing(_: &Places, _: &str) -> Option<Value> {
    None
}

/// All of them.
pub fn doors() -> Vec<Door> {
    use Kind::{Conversation, Device, Evidence, Passkey, Patient, Session, Staff, Task, Text, Visit};
    use Who::{Everyone, May, Patients, PatientsOr, SenderOr, SignedIn};

    type Body = fn(&Places, &str) -> Option<Value>;
    let door = |method: &str, path, who, names, body: Body| Door {
        method: Method::from_bytes(method.as_bytes()).unwrap(),
        path,
        who,
        names,
        personal: matches!(names, Some(Session | Device | Passkey)),
        looks_first: names == Some(Conversation) && matches!(who, May(_) | SenderOr(_)),
        body,
    };
    let read = PatientsOr(Act::ReadConversations);
    let write = PatientsOr(Act::WriteConversations);
    let patients = May(Act::ReadPatients);
    let roster = May(Act::WritePatients);
    let empty: Body = |_, _| Some(json!({}));
    let text: Body = |_, _| Some(json!({"kind": "text", "text": "Thank you."}));
    let draft: Body = |_, _| Some(json!({"text": "Not yet"}));
    let token: Body = |_, _| Some(json!({"token": "A".repeat(22)}));
    vec![
        door("GET", "/v1/health", Everyone, None, nothing),
        door("GET", "/v1/openapi.json", Everyone, None, nothing),
        door("GET", "/v1/practices/{slug}", Everyone, None, nothing),
        door("POST", "/v1/login-links", Everyone, None, |_, _| {
            Some(json!({"practice": "demo", "address": "nobody@patients.test"}))
        }),
        door("POST", "/v1/login-links/again", Everyone, None, empty),
        door("POST", "/v1/notices/resend", Everyone, None, |_, _| Some(json!({"notice": "A".repeat(22)}))),
        door("POST", "/v1/sessions", Everyone, None, token),
        door("POST", "/v1/sessions/person", Everyone, None, |_, _| {
            Some(json!({"token": "A".repeat(22), "birth_date": "1901-01-01"}))
        }),
        door("POST", "/v1/sessions/second-factor", Everyone, None, |_, _| Some(json!({"totp": "000000"}))),
        door("POST", "/v1/sessions/passkey-options", Everyone, None, |_, _| {
            Some(json!({"practice": "demo"}))
        }),
        door("POST", "/v1/sessions/revoke", Everyone, None, token),
        door("POST", "/v1/devices/redeem", Everyone, None, token),
        door("POST", "/v1/passkeys/options", Everyone, None, empty),
        door("POST", "/v1/passkeys", Everyone, None, |_, _| Some(json!({"credential": {}}))),
        door("POST", "/v1/totp", Everyone, None, empty),
        door("PUT", "/v1/totp", Everyone, None, |_, _| Some(json!({"code": "000000"}))),
        door("DELETE", "/v1/totp", SignedIn, None, nothing),
        door("GET", "/v1/factors", SignedIn, None, nothing),
        door("GET", "/v1/session", SignedIn, None, nothing),
        door("DELETE", "/v1/session", Everyone, None, nothing),
        door("POST", "/v1/session/lock", Who::Staff, None, empty),
        door("POST", "/v1/session/passkey-options", SignedIn, None, empty),
        door("POST", "/v1/session/step-up", SignedIn, None, |_, _| Some(json!({"code": "00000000"}))),
        door("POST", "/v1/session/step-up-codes", SignedIn, None, empty),
        door("GET", "/v1/sessions", SignedIn, None, nothing),
        door("DELETE", "/v1/sessions", SignedIn, None, nothing),
        door("DELETE", "/v1/sessions/{id}", SignedIn, Some(Session), nothing),
        door("GET", "/v1/devices", Patients, None, nothing),
        door("POST", "/v1/devices", Patients, None, |_, _| Some(json!({"shared": false}))),
        door("DELETE", "/v1/devices/{id}", Patients, Some(Device), nothing),
        door("GET", "/v1/passkeys", SignedIn, None, nothing),
        door("DELETE", "/v1/passkeys/{id}", SignedIn, Some(Passkey), nothing),
        door("GET", "/v1/conversations", read, None, nothing),
        door("POST", "/v1/conversations", write, None, |_, _| Some(json!({"topic": "billing"}))),
        door("GET", "/v1/conversations/{id}", read, Some(Conversation), nothing),
        door("PATCH", "/v1/conversations/{id}", May(Act::WriteConversations), Some(Conversation), |_, _| {
            Some(json!({"state": "open"}))
        }),
        door("GET", "/v1/conversations/{id}/messages", read, Some(Conversation), nothing),
        door("POST", "/v1/conversations/{id}/messages", write, Some(Conversation), text),
        door(
            "POST",
            "/v1/conversations/{id}/messages/{seq}/recall",
            SenderOr(Act::RecallAnyMessage),
            Some(Conversation),
            |_, _| Some(json!({"reason": "error"})),
        ),
        door("PUT", "/v1/conversations/{id}/read", read, Some(Conversation), |_, _| Some(json!({"seq": 1}))),
        door("GET", "/v1/conversations/{id}/notes", May(Act::ReadConversations), Some(Conversation), nothing),
        door(
            "POST",
            "/v1/conversations/{id}/notes",
            May(Act::WriteConversations),
            Some(Conversation),
            |_, _| Some(json!({"text": "Called her back."})),
        ),
        door(
            "GET",
            "/v1/conversations/{id}/export",
            May(Act::ReadConversations),
            Some(Conversation),
            nothing,
        ),
        door("GET", "/v1/conversations/{id}/draft", write, Some(Conversation), nothing),
        door("PUT", "/v1/conversations/{id}/draft", write, Some(Conversation), draft),
        door("DELETE", "/v1/conversations/{id}/draft", write, Some(Conversation), nothing),
        door("GET", "/v1/drafts/new", write, None, nothing),
        door("PUT", "/v1/drafts/new", write, None, draft),
        door("DELETE", "/v1/drafts/new", write, None, nothing),
        door("GET", "/v1/audit", May(Act::ReadAudit), None, nothing),
        door("GET", "/v1/audit/checkpoints", May(Act::ReadAudit), None, nothing),
        door("GET", "/v1/audit/export", May(Act::ReadAudit), None, nothing),
        door("GET", "/v1/evidence", Who::SeeRequests, None, nothing),
        door("GET", "/v1/evidence/{id}", May(Act::ReadEvidence), Some(Evidence), nothing),
        door("GET", "/v1/evidence/{id}/incident", May(Act::ReadEvidence), Some(Evidence), nothing),
        door("POST", "/v1/evidence/{id}/request", May(Act::ReadEvidence), Some(Evidence), |_, _| {
            Some(json!({"reason": "The patient has complained."}))
        }),
        door("POST", "/v1/evidence/{id}/decision", May(Act::DecideEvidence), Some(Evidence), |_, _| {
            Some(json!({"word": "approved"}))
        }),
        door("GET", "/v1/me/access-log", Patients, None, nothing),
        door("GET", "/v1/texts/settings", May(Act::ReadPractice), None, nothing),
        door("PUT", "/v1/texts/settings", May(Act::WritePractice), None, |_, _| {
            Some(
                json!({"hours": "08:00-21:00", "places": [], "confirm": false, "reminders": [], "columns": {}}),
            )
        }),
        door("GET", "/v1/texts/tasks", May(Act::ReadConversations), None, nothing),
        door("DELETE", "/v1/texts/tasks/{id}", May(Act::WriteConversations), Some(Task), nothing),
        door("GET", "/v1/texts", patients, None, nothing),
        door("POST", "/v1/texts", roster, None, |_, _| {
            Some(json!({"patient_id": "pat_x", "kind": "reorder_reminder"}))
        }),
        door("GET", "/v1/texts/{id}", patients, Some(Text), nothing),
        door("DELETE", "/v1/texts/{id}", roster, Some(Text), nothing),
        door("GET", "/v1/visits", patients, None, nothing),
        door("POST", "/v1/visits", roster, None, |_, _| {
            Some(json!({"patient_id": "pat_x", "starts_at": "2026-12-01T15:00:00Z"}))
        }),
        door("PATCH", "/v1/visits/{id}", roster, Some(Visit), |_, _| Some(json!({"state": "confirmed"}))),
        door("GET", "/v1/me/consents", Patients, None, nothing),
        door("PUT", "/v1/me/consents", Patients, None, empty),
        door("GET", "/v1/patients", patients, None, nothing),
        door("POST", "/v1/patients", roster, None, |_, _| {
            Some(json!({"name": "New One", "birth_date": "1990-01-01", "language": "en"}))
        }),
        door("GET", "/v1/patients/{id}", patients, Some(Patient), nothing),
        door("PATCH", "/v1/patients/{id}", roster, Some(Patient), |_, _| Some(json!({"language": "en"}))),
        door("GET", "/v1/patients/{id}/accounts", patients, Some(Patient), nothing),
        door("POST", "/v1/patients/{id}/accounts", roster, Some(Patient), |places, id| {
            Some(json!({"account_id": places.account_of(id).0, "relation": "carer", "reason": "id_seen"}))
        }),
        door("POST", "/v1/patients/{id}/accounts/find", roster, Some(Patient), |_, _| {
            Some(json!({"email": "nobody@patients.test"}))
        }),
        door("DELETE", "/v1/patients/{id}/accounts/{account_id}", roster, Some(Patient), nothing),
        door("GET", "/v1/patients/{id}/consents", patients, Some(Patient), nothing),
        door("PUT", "/v1/patients/{id}/consents", roster, Some(Patient), |places, id| {
            let contact = places.account_of(id).1;
            Some(
                json!({"contact_id": contact, "category": "reminders", "state": "withdrawn", "source": "paper"}),
            )
        }),
        door("PUT", "/v1/patients/{id}/contacts", roster, Some(Patient), |places, id| {
            let account = places.account_of(id).0;
            Some(
                json!({"account_id": account, "emails": ["new@patients.test"], "phones": [], "reason": "id_seen"}),
            )
        }),
        door(
            "POST",
            "/v1/patients/{id}/contacts/{contact_id}/confirm",
            PatientsOr(Act::WritePatients),
            Some(Patient),
            empty,
        ),
        door(
            "POST",
            "/v1/patients/{id}/device-links",
            May(Act::ReadConversations),
            Some(Patient),
            |places, id| Some(json!({"account_id": places.account_of(id).0, "id_seen": true})),
        ),
        door(
            "GET",
            "/v1/patients/{id}/device-links/{link}",
            May(Act::ReadConversations),
            Some(Patient),
            nothing,
        ),
        door("POST", "/v1/patients/{id}/notices", roster, Some(Patient), |places, id| {
            Some(json!({"contact_id": places.account_of(id).1}))
        }),
        door("GET", "/v1/patients/{id}/reach", patients, Some(Patient), nothing),
        door("POST", "/v1/patients/{id}/sign-out", roster, Some(Patient), nothing),
        door("POST", "/v1/patients/{id}/tries/clear", roster, Some(Patient), nothing),
        door("GET", "/v1/practice", May(Act::ReadPractice), None, nothing),
        door("PATCH", "/v1/practice", May(Act::WritePractice), None, |_, _| {
            Some(json!({"hours": "Mon-Fri 8-17"}))
        }),
        door("GET", "/v1/staff", May(Act::ReadStaff), None, nothing),
        door("POST", "/v1/staff", May(Act::WriteStaff), None, |_, _| {
            Some(json!({"name": "Noa Lind", "email": "noa@demo.test", "roles": ["auditor"]}))
        }),
        door("PATCH", "/v1/staff/{id}", May(Act::WriteStaff), Some(Staff), |_, _| {
            Some(json!({"name": "Same One"}))
        }),
        door("DELETE", "/v1/staff/{id}/factors", May(Act::WriteStaff), Some(Staff), nothing),
        door("POST", "/v1/staff/{id}/invitations", May(Act::WriteStaff), Some(Staff), nothing),
    ]
}
