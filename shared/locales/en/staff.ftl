### Strings of the staff console, beside those of portal.ftl.

## Frame
# review: human-reviewed

staff-site = Staff console
staff-nav = Main
staff-inbox = Inbox
staff-patients = Patients
staff-sign-out = Sign out
staff-sign-out-failed = Sign-out failed. You are still signed in.

## Sign-in
# review: human-reviewed

staff-sign-in-title = Sign in to the staff console
staff-sign-in-intro = We send a code and a link to your work e-mail.
staff-address-label = Your work e-mail address
staff-address-hint = The one your administrator invited.
staff-ended = You were signed out. Text you did not send is kept in this window.
staff-link-title = Sign in to the staff console
staff-second-factor = This account needs a second factor, which this page cannot ask for yet.

## Inbox
# review: human-reviewed

inbox-views = Views
inbox-open = Open
inbox-unread = Unread
inbox-mine = Mine
inbox-unassigned = Unassigned
inbox-closed = Closed
inbox-list = Conversations
inbox-empty = Nothing here.
inbox-forbidden = Your role does not read conversations.
inbox-pick = Choose a conversation
inbox-pick-hint = Or find a patient and write to them.
inbox-unread-mark = Unread
inbox-assigned-me = Mine
inbox-assigned-other = Assigned
inbox-stale = No connection. The list may be old.
inbox-arrived = New message in the inbox
inbox-back = Back to the inbox

## Thread
# review: human-reviewed

thread-born = Born { $date } ({ $age ->
    [one] 1 year
   *[other] { $age } years
})
thread-language = Reads { $language }
thread-patient-page = Patient page
thread-assign-me = Assign to me
thread-release = Release
thread-assigned-to = Assigned to { $name }
thread-assigned-you = Assigned to you
thread-assigned-colleague = Assigned to a colleague
thread-unassigned = Unassigned
thread-close = Close
thread-reopen = Reopen
thread-closed-now = Closed
thread-changed-failed = That did not work. Try again.
thread-changed-closed = Conversation closed
thread-changed-open = Conversation open again
thread-changed-mine = Assigned to you
thread-changed-released = Released
thread-write-to = Message to { $name }
thread-write-hint = The patient reads { $language }.
thread-write-closed = Sending opens this conversation again.

## Patients
# review: human-reviewed

patients-title = Patients
patients-search = Find a patient
patients-search-hint = First letters of a name, a birth date like 1985-03-14, or the end of a phone number
patients-search-button = Search
patients-add = Add a patient
patients-found = { $count ->
    [0] No patient found
    [one] 1 patient
   *[other] { $count } patients
}
patients-none-hint = Check the spelling, or add the patient.
patients-start = Type to search.
patients-short = Type at least 2 letters.
patient-title = Patient
patient-born = Birth date
patient-language = Language
patient-email = E-mail
patient-phone = Phone
patient-external = External id
patient-none = None
patient-shared = Somebody else reads one of these contacts too: a family’s mailbox or a shared phone.
patient-conversations = Conversations
patient-conversations-none = No conversation yet.
patient-write = New conversation

## Add a patient
# review: human-reviewed

add-title = Add a patient
add-name = Full name
add-name-missing = Type the name
add-birth = Birth date
add-language = Language the patient reads
add-language-hint = Notices and pages come in this language where we have it, else in English.
add-email = E-mail address
add-email-invalid = Type an e-mail address like name@example.com
add-phone = Mobile phone number
add-phone-invalid = Type a phone number with area code, like (555) 555-0123
add-contact-missing = Type an e-mail address or a phone number: the notice needs somewhere to go
add-external = Id in your practice software (optional)
add-save = Add the patient
add-saving = Adding…
add-same-date = { $count ->
    [one] A patient with this birth date is already here. Is it the same person?
   *[other] { $count } patients with this birth date are already here. Is it one of them?
}
add-anyway = It is somebody else: add
add-refused = The server did not accept this field. Check it.

## New conversation
# review: human-reviewed

write-title = New conversation
write-to = To
write-topic = Topic
write-text = Message to { $name }
write-shortcut = Ctrl + Enter sends.
write-check = Check that this is the right person before you send.
