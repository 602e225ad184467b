# Mensajes de texto. Sin á, í, ó ni ú: no están en el alfabeto GSM 03.38 y acortan el mensaje a la mitad;
# por eso "codigo" sin acento.

## You have a message
# review: machine

notice = { $sender }: tiene un mensaje

## The code that somebody asked for
# review: machine

code = { $sender }: { $code } es su codigo para { $system }. Nunca lo pedimos.
code-system-unknown = { $sender }: { $code } es su codigo para entrar. Nunca lo pedimos.

## Somebody signed in with a browser that was not seen before
# review: machine

signed-in = { $sender }: nuevo acceso. ¿No fue usted? Toque

## A passkey was added, or a phone or computer is remembered
# review: machine

passkey-added = { $sender }: nueva llave. ¿No fue usted? Toque
device-added = { $sender }: nuevo equipo. ¿No fue usted? Toque

## Staff changed where an account is reached
# review: machine

contacts = { $sender }: cambiaron sus datos de contacto. ¿No fue usted? Llame al { $phone }
access = { $sender }: una persona nueva puede leer mensajes. ¿No lo esperaba? Llame al { $phone }
