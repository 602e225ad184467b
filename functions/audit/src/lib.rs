//! The audit log: [`chain`] links, keeps and signs it as events come; the routes here let those read it who may.
//!
//! They are two functions with two roles: whoever answers requests from outside can neither link nor sign.

mod access_log;
pub mod chain;
mod checkpoints;
mod desk;
mod evidence;
mod export;
mod find;
mod incident;
mod list;
mod names;
mod refusals;
mod requests;
mod view;

platform::endpoints! {
    list::read_audit,
    checkpoints::list_checkpoints,
    export::export_audit,
    access_log::read_access_log,
    requests::list_requests,
    requests::ask_for_evidence,
    requests::decide_evidence,
    evidence::read_evidence,
    incident::read_incident,
}
