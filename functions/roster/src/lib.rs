//! Patients, who may act for them, staff and the practice over HTTP.
//!
//! A handler parses, authorizes, acts, answers. Authorization is an argument: a [`desk::Desk`] exists only for a live
//! session of staff whose role allows the act that its type names.

mod add_patient;
mod change_patient;
mod change_staff;
mod contacts;
pub mod desk;
mod device_links;
mod find_accounts;
mod grants;
mod invite_again;
mod invite_staff;
mod list_staff;
mod member;
mod practice;
mod reach;
mod refusals;
mod reset_factors;
mod search;
mod show_patient;
pub mod view;

platform::endpoints! {
    search::search_patients,
    add_patient::add_patient,
    show_patient::get_patient,
    change_patient::change_patient,
    grants::list_grants,
    grants::create_grant,
    find_accounts::find_accounts,
    grants::end_grant,
    device_links::make_device_link,
    device_links::device_link_state,
    reach::get_reach,
    reach::send_notice,
    reach::clear_tries,
    reach::sign_patient_out,
    contacts::change_contacts,
    contacts::confirm_contact,
    list_staff::list_staff,
    invite_staff::invite_staff,
    invite_again::invite_again,
    change_staff::change_staff,
    reset_factors::reset_factors,
    practice::get_practice,
    practice::change_practice,
}
