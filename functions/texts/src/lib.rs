//! Text messages around visits: what may be sent to whom, when it is, and what comes back.
//!
//! Nothing here carries what somebody typed. A text is one of the closed kinds of `domain::channel`, written when it
//! leaves from a fixed template; whether it may leave is decided at that very moment.

mod consents;
mod desk;
mod my_consents;
mod refusals;
mod settings;
mod tasks;
pub mod texter;
mod texts;
mod visits;

platform::endpoints! {
    consents::get_consents,
    consents::put_consent,
    my_consents::get_my_consents,
    my_consents::put_my_consent,
    settings::get_text_settings,
    settings::put_text_settings,
    tasks::list_text_tasks,
    tasks::end_text_task,
    texts::schedule_text,
    texts::list_texts,
    texts::get_text,
    texts::cancel_text,
    visits::create_visit,
    visits::list_visits,
    visits::change_visit,
}
