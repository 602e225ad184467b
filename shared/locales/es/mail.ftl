# Correos electrónicos. Las notas para quien traduce están en el archivo inglés.

## Every mail to a patient
# review: machine

first-line = No responda a este correo. Toque el botón.
link-instead = Si el botón no funciona, copie esta dirección en su navegador:
questions = ¿Preguntas? Llame a { $sender }:
browser = { $program } en { $system }
browser-program = { $program }
browser-system = un navegador en { $system }
browser-unknown = un navegador desconocido

## You have a message
# review: machine

notice-subject = Tiene un mensaje nuevo
notice-preview = Para proteger su privacidad, el mensaje no está en este correo.
notice-body = { $sender } le ha enviado un mensaje. Para proteger su privacidad, no está en este correo.
notice-button = Leer el mensaje
notice-proof = Es posible que se le pida una fecha de nacimiento. Nunca necesita una contraseña.
notice-not-you = ¿No es para usted? Borre este correo y llámenos, por favor, para que dejemos de escribir a esta dirección.

## The link and code that somebody asked for
# review: machine

sign-in-subject = Su enlace y código para entrar
sign-in-preview = Usted pidió entrar. Esto funciona durante { $minutes } minutos.
sign-in-body = Usted pidió entrar en { $sender }. Está entrando con { $browser }.
sign-in-button = Entrar
sign-in-code = O escriba este código en la página donde empezó:
sign-in-warning = Nadie de { $sender } le pedirá este código. No se lo dé a nadie.
sign-in-life = El botón y el código funcionan durante { $minutes } minutos. Si lee este correo en otro teléfono u otra computadora, escriba el código donde empezó.
sign-in-not-you = ¿No lo pidió usted? Borre este correo. Nadie puede entrar sin él.

## The same for staff
# review: machine

staff-sign-in-subject = Su enlace y código para entrar como personal
staff-sign-in-preview = Usted pidió entrar en la consola del personal. Esto funciona durante { $minutes } minutos.
staff-sign-in-body = Usted pidió entrar en la consola del personal de { $sender }. Está entrando con { $browser }.
staff-sign-in-button = Entrar
staff-sign-in-code = O escriba este código en la página donde empezó:
staff-sign-in-warning = Nadie le pedirá nunca este código, ni siquiera un colega. No se lo dé a nadie.
staff-sign-in-life = El botón y el código funcionan durante { $minutes } minutos. Si lee este correo en otro teléfono u otra computadora, escriba el código donde empezó.
staff-sign-in-not-you = ¿No lo pidió usted? Borre este correo y avise a un administrador de { $sender }.

## The code that somebody who is signed in asked for
# review: machine

code-first-line = No responda a este correo. Escriba el código.
code-subject = Su código
code-preview = Usted pidió un código. Funciona durante { $minutes } minutos.
code-body = Usted ha entrado en { $sender } con { $browser } y pidió un código para mostrar que es usted.
code-label = Escriba este código en la página donde lo pidió. Funciona durante { $minutes } minutos:
code-warning = Nadie de { $sender } le pedirá este código. No se lo dé a nadie.
code-not-you = ¿No lo pidió usted? Alguien puede haber entrado con su nombre. Llámenos y no le dé el código a nadie.

## A new member of staff
# review: machine

staff-invite-subject = Su acceso a la consola del personal
staff-invite-preview = Configure su acceso a la consola del personal.
staff-invite-body = { $sender } le ha dado acceso a su consola del personal. Ábrala en la computadora o el teléfono con el que va a trabajar y escriba esta dirección de correo. Le llegará un código para configurar su acceso.
staff-invite-button = Abrir la consola del personal
staff-invite-life = Puede hacerlo hasta el { $moment }. Después, pida una nueva invitación a su administrador.
staff-invite-not-you = ¿No lo esperaba? Borre este correo y avise a { $sender }.

## What a colleague signs in with was taken away
# review: machine

factors-reset-subject = Se restableció un acceso del personal
factors-reset-preview = Una persona del personal empieza de nuevo con un enlace de acceso.
factors-reset-body = En { $sender } se eliminaron las llaves de acceso y los códigos de una persona del personal. Su sesión se cerró en todas partes y configurará una nueva llave de acceso con su próximo enlace.
factors-reset-button = Abrir la consola del personal
factors-reset-not-you = Este correo llega a todos los administradores. ¿Nadie de ustedes lo pidió? Desactive ahora a esa persona en la lista del personal.

