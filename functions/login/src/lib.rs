//! Sign-in without a password: links, codes, sessions.
//!
//! A patient's session needs two proofs: a link or code from a known contact, and the birth date or a remembered device. A
//! passkey stands for both, and so does a link of the desk, where staff have seen who holds the phone. The request that
//! asks for a link makes the same calls for every address; whether it belongs to anybody is found out later, by `notify`.

mod bake;
mod devices;
mod guesses;
mod lock;
mod login_links;
mod notice;
mod own_devices;
mod passkeys;
mod people;
mod person;
mod public;
mod redeem;
mod remembered;
mod resend;
mod revoke;
mod second_factor;
mod sends;
mod session;
mod sessions;
mod standing;
mod step_up;
mod step_up_code;
mod totp;
pub mod view;
mod visitor;
mod webauthn;

platform::endpoints! {
    login_links::ask_for_link,
    login_links::ask_for_link_again,
    redeem::redeem,
    person::prove_person,
    resend::resend_notice,
    second_factor::sign_in_options,
    second_factor::second_factor,
    step_up::step_up_options,
    step_up::step_up,
    lock::lock_session,
    passkeys::passkey_options,
    passkeys::list_passkeys,
    passkeys::add_passkey,
    passkeys::remove_passkey,
    totp::propose_totp,
    totp::confirm_totp,
    totp::remove_totp,
    totp::get_factors,
    revoke::revoke_sessions,
    session::get_session,
    session::sign_out,
    sessions::list_sessions,
    sessions::revoke_session,
    sessions::revoke_sessions,
    step_up_code::ask_for_step_up_code,
    devices::remember_device,
    devices::list_devices,
    devices::forget_device,
    devices::redeem_device_link,
    public::get_practice,
    public::health,
    public::openapi,
}

/// What the browser of a request calls itself, in a closed set of words.
fn browser(headers: &http::HeaderMap) -> domain::browser::Browser {
    let agent = headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok());
    domain::browser::Browser::from_user_agent(agent.unwrap_or_default())
}
