# E-mails. The plain text and the HTML of a mail are made from the same messages.
#
# A review line stands under every group: "human-reviewed" when a fluent speaker has read the group in a real
# mail, "machine" until then.
#
# Every variable is a typed value of the code: $sender the short public name of the practice, $program and
# $system product names from a closed list, $minutes and $hours numbers. There is no place for free text.
# No word here may tell a stranger that the sender is a medical practice: people share mailboxes and screens.

## Every mail to a patient
# review: machine

first-line = Do not answer this e-mail. Tap the button.
link-instead = If the button does not work, copy this address into your browser:
questions = Questions? Call { $sender }:
browser = { $program } on { $system }
browser-program = { $program }
browser-system = a browser on { $system }
browser-unknown = an unknown browser

## You have a message
# review: machine

notice-subject = You have a new message
notice-preview = For your privacy, the message is not in this e-mail.
notice-body = { $sender } has sent you a message. For your privacy, it is not in this e-mail.
notice-button = Read the message
notice-proof = You may be asked for a birth date. You never need a password.
notice-not-you = Not for you? Please delete this e-mail, and call us so that we stop writing to this address.

## The link and code that somebody asked for
# review: machine

sign-in-subject = Your sign-in link and code
sign-in-preview = You asked to sign in. This works for { $minutes } minutes.
sign-in-body = You asked to sign in to { $sender }. You are signing in on { $browser }.
sign-in-button = Sign in
sign-in-code = Or type this code on the page where you started:
sign-in-warning = Nobody from { $sender } will ask for this code. Do not give it to anyone.
sign-in-life = The button and the code work for { $minutes } minutes. If you read this e-mail on another phone or computer, type the code where you started.
sign-in-not-you = You did not ask for this? Delete this e-mail. Nobody can sign in without it.

## The same for staff
# review: machine

staff-sign-in-subject = Your staff sign-in link and code
staff-sign-in-preview = You asked to sign in to the staff console. This works for { $minutes } minutes.
staff-sign-in-body = You asked to sign in to the staff console of { $sender }. You are signing in on { $browser }.
staff-sign-in-button = Sign in
staff-sign-in-code = Or type this code on the page where you started:
staff-sign-in-warning = Nobody will ever ask you for this code, not even a colleague. Do not give it to anyone.
staff-sign-in-life = The button and the code work for { $minutes } minutes. If you read this e-mail on another phone or computer, type the code where you started.
staff-sign-in-not-you = You did not ask for this? Delete this e-mail, and tell an administrator of { $sender }.

## The code that somebody who is signed in asked for
# review: machine

code-first-line = Do not answer this e-mail. Type the code.
code-subject = Your code
code-preview = You asked for a code. It works for { $minutes } minutes.
code-body = You are signed in to { $sender } on { $browser } and asked for a code to show that it is you.
code-label = Type this code on the page where you asked for it. It works for { $minutes } minutes:
code-warning = Nobody from { $sender } will ask for this code. Do not give it to anyone.
code-not-you = You did not ask for this? Somebody may be signed in as you. Call us, and do not give the code to anyone.

## A new member of staff
# review: machine

staff-invite-subject = Your access to the staff console
staff-invite-preview = Set up your sign-in for the staff console.
staff-invite-body = { $sender } has given you access to its staff console. Open it on the computer or phone that you will work with, and type this e-mail address. A code comes, and with it you set up your sign-in.
staff-invite-button = Open the staff console
staff-invite-life = You can do this until { $moment }. After that, ask your admin for a new invitation.
staff-invite-not-you = You did not expect this? Delete this e-mail, and tell { $sender }.

## What a colleague signs in with was taken away
# review: machine

factors-reset-subject = A staff sign-in was reset
factors-reset-preview = Somebody of the staff begins again with a sign-in link.
factors-reset-body = At { $sender }, the passkeys and codes of a member of staff were removed. They are signed out everywhere, and set up a new passkey with their next sign-in link.
factors-reset-button = Open the staff console
factors-reset-not-you = Every administrator gets this e-mail. Did nobody of you ask for this? Then deactivate that person in the staff list now.

## Somebody of the staff wants to open what was kept of a recalled message
# review: machine

evidence-asked-subject = A request to open a recalled message
evidence-asked-preview = Somebody of the staff wants to open what was kept. Who and why is in the staff console.
evidence-asked-body = At { $sender }, somebody of the staff wants to open what was kept of a recalled message. Who, and why, is in the staff console under Audit. It opens when an administrator allows it. If nobody else can decide, it opens after 72 hours.
evidence-asked-button = Open the staff console
evidence-asked-not-you = This e-mail goes to everybody who can decide, or to all staff if nobody can. Does the request look wrong to you? Decline it, or call us now.

## A member of staff got another way to sign in
# $moment is a date and a time of day, in figures.
# review: machine

staff-passkey-subject = New passkey for the staff console
staff-passkey-preview = Somebody added a passkey to your staff sign-in.
staff-passkey-body = On { $moment }, somebody added a passkey to your staff sign-in at { $sender } on { $browser }.
staff-generator-subject = New code generator for the staff console
staff-generator-preview = Somebody set up a code generator for your staff sign-in.
staff-generator-body = On { $moment }, somebody set up a code generator for your staff sign-in at { $sender } on { $browser }. The recovery codes from before do not work any more.
staff-factor-not-you = It was not you? Tell an administrator now. They can reset your sign-in: that signs you out everywhere and takes every passkey and code away.
staff-factor-button = Open the staff console

## Somebody signed in with a browser that was not seen before
# $moment is a date and a time of day, in figures.
# review: machine

announcement-lead = Do not answer this e-mail.
signed-in-subject = New sign-in
signed-in-preview = Somebody signed in to your messages with a browser that we do not know.
signed-in-body = On { $moment }, somebody signed in to your messages with { $sender } on { $browser }.
news-you = Was it you? Then there is nothing to do.
news-not-you = It was not you? Press the button. It signs that browser out, and removes passkeys and remembered devices that were added since. Then call us.
signed-in-button = It was not me: sign that browser out

## A passkey was added, or a phone or computer is remembered
# $moment is a date and a time of day, in figures.
# review: machine

passkey-subject = New passkey
passkey-preview = Somebody added a passkey for your messages.
passkey-body = On { $moment }, somebody added a passkey for your messages with { $sender } on { $browser }. A passkey signs in without a code.
device-subject = A phone or computer is remembered
device-preview = On one more phone or computer, messages open without the birth date.
device-body = On { $moment }, somebody had this remembered for your messages with { $sender }: { $browser }. Messages open there without the birth date.
added-button = It was not me: remove it

## Staff changed where an account is reached
# review: machine

contacts-subject = Your contact details were changed
contacts-preview = { $sender } has changed where we write to you.
contacts-body = { $sender } has changed the e-mail addresses or phone numbers that we write to you at.
contacts-not-you = You did not ask for this? Please call us soon. Until then, what we wrote to you before stays closed to the new ones, unless we have seen your ID.

## Somebody was added to those who read a patient's messages
# review: machine

access-subject = A person was added
access-preview = { $sender } has added a person who may read messages here.
access-body = { $sender } has added a person who may read messages here. You are that person, or you could read these messages already.
access-not-you = You did not expect this? Please call us soon: the address may be that of somebody else.
