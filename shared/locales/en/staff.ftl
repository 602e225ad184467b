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

## Inbox
# review: human-reviewed

inbox-views = Views
inbox-open = Open
inbox-unread = Unread
inbox-mine = Mine
inbox-unassigned = Unassigned
inbox-closed = Closed
inbox-person = Assigned to
inbox-person-any = Choose a colleague
inbox-attention = Look at the notes
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
thread-assign-other = Assign to…
thread-changed-meanwhile = Somebody else changed this conversation meanwhile. You see it as it is now.
notes-title = Notes
notes-staff-only = Only staff see this
notes-attention = Look here
notes-none = No note yet.
notes-reach = How this patient is reached
notes-done = Taken care of
notes-settled = Marked as taken care of
note-new = New note, for staff only
note-save = Save the note
note-saved = Note saved
note-empty = Write the note first
note-by-product = Patient Chat
note-unreadable = This note cannot be opened.
note-dates_locked_today = Too many wrong birth dates at a notice. Until tomorrow, no birth date opens this patient's messages. Call the patient.
note-dates_locked = Too many wrong birth dates. No birth date opens this patient's messages until you allow new tries on the patient page. Find out first who tried.
note-contact_in_doubt = Wrong birth dates came again and again after notices to one contact. No notices go there any more. Ask the patient, then confirm or change the contact.
note-notice_undelivered = A notice reached nobody: the patient does not know of your message. Call the patient, and check the contacts.
note-access_ends = Within 30 days, a parent or guardian can no longer read for this patient, who is then old enough to have access of their own. Talk to them: does the patient need access, or the family access as a carer?
note-notice_unread = A message is unread after a notice and two reminders. Call the patient.
note-notice_came_back = A notice came back, or its reader called it unwanted. If the patient has another contact and allows it, the notice went there. The patient's page says which contact does not work: call about it.
note-may_be_urgent = The patient’s message holds words that may mean an emergency. Read it now, and call. The patient was asked to call the emergency number.
thread-write-to = Message to { $name }
thread-write-hint = The patient reads { $language }.
thread-write-closed = Sending opens this conversation again.

## Recall
# review: human-reviewed

recall-act = Recall
recall-label = Recall the message of { $time }
recall-title = Recall this message?
recall-checking = Checking whether it was opened…
recall-unopened = The patient has not opened it.
recall-opened = The patient’s side has opened it. What was read stays read; it disappears from every screen.
recall-what = The patient sees that a message was removed, and that there is nothing to do. A sealed copy stays for the auditor. This cannot be taken back.
recall-reason = Why?
recall-reason-missing = Choose a reason
recall-wrong-patient = It was for another patient
recall-error = What it says is wrong
recall-other = Something else
recall-note = Note for the auditor (optional)
recall-note-hint = Sealed with the copy. Up to 1,000 characters.
recall-do = Recall the message
recall-needs-admin = An admin has to recall this message: it was opened, is a colleague’s, or is older than a day. Ask one now.
recall-failed = It was not recalled. Try again.
recall-done-title = The message was recalled
recall-done-unopened = Nobody had opened it.
recall-done-opened = { $name } opened it on { $date }.
recall-done-opened-somebody = The patient’s account opened it on { $date }.
recall-evidence = Evidence number: { $id }
recall-correct = Write a correction
recall-finish = Done
recall-correcting = This corrects your message of { $time }.
recall-correcting-stop = Write a new message instead
undo-sent = Message sent.
undo-act = Undo
undo-left = { $seconds ->
    [one] 1 second left
   *[other] { $seconds } seconds left
}
undo-done = Undone. The patient was not told, and your text is back.
undo-late = Too late to undo: ten seconds are over, or the patient has opened it.
undo-failed = It was not undone. Try again, or recall the message.

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

## Frame: acts
# review: machine

staff-people = Staff
save = Save
saving = Saving…
close = Close
remove = Remove
print = Print
last-used = Last used { $when }
never-used = Never used

## Sign-in: passkey
# review: machine

