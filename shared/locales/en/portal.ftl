### Strings of the patient portal; the staff console uses some of them too.
### Plain words, short sentences. Each group says who has reviewed it, and so does what changed since.

## Frame
# review: human-reviewed

site-name = Secure messages
your-practice = Your practice
page-title = { $page } – { $site }
skip-to-content = Skip to the content
language-choice = Language
local-run = Local run: not for real patients
sign-out = Finish and sign out
signing-out = Signing out…
sign-out-failed = You are still signed in, because we could not reach the server. Check your connection and try again.
questions-call = Questions? Call { $practice }
questions-call-practice = Questions? Call your practice
emergency = In an emergency, call { $number }.
emergency-call = In an emergency, call
emergency-not-here = Nobody watches these messages day and night.
loading = Loading…
try-again = Try again
back = Back
cancel = Cancel
all-messages = All messages

## Errors
# review: human-reviewed

error-summary = There is a problem
error-offline = We cannot reach the server. Check your internet connection and try again.
error-busy = The service is busy right now. Wait a moment and try again.
error-too-many = That was too often. Wait a few minutes and try again.
error-failed = Something went wrong on our side. Try again in a few minutes.
error-invalid = We could not accept this. Check what you typed and try again.
error-step-up = This was not done, because nobody confirmed who is here. Try again.
not-found-title = This page is not here
not-found-text = The address may be mistyped, or the page is not yours to see.

## Sign in: address
# review: human-reviewed

sign-in-title = Sign in to read your messages
sign-in-intro = We will send you a code. You do not need a password.
address-label = Your e-mail address or mobile phone number
address-hint = The one you gave to the practice.
address-missing = Type your e-mail address or your phone number
# review: machine
address-invalid = Type an e-mail address like name@example.com or a phone number like (555) 555‑0123
send-code = Send me a code
sending = Sending…

## Sign in: code
# review: human-reviewed

code-title-email = Look in your e-mail
code-title-phone = Look at your text messages
code-sent = If we know this address, a message with a code of 8 digits is on its way to { $address }.
code-sent-unnamed = If we know your address, a message with a code of 8 digits is on its way.
code-either = Type the code here. Or, on this same device, tap the button in the e-mail.
code-label = Code of 8 digits
code-missing = Type the code from the message
code-invalid = The code has 8 digits. Check the message again
# review: machine
code-refused = This code did not work. Check the digits, or ask for a new one.
code-private = Nobody from the practice will ever ask you for this code.
continue = Continue
checking = Checking…
nothing-came = Nothing came?
nothing-came-wait = It can take two minutes.
nothing-came-junk = Look in the junk or spam folder too.
nothing-came-right = Check that you used the address or number that the practice has.
send-again = Send it again
send-again-wait = { $seconds ->
    [one] You can ask again in 1 second
   *[other] You can ask again in { $seconds } seconds
}
sent-again = We sent it again. Use the newest code.
other-address = Use another address

## Birth date
# review: human-reviewed

birth-title = What is your birth date?
birth-title-notice = You have a message
birth-intro-notice = To keep it private, first type your birth date. Then we open the message.
birth-legend = Your birth date
birth-hint = For example: { $example }
birth-hint-child = Is it about your child? Then type your child’s birth date.
birth-day = Day
birth-month = Month
birth-year = Year
birth-month-choose = Choose
birth-missing = Type the whole birth date
birth-day-missing = Type the day
birth-month-missing = Choose the month
birth-year-missing = Type the year
birth-year-short = Type the year with 4 digits, like 1958
birth-impossible = This day is not in the calendar. Check the day and the month
birth-future = The birth date must be in the past
birth-too-old = Check the year
open-message = Open my message
open-messages = Open my messages
first-name-title = One more question
first-name-intro = More than one person fits. Type the first name of the patient.
first-name-label = First name of the patient
first-name-missing = Type the first name

## Sign in: it did not work
# review: human-reviewed

refused-notice = We could not open the message. Check the birth date. If it is right, the link may be too old.
refused-person = We could not sign you in. Check the birth date. If it is right, the code may be too old: start again.
# review: machine
refused-limit = For your safety, you can try only a few times a day.
resend-link = Send me a new link
resend-done = If the link was ours, we sent a fresh message to where the first one went.
start-again = Start again
sign-in-other-way = Sign in with a code

## Asked-for link
# review: human-reviewed

link-title = Sign in to read your messages
# review: machine
link-intro = Press the button to go on.
link-press = Sign in
link-refused-title = This link does not work here
link-refused-why = A link works for 10 minutes, and only in the browser that asked for it.
link-refused-code = Did you ask on another phone or computer? Type the code from the same e-mail there.
link-lost-title = This link is not complete
link-lost-why = A part of its address is missing. That also happens when the page is opened a second time.
link-lost-do = Open your e-mail or text message again and tap the link there.

## Conversations
# review: human-reviewed

conversations-title = Your messages
conversations-empty-title = No messages yet
conversations-empty = When the practice writes to you, you will find it here.
write-new = Write to the practice
conversation-new = { $count ->
    [one] 1 new
   *[other] { $count } new
}
conversation-closed = Finished
conversation-for = For { $patient }
for-whom = { $reader } for { $patient }
show-more = Show more

