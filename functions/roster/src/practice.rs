//! The practice's own settings. What only the local demonstration may have is shown here and set by nobody.

use axum::Json;
use domain::{
    audit::Verb,
    contact::SmsRegions,
    minors::State,
    practice::{OF_AGE_MAX, OF_AGE_MIN, Policies, PublicProfile},
};
use platform::{
    http::{Failure, FieldError, Json as Body},
    profile,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    desk::{Desk, ReadPractice, WritePractice},
    member::{given, nullable},
    refusals::{BadBody, Refused},
    view::PracticeView,
};

/// The practice with what it has decided.
#[utoipa::path(get, path = "/v1/practice", operation_id = "getPractice", tag = "practice",
    responses((status = 200, body = PracticeView), Refused))]
pub(crate) async fn get_practice(desk: Desk<ReadPractice>) -> Result<Json<PracticeView>, Failure> {
    // Not the remembered one: whoever has just changed it wants to see the change.
    let practice = desk.app.store.practice(desk.practice.id).await?.ok_or(Failure::NotFound)?;
    Ok(Json(PracticeView::from(&practice)))
}

/// What to change. A member that is left out stays as it is.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePractice {
    /// Full public name.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_length = 120)]
    name: Option<String>,
    /// The short neutral name that mails and texts are signed with; it must not name a specialty.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_length = 24)]
    sender_name: Option<String>,
    /// Public phone, E.164.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    phone: Option<String>,
    /// Whom to call when it cannot wait: a short number such as 911, or one in E.164.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    emergency_number: Option<String>,
    /// Opening hours in plain words.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_length = 400)]
    hours: Option<String>,
    /// IANA time zone.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    time_zone: Option<String>,
    /// BCP 47 languages that the practice answers in; one to twenty.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    languages: Option<Vec<String>>,
    /// What the practice decides about access and text messages.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    policies: Option<ChangePolicies>,
}

/// What to decide anew. A member that is left out stays as it is.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePolicies {
    /// Whether staff other than admins and auditors may use a code generator instead of a passkey.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    totp: Option<bool>,
    /// Whether patients may have a device remembered. Switched off, none is, and those that are do not stand in for the birth
    /// date any more, but for patients who want their own devices alone: nothing else opens these.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    remember_devices: Option<bool>,
    /// The age at which parents and guardians no longer act for a minor, 12 to 18. Grants that were made before keep their
    /// end.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, minimum = 12, maximum = 18)]
    proxy_ends_at_age: Option<u8>,
    /// The state whose law gives minors confidential access of their own, two letters; `null` for none. What parents and
    /// guardians may see ends at its age, in grants that are made from now on.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, example = "OR")]
    own_access_state: Option<Option<String>>,
    /// Whether an admin may destroy a colleague's unopened message for good. Leave it off while any recalled text might be
    /// needed in court.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    shred_unopened: Option<bool>,
    /// Where text messages go: `north_america` or `everywhere`.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, value_type = Option<String>)]
    sms_regions: Option<SmsRegions>,
}

impl ChangePolicies {
    fn apply(&self, before: Policies) -> Result<Policies, Vec<FieldError>> {
        let proxy_ends_at_age = self.proxy_ends_at_age.unwrap_or(before.proxy_ends_at_age);
        if !(OF_AGE_MIN..=OF_AGE_MAX).contains(&proxy_ends_at_age) {
            let pointer = "/policies/proxy_ends_at_age".to_owned();
            return Err(vec![FieldError { pointer, code: "out_of_range".to_owned() }]);
        }
        let own_access_state = match &self.own_access_state {
            None => before.own_access_state,
            Some(None) => None,
            Some(Some(state)) => Some(State::parse(state).map_err(|error| {
                let pointer = "/policies/own_access_state".to_owned();
                vec![FieldError { pointer, code: error.code.to_owned() }]
            })?),
        };
        Ok(Policies {
            totp: self.totp.unwrap_or(before.totp),
            remember_devices: self.remember_devices.unwrap_or(before.remember_devices),
            proxy_ends_at_age,
            own_access_state,
            shred_unopened: self.shred_unopened.unwrap_or(before.shred_unopened),
            sms_regions: self.sms_regions.unwrap_or(before.sms_regions),
            ..before
        })
    }

    const fn is_empty(&self) -> bool {
        self.totp.is_none()
            && self.own_access_state.is_none()
            && self.remember_devices.is_none()
            && self.proxy_ends_at_age.is_none()
            && self.shred_unopened.is_none()
            && self.sms_regions.is_none()
    }
}

impl ChangePractice {
    fn is_empty(&self) -> bool {
        let texts = [
            &self.name,
            &self.sender_name,
            &self.phone,
            &self.emergency_number,
            &self.hours,
            &self.time_zone,
        ];
        texts.into_iter().all(Option::is_none)
            && self.languages.is_none()
            && self.policies.as_ref().is_none_or(ChangePolicies::is_empty)
    }

    fn apply(&self, before: PublicProfile) -> PublicProfile {
        let or = |given: &Option<String>, before| given.clone().unwrap_or(before);
        PublicProfile {
            name: or(&self.name, before.name),
            sender_name: or(&self.sender_name, before.sender_name),
            phone: or(&self.phone, before.phone),
            emergency_number: or(&self.emergency_number, before.emergency_number),
            hours: or(&self.hours, before.hours),
            time_zone: or(&self.time_zone, before.time_zone),
            languages: self.languages.clone().unwrap_or(before.languages),
        }
    }
}

/// Changes the practice's public profile and policies. Pages and messages show it within a minute.
#[utoipa::path(patch, path = "/v1/practice", operation_id = "changePractice", tag = "practice",
    request_body = ChangePractice,
    responses((status = 200, body = PracticeView), Refused, BadBody))]
pub(crate) async fn change_practice(
    desk: Desk<WritePractice>,
    Body(change): Body<ChangePractice>,
) -> Result<Json<PracticeView>, Failure> {
    desk.must_be_fresh()?;
    if change.is_empty() {
        return Err(Failure::field("", "nothing_to_change"));
    }
    let event = desk.event(Verb::PracticeChanged);
    let id = desk.practice.id;
    let after = |profile, policies| {
        let profile = profile::checked(change.apply(profile))?;
        let policies = change.policies.as_ref().map_or(Ok(policies), |change| change.apply(policies))?;
        Ok((profile, policies))
    };
    let changed = desk.app.store.change_practice(id, after, &event).await?;
    let practice = changed.ok_or(Failure::NotFound)?.map_err(Failure::Invalid)?;
    desk.app.forget_practice(id);
    Ok(Json(PracticeView::from(&practice)))
}