staff-passkey = Sign in with a passkey
staff-passkey-hint = Your fingerprint, your face, the PIN of this computer, a phone or a security key.
staff-by-mail = Or by e-mail
staff-other-way = Sign in another way
passkey-waiting = Waiting for the passkey…
passkey-cancelled = No passkey came. The window was closed, or there is no passkey for this practice here. Try again, or choose another way.
passkey-known = This device has a passkey for you already.
passkey-missing = This browser cannot use passkeys. Open the console in a current browser.
passkey-failed = The browser could not use a passkey. Try again.
passkey-refused = This passkey did not work. It may have been removed, or too much time has passed. Try again.

## Sign-in: second proof
# review: machine

second-title = One more proof
second-text = The link shows that you read this mailbox. Now show that it is you.
second-text-passkey = The link shows that you read this mailbox. Now use your passkey to show that it is you.
second-lost = You cannot do this?
second-lost-text = An administrator of the practice can reset your sign-in. Then the link in your work e-mail lets you create a new passkey.
totp-label = Code of 6 digits
totp-hint = From your authenticator app.
totp-invalid = Type the 6 digits that your app shows now
totp-refused = This code did not work. Wait for the next one in your app and type that.
proof-code-send = E-mail me a code
proof-code-label = Code from the e-mail
proof-code-sent = We sent it to { $address }.
proof-code-invalid = The code has { $count } digits. Check the e-mail again
proof-code-refused = This code did not work. It may be mistyped or older than 10 minutes.
proof-code-not-here = This practice does not accept a code by e-mail here. Use your passkey or your authenticator app.
proof-none = You have no passkey that this browser can use. Ask an administrator of the practice to reset your sign-in.
invitation-over-title = Your invitation is over
invitation-over-text = The time to set up your sign-in has passed. Ask your admin for a new invitation. It comes by e-mail.
recovery-open = Lost your phone? Use a recovery code
recovery-label = Recovery code
recovery-hint = One of the ten that you were given, like abcd-efgh-jkmn-pqrs. Each works once.
recovery-invalid = A recovery code has sixteen letters and digits
recovery-refused = This recovery code did not work. It may be used already. Try another one.

## Sign-in: the first passkey
# review: machine

enrol-title = Create your passkey
enrol-what = A passkey replaces the password. You sign in as you unlock this computer or phone: by fingerprint, face or PIN.
enrol-why-stolen = Nobody can guess it, read it in your mail or talk you into telling it.
enrol-why-private = Your fingerprint and your face never leave the device.
enrol-why-fast = From now on, one press signs you in and unlocks the screen.
enrol-create = Create a passkey
enrol-none = No fingerprint reader, camera or PIN on this computer?
enrol-none-here = This computer seems to have no passkeys of its own. Use one of these:
enrol-phone = Your phone: press “Create a passkey”, choose a phone or tablet in the window, and scan the code with its camera.
enrol-key = A security key: plug it in, press “Create a passkey” and touch the key.
enrol-pin = Windows and Mac: set a PIN or password for your account in the settings, then try again.
enrol-app = Use an authenticator app
enrol-app-not-here = Your role, or this practice, signs in by passkey only.
enrol-over = Too much time has passed. Start again with a new link.

## My sign-in
# review: machine

my-title = My sign-in
my-single = You have one passkey. Add a second one, on your phone or a security key, so that a broken computer does not lock you out.
my-lock = Leaving your desk
my-lock-text = Press “Lock” on top of the page, or Ctrl + Shift + L. After 15 minutes without input the page locks by itself. What you typed stays.
passkeys-title = Passkeys
passkeys-text = Named after the browser that made them.
passkeys-none = You have no passkey yet.
passkeys-made = Made { $when }
passkeys-add = Add a passkey
passkeys-added = Passkey added
passkeys-remove = Remove the passkey: { $name }
passkeys-remove-text = It opens nothing any more. Remove it from the device’s own list as well.
passkeys-removed = Passkey removed
passkeys-last = This is your last one. Add another passkey first.
totp-title = Authenticator app
totp-passkey-only = Administrators and auditors sign in by passkey only.
totp-not-here = This practice signs in by passkey only.
totp-off = An app on your phone shows codes: a second way in, for computers without passkeys.
totp-on = The app is set up. { $count ->
    [one] 1 recovery code is left.
   *[other] { $count } recovery codes are left.
}
totp-set-up = Set up an app
totp-again = Set it up again
totp-remove = Remove the app
totp-remove-title = Remove the authenticator app?
totp-remove-text = Its codes and the recovery codes stop working.
totp-removed = Authenticator app removed
totp-setup-title = Set up the app
totp-setup-app = Open an authenticator app on your phone.
totp-setup-scan = Scan this picture with it, or type the secret.
totp-setup-type = Type the code that the app shows.
totp-qr = QR code for your authenticator app
totp-secret = The secret, to type by hand
totp-turn-on = Turn it on
recovery-title = Your recovery codes
recovery-text = If you lose your phone, each of these lets you in once. They are shown only now: print them or keep them in a safe place.
recovery-copy = Copy
recovery-copied = Copied
recovery-copy-failed = The browser did not copy them. Print them, or write them down.
recovery-done = I have kept them
sessions-title = Where you are signed in
sessions-here = This browser
sessions-since = Since { $when }
sessions-end = Sign out
sessions-end-one = Sign out { $name }
sessions-ended = Signed out there
sessions-end-all = Sign out everywhere
sessions-all-title = Sign out everywhere?
sessions-all-text = Every browser is signed out, this one too.