## Topics
# review: human-reviewed

topic-medical_question = Medical question
topic-prescription = Prescription
topic-form = Form
topic-appointment = Appointment
topic-billing = Bill or insurance
topic-other = Something else

## Thread
# review: human-reviewed

thread-load-older = Show earlier messages
thread-today = Today
thread-yesterday = Yesterday
thread-new = New
thread-messages = Messages
thread-you = You
thread-patient = The patient
thread-practice = The practice
message-label = { $sender }, { $time }
thread-recalled = The practice removed this message. You need to do nothing.
thread-recalled-on = The practice removed this message on { $date }. You need to do nothing.
thread-recalled-call = Questions about it? Call us.
thread-recalled-staff = Recalled. The patient cannot read it any more.
thread-recalled-staff-on = Recalled on { $date }. The patient cannot read it any more.
thread-read-by-patient = Read by the patient
thread-kind-unknown = This kind of message cannot be shown here yet. Call us if you need it.
thread-unreadable = This message cannot be shown right now.
thread-correction = Correction
thread-closed-note = The practice has finished this conversation. If you write, it opens again.
thread-stale = We cannot reach the server. New messages may be missing.
thread-arrived = { $count ->
    [one] New message from { $name }
   *[other] { $count } new messages
}
thread-gone-title = This conversation is not here
thread-gone = It may have ended, or it belongs to somebody else.

## Compose
# review: human-reviewed

compose-label = Your answer
compose-hint = { $practice } reads this during office hours.
compose-send = Send
compose-sent = Your message was sent
compose-missing = Write something first
compose-left = { $count ->
    [one] 1 character left
   *[other] { $count } characters left
}
compose-over = { $count ->
    [one] 1 character too many
   *[other] { $count } characters too many
}
compose-not-sent = Not sent. Your text is still here. Check your connection and try again.
compose-not-sent-busy = Not sent. Your text is still here. Wait a moment and try again.
compose-not-sent-failed = Not sent. Your text is still here. Try again, or call us.

## New conversation
# review: human-reviewed

new-title = Write to the practice
new-before = Before you write
new-hours = The practice reads messages in its office hours: { $hours }.
new-hours-unknown = The practice reads messages in its office hours.
new-wait = It can take a working day or two until you get an answer. If you cannot wait, call.
new-topic = What is it about?
new-topic-missing = Choose what it is about
new-for = Who is it about?
new-for-missing = Choose who it is about
new-text = Your message

## Session
# review: human-reviewed

ending-title = Are you still there?
ending-text = Soon we will sign you out to keep your messages private.
ending-stay = Stay signed in
ended-title = You were signed out
ended-text = Nothing happened on this page for a while, so we closed it to keep your messages private.
ended-draft = The text you did not send is kept in this window until you close it.
ended-again = Sign in again
left-title = You are signed out
left-text = You can close this window now. Your messages stay safe with the practice.

## Browsers
# review: machine

browser-both = { $program } on { $system }
browser-program = { $program }
browser-system = A browser on { $system }
browser-unknown = An unknown browser

## Too many tries
# review: machine

too-many-minutes = { $count ->
    [one] That was too often. You can try again in 1 minute, or call us.
   *[other] That was too often. You can try again in { $count } minutes, or call us.
}
too-many-hours = { $count ->
    [one] That was too often. You can try again in 1 hour, or call us.
   *[other] That was too often. You can try again in { $count } hours, or call us.
}
used-up-title = This code is locked
used-up-text = There were too many wrong codes. For your safety, only a new code works now.
used-up-again = Send me a new code
code-old = This code did not work. It is probably too old: codes work for 10 minutes. Ask for a new one below.

## Nothing came
# review: machine

nothing-came-minute = Nothing after a minute?
nothing-came-typed = Is this right?
nothing-came-phone = Try your mobile phone number instead.
nothing-came-email = Try your e-mail address instead.
nothing-came-call = Still nothing? Call us:

## Notice
# review: machine

notice-open-text = Press the button to read it.
ways-title = Is the link older than a day?
ways-refused = What you can do
ways-call = Or call us:
resend-where = It goes to the phone or e-mail that got the first one.
resend-done-title = Look at your phone or e-mail
resend-done-next = It can take two minutes. You can close this page.

## Sign in: on another device
# review: machine

elsewhere-title = You asked on another device
elsewhere-why = This link works only in the browser that asked for it.
elsewhere-go = Go back to the phone or computer where you began.
elsewhere-code = Type the code of 8 digits there. It is in the same e-mail.
elsewhere-here = Do you want to read your messages here instead?
elsewhere-begin = Begin again here

## Sign in: one more proof
# review: machine

my-step-up-title = Is it really you?
step-up-why = This needs more than the link and the birth date. We send you a code.
step-up-sending = Sending the code…
step-up-sent = To keep your messages private, we sent a code of 8 digits to
step-up-code = Send me a code
step-up-nowhere = We have no e-mail or phone where we can send you a code.
step-up-in-vain = A code is not enough for this. If your e-mail or phone is new, the practice has to confirm it first.
please-call = Please call us:

