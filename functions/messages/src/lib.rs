//! Conversations and messages over HTTP.
//!
//! A handler parses, authorizes, acts, answers. Authorization is an argument: [`access::Access`] exists only for a
//! live session that may see the conversation of the path.

pub mod access;
mod change;
mod draft;
mod export;
mod list;
mod notes;
mod post;
mod read;
mod read_mark;
mod recall;
mod show;
mod start;
pub mod view;

platform::endpoints! {
    list::list_conversations,
    start::start_conversation,
    show::get_conversation,
    change::change_conversation,
    read::list_messages,
    export::export_conversation,
    post::post_message,
    recall::recall_message,
    read_mark::mark_read,
    notes::list_notes,
    notes::write_note,
    draft::get_draft,
    draft::save_draft,
    draft::drop_draft,
    draft::get_new_draft,
    draft::save_new_draft,
    draft::drop_new_draft,
}
