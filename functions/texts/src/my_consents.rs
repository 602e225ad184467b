//! What patients themselves agree to, signed in: the only way to marketing.

use axum::Json;
use domain::{
    audit::Verb,
    consent::{Said, Source},
    id::ContactPointId,
};
use futures_util::future::try_join_all;
use platform::{
    http::{Failure, Fields, Json as Body},
    store::{
        consent::Line,
        session::{Relation, Scope},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    consents::{ContactConsents, contact, read, write},
    desk::Patient,
    refusals::{BadBody, Refused},
};

/// One's own contacts with what was agreed to.
#[derive(Serialize, ToSchema)]
pub(crate) struct MyConsents {
    /// In the account's own order.
    items: Vec<ContactConsents>,
}

/// What somebody says about one category at one of their contacts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutMyConsent {
    /// `cpt_…`
    contact_id: String,
    /// `notices`, `reminders` or `marketing`.
    #[schema(example = "marketing")]
    category: String,
    /// `given` or `withdrawn`.
    #[schema(example = "given")]
    state: String,
    /// Which words were ticked; needed with `given`.
    #[schema(example = "marketing-1")]
    wording: Option<String>,
}

/// What was agreed to for one's own contacts. A session that rests on the link of a notice sees the contact that the link
/// went to.
#[utoipa::path(get, path = "/v1/me/consents", operation_id = "getMyConsents", tag = "texts",
    responses((status = 200, body = MyConsents), Refused))]
pub(crate) async fn get_my_consents(me: Patient) -> Result<Json<MyConsents>, Failure> {
    view(&me).await.map(Json)
}

/// Agrees to a category or stops it. What was stopped is stopped for everybody who is reached at that contact.
#[utoipa::path(put, path = "/v1/me/consents", operation_id = "putMyConsent", tag = "texts",
    request_body = PutMyConsent,
    responses((status = 200, body = MyConsents), Refused, BadBody))]
pub(crate) async fn put_my_consent(
    me: Patient,
    Body(body): Body<PutMyConsent>,
) -> Result<Json<MyConsents>, Failure> {
    let mut fields = Fields::new();
    let now = me.app.clock.now();
    let named = (body.contact_id.as_str(), body.category.as_str(), body.state.as_str());
    let said = (body.wording.as_deref(), me.session.language.clone());
    let wanted = read(&mut fields, named, said, Source::SignedIn, now);
    if body.state == Said::Given.as_str() && body.wording.is_none() {
        fields.add("/wording", "missing_member");
    }
    fields.done()?;
    let Some(wanted) = wanted else { return Err(Failure::field("", "invalid_body")) };
    // Whoever came by the link of a notice may stop what reaches them, and agree to nothing by that alone.
    if wanted.entry.said == Said::Given && me.session.scope != Scope::Full {
        return Err(Failure::StepUpRequired);
    }
    if !contacts(&me).await?.contains(&wanted.contact) {
        return Err(Failure::field("/contact_id", "not_theirs"));
    }
    let event = |verb: Verb| me.session.event(&me.app.entropy, me.app.clock.now(), verb);
    write(&me.app, &me.practice, &wanted, event).await?;
    view(&me).await.map(Json)
}

async fn contacts(me: &Patient) -> Result<Vec<ContactPointId>, Failure> {
    let sealer = me.app.sealer(&me.practice).await?;
    let account = me.app.store.account(me.practice.id, me.account, &sealer).await?;
    let contacts = account.ok_or(Failure::NotFound)?.contacts;
    Ok(contacts.into_iter().filter(|point| me.reaches(*point)).collect())
}

async fn view(me: &Patient) -> Result<MyConsents, Failure> {
    let sealer = me.app.sealer(&me.practice).await?;
    let ids = contacts(me).await?;
    let account = me.app.store.account(me.practice.id, me.account, &sealer).await?;
    let account = account.ok_or(Failure::NotFound)?;
    let points = me.app.store.contact_points(me.practice.id, &ids, &sealer).await?;
    let line = Line { account, relation: Relation::Oneself, points };
    let items = line.points.iter().map(|point| contact(&me.app, &me.practice, &sealer, (&line, point), None));
    Ok(MyConsents { items: try_join_all(items).await? })
}