## Lock
# review: machine

lock-now = Lock
lock-hint = Lock this page (Ctrl + Shift + L)
lock-title = Locked
lock-text = The page is kept as it was.
lock-text-name = { $name } is signed in. The page and what was typed are kept.
lock-passkey = Unlock with a passkey
lock-other = Someone else?
lock-switch = Switch user
lock-leave = Sign out

## Acts that need a fresh proof
# review: machine

step-up-title = Is it you?
step-up-text = This act needs a fresh proof. Then it is done, and the page stays as it is.
step-up-passkey = Use your passkey

## Staff
# review: machine

people-inactive = May not sign in
# $moment is a date and a time of day.
people-invited-until = Invited. Can set up sign-in until { $moment }.
people-invitation-over = The invitation is over. Sign-in was not set up.
people-invite-again = Invite again
people-invite-again-one = Invite again: { $name }
people-invited-again = Done. { $name } gets a new invitation by e-mail.
people-reset = Reset sign-in
people-reset-one = Reset sign-in of { $name }
people-reset-text = Passkeys, authenticator app and recovery codes stop working, and every browser is signed out. The link in the work e-mail then leads to a new passkey.
people-reset-told = All administrators are told by e-mail. Make sure that the person asked you for it.
people-reset-done = Done. { $name } can now create a new passkey by the link in the work e-mail.
role-admin = Administrator
role-clinician = Clinician
role-front_desk = Front desk
role-auditor = Auditor

## Reach
# review: machine

reach-title = Reach
reach-locked = A birth date opens nothing for this patient now.
reach-locked-text = There were too many wrong ones. Check the date here with the patient, then allow new tries.
reach-contacts = Contacts
reach-contacts-none = No e-mail address and no phone.
reach-account = { $name } ({ $relation })
reach-shared = used for { $count } patients
reach-crowded = More than 4 patients share this contact.
reach-crowded-text = A code sent there and a birth date open nothing. Links in notices still open with the birth date. Better: give each patient a contact of their own, or connect their phone at the desk. Phones that are remembered go on working.
reach-restricted = Opens only messages sent after { $when }, until it is confirmed.
reach-confirm = Confirm
reach-confirm-one = Confirm { $address }
reach-confirmed = Confirmed: { $address } opens all messages now.
reach-resend = Send a notice
reach-resend-one = Send a notice to { $address }
reach-resent = A fresh notice is on its way to { $address }.
reach-change = Change contacts
reach-contact-gone = a former contact
contact-verified = Works
contact-unverified = Not proven yet
contact-failing = Does not work
reach-changes = Changes of contacts
change-id_seen = Changed: ID seen
change-called_back = Changed: called back on the old number
change-other = Changed: another way
doubt-wrong_dates = No notices go there: too many wrong birth dates. Confirm it when the patient says that it is theirs.
doubt-unused = No notices go there: nobody used it for half a year. Confirm it when the patient says that it is theirs.
failing-no_recipient = Messages come back: nobody is there.
failing-complained = Its reader marked a message as unwanted.
failing-blocked = A filter on the way stops messages.
failing-came_back = The last message came back: the mailbox is full or the phone was off.
failing-refused = The provider takes no messages for it.
next-use_other_contact = Notices go to another contact meanwhile. Ask for the right address at the next visit; confirm this one if it works again.
next-call = There is another contact, but no wish to be told there. Call and ask.
next-phone_only = No message gets to this person. Call about every message, and ask for another contact.
reach-phones = Phones and sessions
reach-phones-none = No phone is remembered.
reach-sessions = { $count ->
    [0] Nobody is signed in now.
    [one] 1 browser is signed in now.
   *[other] { $count } browsers are signed in now.
}
reach-sign-out = Sign out everywhere
reach-out-title = Sign this patient out everywhere?
reach-out-text = For a lost or stolen phone: all sessions end, no phone is remembered and all passkeys are removed, for everybody who reads for this patient.
reach-signed-out = Signed out everywhere.
reach-only = Only this patient’s own devices
reach-only-hint = The birth date then opens nothing. Messages open on phones that were connected or remembered.
reach-only-on = Only this patient’s own devices open messages now.
reach-only-off = The birth date opens messages again.
reach-tries = Birth dates that opened nothing
reach-tries-hint = What was typed is not kept. If the date in the record is wrong, correct it.
reach-clear = Allow new tries
reach-clear-title = Allow new tries?
reach-clear-text = The count of wrong dates starts again. Do it only when you know who tried.
reach-cleared-line = Count started again by the practice
reach-no-more = counts no more
reach-counted =
    { $count ->
        [0] None counts now.
        [one] 1 counts now.
       *[other] { $count } count now.
    }