## Sign in: this device
# review: machine

remember-title = Quicker next time?
remember-text = { $kind ->
    [phone] This phone can skip the birth date. Then one press opens a message.
   *[computer] This computer can skip the birth date. Then one press opens a message.
}
remember-do = { $kind ->
    [phone] Skip the birth date on this phone
   *[computer] Skip the birth date on this computer
}
remember-shared = { $kind ->
    [phone] Other people use this phone
   *[computer] Other people use this computer
}
remember-later = No, thank you
remember-done = { $kind ->
    [phone] Done. From now on, one press opens your messages on this phone.
   *[computer] Done. From now on, one press opens your messages on this computer.
}
remember-shared-done = Good to know. We always ask for the birth date here.
remember-not-shared = { $kind ->
    [phone] Only if nobody else uses this phone.
   *[computer] Only if nobody else uses this computer.
}

## Passkeys
# review: machine

passkey-sign-in = Sign in with a passkey
passkey-or = Do you have a passkey? Then you need no code and no birth date.
sign-in-or = Or we send you a code.
passkey-use = Use my passkey
my-passkey-cancelled = The passkey was not used. Try again, or take the other way.
my-passkey-failed = The passkey did not work here. Take the other way.
my-passkey-refused = We could not sign you in with this passkey. It may have been removed.
my-passkey-known = This device already has a passkey for your messages.
my-passkeys-title = Passkeys
my-passkeys-text = With a passkey you sign in by face, fingerprint or screen lock.
passkey-add = Add a passkey
passkey-added = The passkey was added
passkey-remove = Remove
passkey-removed = The passkey was removed

## My devices
# review: machine

devices-title = My phones and computers
access-title = Who opened my messages
my-sessions-title = Signed in now
session-end = Sign out there
signed-out-there = Signed out there
this-one = This one
my-last-used = Last used: { $when }
added = Added: { $when }
remembered-title = Opens without the birth date
remembered-none = Every phone and computer asks for the birth date.
device-forget = Ask for the birth date again
device-forget-this = Ask for the birth date again, and sign out
device-forgotten = The birth date is asked for again
everywhere-title = Something wrong?
everywhere-text = Did you lose a phone, or did somebody else read your messages? This signs out all phones and computers.
everywhere-passkeys = Remove all passkeys too
everywhere-do = Sign out everywhere

## It was not me, from an e-mail
# review: machine

revoke-title = Was it you?
revoke-text = If it was not you, press the button. It signs that phone or computer out, and removes passkeys and remembered devices that were added since.
revoke-do = It was not me: sign it out
revoke-not = Was it you? Then you can close this page.
revoked-title = That phone or computer is signed out
revoked-text = If the link was ours, whoever signed in there is signed out, and it asks for the birth date again. The link works once.
revoked-call = Please call us, so that we can look at it together:

## Connect a phone at the desk
# review: machine

my-connect-title = { $kind ->
    [phone] Connect this phone
   *[computer] Connect this computer
}
my-connect-text = { $kind ->
    [phone] { $practice } checked who you are. Press the button, and this phone opens your messages without the birth date.
   *[computer] { $practice } checked who you are. Press the button, and this computer opens your messages without the birth date.
}
connect-do = { $kind ->
    [phone] Connect this phone to { $practice }
   *[computer] Connect this computer to { $practice }
}
connect-own = { $kind ->
    [phone] Only if this phone is yours alone.
   *[computer] Only if this computer is yours alone.
}
connect-refused-title = This QR code does not work any more
connect-refused-text = It works once, for 10 minutes. Ask at the desk for a new one.
connect-lost-do = Scan the code on the screen of the desk once more.
connected-title = { $kind ->
    [phone] This phone is connected
   *[computer] This computer is connected
}
connected-text = When we write to you, you get a short message like this:
connected-next = Tap it, and press the button. That is all.
connected-go = Go to my messages
picture-caption = For example
picture-text = { $practice }: you have a message

## No cookies
# review: machine

cookies-title = This browser cannot keep you signed in
cookies-text = It does not keep cookies. That happens inside other apps, or when cookies are switched off.
cookies-link = The address of this page
cookies-copy = Copy the address
cookies-copied = Copied
cookies-open = Then open Safari or Chrome, and paste it there.
cookies-elsewhere = Have a new link sent to you, and open it in Safari or Chrome.
cookies-fresh = Get a new link

## Draft
# review: machine

ended-draft-saved = The text you did not send is kept. You find it when you sign in again.

## Thread: who wrote
# review: machine

thread-you-for = You, for { $patient }

## Words that may mean an emergency
# review: machine

urgent-title = This may be an emergency
urgent-text = Do not wait for an answer here: nobody watches these messages day and night. If somebody is in danger, call now. Your message goes its way meanwhile.
urgent-call = Call { $number }
urgent-practice = Not that urgent? Call the practice:
urgent-close = Go back to my messages