## Somebody of the staff wants to open what was kept of a recalled message
# review: machine

evidence-asked-subject = Solicitud para abrir un mensaje retirado
evidence-asked-preview = Una persona del personal quiere abrir lo que se guardó. Quién y por qué está en la consola del personal.
evidence-asked-body = En { $sender }, una persona del personal quiere abrir lo que se guardó de un mensaje retirado. Quién y por qué está en la consola del personal, en Auditoría. Se abre cuando un administrador lo permite. Si nadie más puede decidir, se abre después de 72 horas.
evidence-asked-button = Abrir la consola del personal
evidence-asked-not-you = Este correo llega a quienes pueden decidir o, si no hay nadie, a todo el personal. ¿La solicitud le parece incorrecta? Rechácela o llámenos ahora.

## A member of staff got another way to sign in
# review: machine

staff-passkey-subject = Nueva llave de acceso a la consola del personal
staff-passkey-preview = Alguien añadió una llave a su acceso del personal.
staff-passkey-body = El { $moment }, alguien añadió una llave a su acceso del personal en { $sender } con { $browser }.
staff-generator-subject = Nuevo generador de códigos para la consola del personal
staff-generator-preview = Alguien configuró un generador de códigos para su acceso del personal.
staff-generator-body = El { $moment }, alguien configuró un generador de códigos para su acceso del personal en { $sender } con { $browser }. Los códigos de recuperación anteriores ya no funcionan.
staff-factor-not-you = ¿No fue usted? Avise ahora a un administrador. Puede restablecer su acceso: eso cierra su sesión en todas partes y quita todas las llaves y los códigos.
staff-factor-button = Abrir la consola del personal

## Somebody signed in with a browser that was not seen before
# review: machine

announcement-lead = No responda a este correo.
signed-in-subject = Nuevo acceso
signed-in-preview = Alguien entró en sus mensajes con un navegador que no conocemos.
signed-in-body = El { $moment }, alguien entró en sus mensajes de { $sender } con { $browser }.
news-you = ¿Fue usted? Entonces no tiene que hacer nada.
news-not-you = ¿No fue usted? Toque el botón. Cierra la sesión de ese navegador y quita las llaves de acceso y los dispositivos que se añadieron desde entonces. Después, llámenos.
signed-in-button = No fui yo: cerrar esa sesión

## A passkey was added, or a phone or computer is remembered
# review: machine

passkey-subject = Nueva llave de acceso
passkey-preview = Alguien añadió una llave de acceso para sus mensajes.
passkey-body = El { $moment }, alguien añadió una llave de acceso para sus mensajes de { $sender } con { $browser }. Con ella se entra sin código.
device-subject = Se recuerda un teléfono o una computadora
device-preview = En otro teléfono o computadora, los mensajes se abren sin la fecha de nacimiento.
device-body = El { $moment }, alguien hizo que se recuerde esto para sus mensajes de { $sender }: { $browser }. Allí los mensajes se abren sin la fecha de nacimiento.
added-button = No fui yo: quitarlo

## Staff changed where an account is reached
# review: machine

contacts-subject = Se cambiaron sus datos de contacto
contacts-preview = { $sender } ha cambiado adónde le escribimos.
contacts-body = { $sender } ha cambiado los correos o los teléfonos a los que le escribimos.
contacts-not-you = ¿No lo pidió usted? Llámenos pronto, por favor. Hasta entonces, lo que le escribimos antes sigue cerrado para los nuevos, salvo que hayamos visto su documento de identidad.

## Somebody was added to those who read a patient's messages
# review: machine

access-subject = Se agregó a una persona
access-preview = { $sender } ha agregado a una persona que puede leer mensajes aquí.
access-body = { $sender } ha agregado a una persona que puede leer mensajes aquí. Esa persona es usted, o usted ya podía leer estos mensajes.
access-not-you = ¿No lo esperaba? Llámenos pronto, por favor: la dirección puede ser de otra persona.
