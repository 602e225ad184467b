//! Sign-in without a password: links, codes, sessions.
//!
//! A patient's session always needs two proofs: a link or code from a known contact, and the birth date. The
//! request that asks for a link makes the same calls for every address; whether it belongs to anybody is found
//! out later, by `notify`.

mod bake;
mod login_links;
mod person;
mod public;
mod redeem;
mod session;
pub mod view;

platform::endpoints! {
    login_links::ask_for_link,
    redeem::redeem,
    person::prove_person,
    session::get_session,
    session::sign_out,
    public::get_practice,
    public::health,
    public::openapi,
}
