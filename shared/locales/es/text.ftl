# Mensajes de texto programados y respuestas. Sin á, í, ó ni ú: no están en el alfabeto GSM 03.38.

## A day and time
# review: machine

weekday-1 = lun
weekday-2 = mar
weekday-3 = mie
weekday-4 = jue
weekday-5 = vie
weekday-6 = sab
weekday-7 = dom
month-1 = ene
month-2 = feb
month-3 = mar
month-4 = abr
month-5 = may
month-6 = jun
month-7 = jul
month-8 = ago
month-9 = sep
month-10 = oct
month-11 = nov
month-12 = dic
day = { $weekday } { $number } { $month }
moment = { $day }, { $time }

## A visit is near
# review: machine

reminder = { $sender }: visita { $moment }. Responda C: confirmar, X: cancelar, STOP: no recibir mas
reminder-place = { $sender }: visita { $moment }, { $place }. Responda C: confirmar, X: cancelar, STOP: no mas
reminder-several = { $sender }: { $count } visitas { $day }: { $times }. Responda C: confirmar, X: cancelar, STOP: no mas

## A visit was booked or moved
# review: machine

booked = { $sender }: su visita es el { $moment }. Cambios: { $phone }. STOP: no recibir mas
booked-place = { $sender }: su visita es el { $moment }, { $place }. Cambios: { $phone }. STOP: no mas

## It is time to order again; something is ready
# review: machine

reorder = { $sender }: es momento de volver a pedir. Llame al { $phone }. STOP: no recibir mas
pickup = { $sender }: su pedido ya se puede recoger. Preguntas: { $phone }. STOP: no recibir mas
pickup-place = { $sender }: su pedido le espera en { $place }. Preguntas: { $phone }. STOP: no recibir mas

## The practice advertises
# review: machine

marketing-openings = { $sender }: hay nuevos horarios para visitas. Llame al { $phone }. STOP: no recibir mas
marketing-hours = { $sender }: nuestro horario ha cambiado. Llame al { $phone }. STOP: no recibir mas

## Answers to a text that came in
# review: machine

reply-confirmed = { $sender }: gracias, su visita { $moment } queda confirmada.
reply-cancel = { $sender }: tenemos su pedido de cancelar { $moment }. La visita sigue hasta que respondamos. { $phone }
reply-which = { $sender }: ¿qué visita? 1: { $first }. 2: { $second }. Responda C1, C2, X1 o X2
reply-none = { $sender }: no hay visitas pendientes para este numero. Llame al { $phone }
reply-stopped-notices = { $sender }: este numero no recibe mas avisos. Responda START para volver.
reply-stopped-reminders = { $sender }: este numero no recibe mas recordatorios. Responda START para volver.
reply-stopped-marketing = { $sender }: este numero no recibe mas ofertas. Responda START para volver.
reply-stopped-all = { $sender }: este numero solo recibe los codigos que usted pida. Responda START para volver.
reply-started = { $sender }: este numero vuelve a recibir mensajes como antes. STOP: no recibir mas
reply-started-none = { $sender }: desde este numero no se paro nada. Llame al { $phone }
reply-help = { $sender }: ayuda { $phone } { $link } STOP: no mas de estos, STOPALL: nada
reply-auto = { $sender }: escriba en { $link } o al { $phone }. Urgente { $emergency }