reach-cleared = The patient can try again.
try-day_month_swapped = day and month swapped
try-one_digit_off = one digit off
try-different = a different date
try-other_browser = the right date, in another browser than the first
try-shared_contact = the right date, but more than 4 patients share the contact
try-way-notice = by a notice link
try-way-code = by a code
reach-notices = Notices
reach-notices-none = No notice was sent yet.
notice-sent = Sent
notice-delivered = Delivered
notice-failed = Failed
notice-bounced = Bounced
notice-deferred = Waits for the morning
notice-collapsed = Not sent: an earlier one is unread
notice-suppressed = Not sent: the address is blocked
notice-nobody = to no contact
notice-unopened = Not opened
notice-opened = Opened { $when }
notice-resent = { $count ->
    [one] sent again once
   *[other] sent again { $count } times
}
notice-tried = { $count ->
    [one] Tried: { $what }
   *[other] Tried { $count } times: { $what }
}

## Connect a phone
# review: machine

connect-open = Connect a phone
connect-title = Connect a phone of { $name }
connect-text = The patient is here with the phone. From then on, messages open on it without a birth date.
connect-whose = Whose phone is it?
connect-seen = I have seen an ID
connect-seen-missing = Look at an ID first: whoever scans the code reads the messages
connect-with-test = Send a test message
connect-show = Show the code
connect-scan = The patient scans this with the phone’s camera and opens the page.
connect-qr = QR code that connects the phone
connect-left = Works once, for { $time } more
connect-over = The code is too old. Show a new one.
connect-again = Show a new code
connect-done = Connected: { $device }
connect-test-message = This is a test message from your practice. If you can read it, your phone is connected. You can answer here at any time.
connect-test-sending = Sending the test message…
connect-test-sent = The test message is sent. Look together whether it opens on the phone.
connect-test-failed = The phone is connected, but the test message was not sent.

## Contacts
# review: machine

contacts-title = Change contacts
contacts-whose = Whose contacts?
contacts-empty = Empty a line to remove that contact.
contacts-add-email = Add an e-mail address
contacts-add-phone = Add a phone
contacts-many = At most { $count } contacts
contacts-reason = How do you know that the patient wants this?
contacts-reason-id_seen = The patient is here, and I have seen an ID
contacts-reason-called_back = I called back on the old number
contacts-reason-other = Another way
contacts-reason-missing = Choose how you know
contacts-note = Note (optional)
contacts-note-why = How do you know?
contacts-note-missing = Write down how you know
contacts-follows = What follows
contacts-follows-id_seen = A new contact opens all messages at once.
contacts-follows-restricted = A new contact opens only messages sent from now on, until the patient signs in by an old contact or you confirm it here.
contacts-follows-told = All old contacts are told that something was changed.
share-title = Somebody else uses this contact too
share-others =
    { $count ->
        [one] { $address }: 1 other person is reached there.
       *[other] { $address }: { $count } other people are reached there.
    }
