# Scheduled text messages, and the answers to those that come in. One part of 160 characters, or two of 67 where the
# alphabet is not GSM 03.38: with the longest sender, place and address all of it is at most 134 long.
#
# $sender is the short public name of the practice, $place the short name of one of its places, $moment a day and time,
# $phone and $emergency phone numbers, $link the address of the service. Nothing else ever stands in a text: there is no
# place for a name, nor for anything that somebody typed. Whoever gets a text without having written must be told how to
# end it: STOP stands in every one of those.

## A day and time
# review: machine

weekday-1 = Mon
weekday-2 = Tue
weekday-3 = Wed
weekday-4 = Thu
weekday-5 = Fri
weekday-6 = Sat
weekday-7 = Sun
month-1 = Jan
month-2 = Feb
month-3 = Mar
month-4 = Apr
month-5 = May
month-6 = Jun
month-7 = Jul
month-8 = Aug
month-9 = Sep
month-10 = Oct
month-11 = Nov
month-12 = Dec
day = { $weekday }, { $month } { $number }
moment = { $day }, { $time }

## A visit is near
# $times are the times of up to three visits of one day.
# review: machine

reminder = { $sender }: visit { $moment }. Reply C to confirm, X to cancel, STOP to end
reminder-place = { $sender }: visit { $moment }, { $place }. Reply C to confirm, X to cancel, STOP to end
reminder-several = { $sender }: { $count } visits { $day }: { $times }. Reply C to confirm, X to cancel, STOP to end

## A visit was booked or moved
# review: machine

booked = { $sender }: your visit is { $moment }. Changes: { $phone }. Reply STOP to end
booked-place = { $sender }: your visit is { $moment }, { $place }. Changes: { $phone }. STOP to end

## It is time to order again; something is ready
# review: machine

reorder = { $sender }: it is time to order again. Call { $phone }. Reply STOP to end
pickup = { $sender }: your order is ready to be picked up. Questions: { $phone }. Reply STOP to end
pickup-place = { $sender }: your order is ready at { $place }. Questions: { $phone }. Reply STOP to end

## The practice advertises
# review: machine

marketing-openings = { $sender }: new times are open for visits. Call { $phone }. Reply STOP to end
marketing-hours = { $sender }: our opening hours have changed. Call { $phone }. Reply STOP to end

## Answers to a text that came in
# review: machine

reply-confirmed = { $sender }: thank you, your visit { $moment } is confirmed.
reply-cancel = { $sender }: we have your request to cancel { $moment }. The visit stands until we answer. { $phone }
reply-which = { $sender }: which visit? 1: { $first }. 2: { $second }. Reply C1, C2, X1 or X2
reply-none = { $sender }: there is no open visit for this phone. Call { $phone }
reply-stopped-notices = { $sender }: this phone gets no more notices. Reply START to undo.
reply-stopped-reminders = { $sender }: this phone gets no more reminders. Reply START to undo.
reply-stopped-marketing = { $sender }: this phone gets no more offers. Reply START to undo.
reply-stopped-all = { $sender }: this phone gets no more texts but codes that you ask for. Reply START to undo.
reply-started = { $sender }: this phone gets texts again as before. Reply STOP to end
reply-started-none = { $sender }: nothing was stopped from this phone. Call { $phone }
reply-help = { $sender }: help { $phone } { $link } STOP ends these texts, STOPALL all
reply-auto = { $sender }: write at { $link } or call { $phone }. Emergency { $emergency }
