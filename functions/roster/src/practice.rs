//! The practice's own settings. Its policies about sign-in and limits are shown here and set by nobody.

use axum::Json;
use domain::{audit::Verb, practice::PublicProfile};
use platform::{
    http::{Failure, Json as Body},
    profile,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    desk::{Desk, ReadPractice, WritePractice},
    member::given,
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
        texts.into_iter().all(Option::is_none) && self.languages.is_none()
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

/// Changes the practice's public profile. Pages and messages show it within a minute.
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
    let changed =
        desk.app.store.change_profile(id, |before| profile::checked(change.apply(before)), &event).await?;
    let practice = changed.ok_or(Failure::NotFound)?.map_err(Failure::Invalid)?;
    desk.app.forget_practice(id);
    Ok(Json(PracticeView::from(&practice)))
}
