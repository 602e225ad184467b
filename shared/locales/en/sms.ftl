# Text messages. Short on purpose: one part of 160 characters, or two of 67 where the alphabet is not GSM 03.38.
# The Spanish alphabet of GSM has é, ñ, ¿ and ¡ but not á, í, ó, ú: one of those halves the length of a part.
#
# $sender is the short public name of the practice, $system a product name from a closed list. A notice ends with
# the link; a code message never holds one and ends with the line that lets phones fill in the code. The code adds
# both, so that no translation can lose them.

## You have a message
# review: machine

notice = { $sender }: you have a message

## The code that somebody asked for
# review: machine

code = { $sender }: { $code } is your code for { $system }. We never ask for it.
code-system-unknown = { $sender }: { $code } is your sign-in code. We never ask for it.

## Somebody signed in with a browser that was not seen before
# review: machine

signed-in = { $sender }: new sign-in. Not you? Tap

## A passkey was added, or a phone or computer is remembered
# review: machine

passkey-added = { $sender }: passkey added. Not you? Tap
device-added = { $sender }: phone remembered. Not you? Tap

## Staff changed where an account is reached
# $phone is a phone number.
# review: machine

contacts = { $sender }: your contact details were changed. Not you? Call { $phone }
access = { $sender }: a person was added who may read messages here. Not expected? Call { $phone }
