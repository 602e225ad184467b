//! What a practice has decided about its texts.

use std::collections::BTreeMap;

use axum::Json;
use domain::{
    audit::Verb,
    quiet::DayHours,
    text::{Place, Reminder, TextSettings},
};
use platform::http::{Failure, Fields, Json as Body};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    desk::{Desk, ReadPractice, WritePractice},
    refusals::{BadBody, Refused},
};

/// When a visit is reminded of.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReminderBody {
    /// 0 to 14.
    #[schema(minimum = 0, maximum = 14)]
    days_before: u8,
    /// 8 to 20, by the practice's clock.
    #[schema(minimum = 8, maximum = 20)]
    hour: u8,
}

/// What a practice has decided about its texts.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TextSettingsBody {
    /// The part of the day in which texts leave, within 08:00-21:00. The patient's clock counts too.
    #[schema(example = "09:00-20:00")]
    hours: String,
    /// The places that a text may name, 24 characters each. Nothing else is ever named.
    places: Vec<String>,
    /// Whether a visit that was booked or moved is confirmed by a text.
    confirm: bool,
    /// When a visit is reminded of, three times at most.
    reminders: Vec<ReminderBody>,
    /// Which column of the practice's own list is what: `external_id`, `patient`, `date`, `time`, `place`, `state`, each
    /// with its heading.
    columns: BTreeMap<String, String>,
}

impl From<TextSettings> for TextSettingsBody {
    fn from(settings: TextSettings) -> Self {
        let reminder = |r: &Reminder| ReminderBody { days_before: r.days_before, hour: r.hour };
        Self {
            hours: settings.hours.to_string(),
            places: settings.places.iter().map(|place| place.as_str().to_owned()).collect(),
            confirm: settings.confirm,
            reminders: settings.reminders.iter().map(reminder).collect(),
            columns: settings.columns,
        }
    }
}

/// What the practice has decided about its texts.
#[utoipa::path(get, path = "/v1/texts/settings", operation_id = "getTextSettings", tag = "texts",
    responses((status = 200, body = TextSettingsBody), Refused))]
pub(crate) async fn get_text_settings(desk: Desk<ReadPractice>) -> Result<Json<TextSettingsBody>, Failure> {
    Ok(Json(desk.app.store.text_settings(desk.practice.id).await?.into()))
}

/// Changes it. Texts that are scheduled already keep their time.
#[utoipa::path(put, path = "/v1/texts/settings", operation_id = "putTextSettings", tag = "texts",
    request_body = TextSettingsBody,
    responses((status = 200, body = TextSettingsBody), Refused, BadBody))]
pub(crate) async fn put_text_settings(
    desk: Desk<WritePractice>,
    Body(body): Body<TextSettingsBody>,
) -> Result<Json<TextSettingsBody>, Failure> {
    let mut fields = Fields::new();
    let hours = fields.check("/hours", DayHours::parse(&body.hours)).unwrap_or_default();
    let mut places = Vec::new();
    for (n, place) in body.places.iter().enumerate() {
        places.extend(fields.check(&format!("/places/{n}"), Place::parse(place)));
    }
    let reminder = |r: &ReminderBody| Reminder { days_before: r.days_before, hour: r.hour };
    let settings = TextSettings {
        hours,
        places,
        confirm: body.confirm,
        reminders: body.reminders.iter().map(reminder).collect(),
        columns: body.columns,
    };
    if let Err((pointer, invalid)) = settings.check() {
        fields.add(pointer, invalid.code);
    }
    fields.done()?;
    let event = desk.event(Verb::TextSettingsChanged);
    desk.app.store.put_text_settings(desk.practice.id, &settings, &event).await?;
    Ok(Json(settings.into()))
}