share-check = Check that it is not mistyped: whoever reads there sees that a message has come. If they share it, the birth date chooses whose messages open.
share-many = With this patient, { $count } patients share { $address }. That is more than 4.
share-yes = They share it: save
contacts-save = Change contacts
contacts-saved = Contacts changed

## Correct a record
# review: machine

edit-open = Correct this record
edit-birth = Correct the birth date
edit-title = Correct the record
edit-birth-hint = It opens the patient’s messages: check it with an ID.
edit-saved = Record saved

## Who may read
# review: machine

grants-title = Who may read and answer
grants-none = Nobody yet.
relation-self = patient
relation-parent = parent
relation-guardian = guardian
relation-carer = carer
grant-from-day = From { $date }
grant-until-day = Until { $date }
grant-until-adult = Ends on the { $age }th birthday, { $date }
grant-ends-soon = Ends soon
grant-ends-soon-hint = After that day this person can read only if you add them again, as a carer and with a reason.
grant-end = End
grant-end-one = End the access of { $name }
grant-end-text = { $name } can no longer read or answer for this patient, and is signed out everywhere.
grant-ended = The access of { $name } has ended
grant-add = Add a person
grant-add-text = This person signs in by their own e-mail or phone and reads all messages of this patient.
grant-name = Name of the person
grant-address = E-mail address or mobile phone number
grant-address-invalid = Type an e-mail address or a phone number with area code
grant-reason = How do you know that this is the right person?
grant-reason-id_seen = The person is here, and I have seen an ID
grant-reason-called_back = I called the patient back on a known number
grant-known = This address belongs to somebody already
grant-known-text = Check that you have not mistyped it. Whoever you choose can read all messages of this patient at once, and is told. So is everybody who could read them before.
grant-crowded = With this patient, more than 4 patients share this address.
grant-whose = Whom do you mean?
grant-whose-missing = Choose the person, or change the address
# $count is the number of patients whose messages this person reads.
grant-known-one =
    { $count ->
        [0] { $name }
        [one] { $name }, reads the messages of 1 patient
       *[other] { $name }, reads the messages of { $count } patients
    }
grant-relation = Relation to the patient
grant-from = From (optional)
grant-until = Until (optional)
grant-adult-hint = Filled in with the { $age }th birthday: from then on, the patient decides.
grant-added = { $name } may read and answer now

## The card
# review: machine

card-open = Print a card
card-title = Card for the patient
card-text = In the patient’s language: { $language }.
card-where = Your messages from us are at
card-notice = When there is a message for you, you get this text or e-mail:
card-notice-text = { $sender }: you have a message
card-tap = Tap the link in it. You never need a password.
card-never = Nobody from the practice will ever ask you for a code.
card-questions = Questions? Call

## The audit log
# review: machine

audit-nav = Audit
audit-title = Audit
audit-intro = Who did what to whom, when. Reading this page is written down too.
audit-requests = Requests to open recalled messages
audit-requests-none = Nobody has asked.
audit-request-by = { $name } asked
audit-log = The log
audit-patient = Patient
audit-patient-hint = The patient’s number, pat_…, as it stands in the address of the patient page
audit-actor = Who
audit-actor-hint = A member of staff stf_…, an account acc_…, or system
audit-from = From
audit-to = To
audit-look = Show
audit-wrong-patient = That is not the number of a patient
audit-wrong-actor = That is not the number of anybody
audit-wrong-from = That first day is not a date
audit-wrong-to = That last day is not a date
audit-found = { $count ->
    [one] 1 line
   *[other] { $count } lines
}
audit-nothing = Nothing was written down that fits. Without dates, the log shows the last seven days.
audit-system = The service
audit-account = Patient account { $id }
audit-about = About { $id }
audit-reason = Reason: { $reason }
audit-recall = Recall this message
audit-evidence = What was kept
audit-check = Check the log
audit-check-text = The file holds every line with its link. With it, the signed checkpoints and the public key, anybody can check without this service that nothing was changed.
audit-export = Download the log
audit-exported = The log was downloaded.
audit-checkpoints = Show signed checkpoints
audit-checkpoints-none = No checkpoint was signed yet.
audit-checkpoint = Up to line { $index }, signed { $when }
audit-evidence-how = To open a recalled message, find its line “Recalled a message” and follow “What was kept”, or open the evidence number that whoever recalled it was given.

## What a recall has kept
# review: machine

evidence-title = A recalled message
evidence-request = Request
evidence-asked = { $name } asked on { $when }:
evidence-waiting = Waits for an administrator.
evidence-alone = Nobody else can decide. It opens on { $when }; all staff were told.
evidence-open = Allowed. It can be opened until { $until }.
evidence-declined = { $name } declined it on { $when }.
evidence-over = The time to open it is over.
evidence-decide-text = Allowed, only the person who asked can open it, for 24 hours. Each opening is written down.
evidence-approve = Allow
evidence-decline = Decline
evidence-ask-title = Ask to open it
evidence-ask-text = An administrator who is not you has to allow it. Your reason is shown to them and kept in the audit log.
evidence-reason = Your reason
evidence-reason-hint = 10 to 500 characters
evidence-reason-short = Write at least 10 characters
evidence-ask = Ask
evidence-show = Open the message
evidence-opened = The message is open.
evidence-changed = It was changed meanwhile. This is how it stands.
evidence-none = Nothing was kept under this number.
evidence-text = The message
evidence-sent = { $name } wrote to { $patient } on { $when }:
evidence-unreadable = The message could not be opened any more when it was recalled.
evidence-note = Note of { $name }:

## Record of an incident, for paper
# review: machine

incident-title = Record of the incident
incident-intro = Filled in from the audit log, for the four factors of 45 CFR 164.402. A person has to judge. The text of the message is not on it.
incident-print = Print
incident-heading = { $practice }: record of a recalled message
incident-made = Put together on { $when }. What happened in the minute before may be missing.
incident-partial = The log of this time is longer than what was looked through: read the rest in the audit log.
incident-number = Evidence number
incident-patient = It went to the portal of
incident-sent = Sent
incident-recalled = Recalled
incident-undo = Undone by the sender within seconds
incident-place = Conversation, place, message
incident-first = 1. What kind of information it held
incident-first-text = Names, treatment, diagnosis, account numbers: how likely somebody is recognized by it. Open the message to answer this.
incident-first-line = Kinds of information, and whose:
incident-second = 2. Who got it
incident-second-text = It was sent into a conversation of { $patient }.
incident-notices = Notices about this conversation that left before the recall, without content:
incident-second-line = Who they are, and what binds them to keep it to themselves:
incident-third = 3. Whether it was seen
incident-unopened = Nobody on the patient’s side had opened it.
incident-opened = First opened by { $name } on { $when }, in session { $session }.
incident-readings = Everybody who opened it before the recall:
incident-exports = Copies for a chart that hold it:
incident-openings = Openings of the sealed copy since then:
incident-session = session { $id }
incident-none = None.
incident-fourth = 4. What was done about it
incident-fourth-text = Since { $when } nobody can read it in the portal, and open pages have erased it. Backups of its key are gone seven days later.
incident-fourth-line = What else was done; what the reader assured:
incident-judgement = Judgement
incident-judgement-line = Low probability that it was compromised, or breach to be notified; why:
incident-signed = Name, date, signature:

## Recalling for a colleague
# review: machine

recall-page-title = Recall a message for a colleague
recall-page-text = You need not read the message to recall it, and this page does not show it. You are told afterwards whether it had been opened.
recall-page-admins = Only an administrator can do this.
recall-unknown = Whether it was opened is shown afterwards.
recall-keeping = What should become of the text?
recall-keep = Keep it sealed for the auditor
recall-shred = Destroy it: nobody can ever prove what it said
recall-not-shredded = It cannot be destroyed: it was opened, it is your own, or the practice keeps everything. Recall it and keep it sealed.
recall-destroyed = The text was destroyed. Nothing was kept.
recall-hand-over = An admin opens this address:

## Copy for the chart
# review: machine

chart-copy = Copy for the chart
chart-done = The copy was downloaded. It is written down in the audit log.
