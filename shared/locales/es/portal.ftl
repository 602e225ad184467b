### Textos del portal del paciente; la consola del personal también usa algunos.
### Palabras sencillas, frases cortas, trato de usted. Cada grupo dice quién lo ha revisado.

## Frame
# review: machine

site-name = Mensajes seguros
your-practice = Su consultorio
page-title = { $page } – { $site }
skip-to-content = Ir al contenido
language-choice = Idioma
local-run = Prueba local: no para pacientes reales
sign-out = Terminar y salir
signing-out = Saliendo…
sign-out-failed = Su sesión sigue abierta: no pudimos conectar. Revise su conexión e inténtelo de nuevo.
questions-call = ¿Preguntas? Llame a { $practice }
questions-call-practice = ¿Preguntas? Llame a su consultorio
emergency = En una emergencia, llame al { $number }.
emergency-call = En una emergencia, llame al
emergency-not-here = Nadie vigila estos mensajes día y noche.
loading = Cargando…
try-again = Intentar de nuevo
back = Atrás
cancel = Cancelar
all-messages = Todos los mensajes

## Errors
# review: machine

error-summary = Hay un problema
error-offline = No podemos conectar con el servidor. Revise su conexión a internet e inténtelo de nuevo.
error-busy = El servicio está ocupado en este momento. Espere un poco e inténtelo de nuevo.
error-too-many = Fueron demasiados intentos. Espere unos minutos e inténtelo de nuevo.
error-failed = Algo falló de nuestro lado. Inténtelo de nuevo en unos minutos.
error-invalid = No pudimos aceptar esto. Revise lo que escribió e inténtelo de nuevo.
error-step-up = No se hizo, porque nadie confirmó quién está aquí. Inténtelo de nuevo.
not-found-title = Esta página no está aquí
not-found-text = Quizás la dirección está mal escrita, o la página no es suya.

## Sign in: address
# review: machine

sign-in-title = Entre para leer sus mensajes
sign-in-intro = Le enviaremos un código. No necesita contraseña.
address-label = Su correo electrónico o su número de celular
address-hint = El que le dio al consultorio.
address-missing = Escriba su correo electrónico o su número de teléfono
address-invalid = Escriba un correo como nombre@example.com o un número de teléfono como (555) 555‑0123
send-code = Enviarme un código
sending = Enviando…

## Sign in: code
# review: machine

code-title-email = Revise su correo electrónico
code-title-phone = Revise sus mensajes de texto
code-sent = Si conocemos esta dirección, un mensaje con un código de 8 dígitos va en camino a { $address }.
code-sent-unnamed = Si conocemos su dirección, un mensaje con un código de 8 dígitos va en camino.
code-either = Escriba aquí el código. O, en este mismo dispositivo, toque el botón del correo.
code-label = Código de 8 dígitos
code-missing = Escriba el código del mensaje
code-invalid = El código tiene 8 dígitos. Revise el mensaje otra vez
code-refused = Este código no funcionó. Revise los dígitos o pida uno nuevo.
code-private = Nadie del consultorio le pedirá nunca este código.
continue = Continuar
checking = Verificando…
nothing-came = ¿No llegó nada?
nothing-came-wait = Puede tardar dos minutos.
nothing-came-junk = Busque también en la carpeta de correo no deseado.
nothing-came-right = Verifique que usó la dirección o el número que tiene el consultorio.
send-again = Enviar otra vez
send-again-wait = { $seconds ->
    [one] Puede pedirlo de nuevo en 1 segundo
   *[other] Puede pedirlo de nuevo en { $seconds } segundos
}
sent-again = Lo enviamos otra vez. Use el código más reciente.
other-address = Usar otra dirección

## Birth date
# review: machine

birth-title = ¿Cuál es su fecha de nacimiento?
birth-title-notice = Tiene un mensaje
birth-intro-notice = Para mantenerlo privado, escriba primero su fecha de nacimiento. Después abrimos el mensaje.
birth-legend = Su fecha de nacimiento
birth-hint = Por ejemplo: { $example }
birth-hint-child = ¿Se trata de su hijo o hija? Entonces escriba la fecha de nacimiento de su hijo o hija.
birth-day = Día
birth-month = Mes
birth-year = Año
birth-month-choose = Elija
birth-missing = Escriba la fecha de nacimiento completa
birth-day-missing = Escriba el día
birth-month-missing = Elija el mes
birth-year-missing = Escriba el año
birth-year-short = Escriba el año con 4 dígitos, como 1958
birth-impossible = Este día no existe en el calendario. Revise el día y el mes
birth-future = La fecha de nacimiento debe estar en el pasado
birth-too-old = Revise el año
open-message = Abrir mi mensaje
open-messages = Abrir mis mensajes
first-name-title = Una pregunta más
first-name-intro = Más de una persona coincide. Escriba el nombre del paciente.
first-name-label = Nombre del paciente
first-name-missing = Escriba el nombre

## Sign in: it did not work
# review: machine

refused-notice = No pudimos abrir el mensaje. Revise la fecha de nacimiento. Si está bien, quizás el enlace es demasiado antiguo.
refused-person = No pudimos abrir su sesión. Revise la fecha de nacimiento. Si está bien, quizás el código es demasiado antiguo: empiece de nuevo.
refused-limit = Por su seguridad, solo se permiten unos pocos intentos al día.
resend-link = Enviarme un enlace nuevo
resend-done = Si el enlace era nuestro, enviamos un mensaje nuevo adonde fue el primero.
start-again = Empezar de nuevo
sign-in-other-way = Entrar con un código

## Asked-for link
# review: machine

link-title = Entre para leer sus mensajes
link-intro = Presione el botón para seguir.
link-press = Entrar
link-refused-title = Este enlace no funciona aquí
link-refused-why = Un enlace sirve 10 minutos, y solo en el navegador que lo pidió.
link-refused-code = ¿Lo pidió en otro teléfono o computadora? Escriba allí el código del mismo correo.
link-lost-title = Este enlace no está completo
link-lost-why = Falta una parte de su dirección. También pasa cuando se abre la página por segunda vez.
link-lost-do = Abra otra vez su correo o mensaje de texto y toque allí el enlace.

## Conversations
# review: machine

conversations-title = Sus mensajes
conversations-empty-title = Todavía no hay mensajes
conversations-empty = Cuando el consultorio le escriba, lo encontrará aquí.
write-new = Escribir al consultorio
conversation-new = { $count ->
    [one] 1 nuevo
   *[other] { $count } nuevos
}
conversation-closed = Terminada
conversation-for = Para { $patient }
for-whom = { $reader }, en nombre de { $patient }
show-more = Mostrar más

## Topics
# review: machine

topic-medical_question = Pregunta médica
topic-prescription = Receta
topic-form = Formulario
topic-appointment = Cita
topic-billing = Factura o seguro
topic-other = Otra cosa

## Thread
# review: machine

thread-load-older = Mostrar mensajes anteriores
thread-today = Hoy
thread-yesterday = Ayer
thread-new = Nuevo
thread-messages = Mensajes
thread-you = Usted
thread-patient = El paciente
thread-practice = El consultorio
message-label = { $sender }, { $time }
thread-recalled = El consultorio retiró este mensaje. Usted no tiene que hacer nada.
thread-recalled-on = El { $date }, el consultorio retiró este mensaje. Usted no tiene que hacer nada.
thread-recalled-call = ¿Tiene preguntas? Llámenos.
thread-recalled-staff = Retirado. El paciente ya no puede leerlo.
thread-recalled-staff-on = Retirado el { $date }: el paciente ya no puede leerlo.
thread-read-by-patient = Leído por el paciente
thread-kind-unknown = Este tipo de mensaje todavía no se puede mostrar aquí. Llámenos si lo necesita.
thread-unreadable = Este mensaje no se puede mostrar en este momento.
thread-correction = Corrección
thread-closed-note = El consultorio terminó esta conversación. Si usted escribe, se abre de nuevo.
thread-stale = No podemos conectar con el servidor. Puede que falten mensajes nuevos.
thread-arrived = { $count ->
    [one] Mensaje nuevo de { $name }
   *[other] { $count } mensajes nuevos
}
thread-gone-title = Esta conversación no está aquí
thread-gone = Quizás terminó, o pertenece a otra persona.

## Compose
# review: machine

compose-label = Su respuesta
compose-hint = { $practice } lee esto en su horario de atención.
compose-send = Enviar
compose-sent = Su mensaje se envió
compose-missing = Escriba algo primero
compose-left = { $count ->
    [one] Queda 1 carácter
   *[other] Quedan { $count } caracteres
}
compose-over = { $count ->
    [one] Sobra 1 carácter
   *[other] Sobran { $count } caracteres
}
compose-not-sent = No se envió. Su texto sigue aquí. Revise su conexión e inténtelo de nuevo.
compose-not-sent-busy = No se envió. Su texto sigue aquí. Espere un poco e inténtelo de nuevo.
compose-not-sent-failed = No se envió. Su texto sigue aquí. Inténtelo de nuevo o llámenos.

## New conversation
# review: machine

new-title = Escribir al consultorio
new-before = Antes de escribir
new-hours = El consultorio lee los mensajes en su horario de atención: { $hours }.
new-hours-unknown = El consultorio lee los mensajes en su horario de atención.
new-wait = La respuesta puede tardar uno o dos días hábiles. Si no puede esperar, llame.
new-topic = ¿De qué se trata?
new-topic-missing = Elija de qué se trata
new-for = ¿De quién se trata?
new-for-missing = Elija de quién se trata
new-text = Su mensaje

## Session
# review: machine

ending-title = ¿Sigue ahí?
ending-text = Pronto cerraremos la sesión para mantener privados sus mensajes.
ending-stay = Seguir aquí
ended-title = Su sesión se cerró
ended-text = No pasó nada aquí durante un rato. La cerramos para mantener privados sus mensajes.
ended-draft = El texto que no envió se guarda en esta ventana hasta que la cierre.
ended-again = Entrar de nuevo
left-title = Sesión cerrada
left-text = Ya puede cerrar esta ventana. Sus mensajes siguen seguros con el consultorio.

## Browsers
# review: machine

browser-both = { $program } en { $system }
browser-program = { $program }
browser-system = Un navegador en { $system }
browser-unknown = Un navegador desconocido

## Too many tries
# review: machine

too-many-minutes = { $count ->
    [one] Fueron demasiados intentos. Puede intentarlo otra vez en 1 minuto, o llamarnos.
   *[other] Fueron demasiados intentos. Puede intentarlo otra vez en { $count } minutos, o llamarnos.
}
too-many-hours = { $count ->
    [one] Fueron demasiados intentos. Puede intentarlo otra vez en 1 hora, o llamarnos.
   *[other] Fueron demasiados intentos. Puede intentarlo otra vez en { $count } horas, o llamarnos.
}
used-up-title = Este código está bloqueado
used-up-text = Hubo demasiados códigos equivocados. Por su seguridad, ahora solo funciona un código nuevo.
used-up-again = Enviarme un código nuevo
code-old = Este código no funcionó. Los códigos sirven 10 minutos. Pida uno nuevo abajo.

## Nothing came
# review: machine

nothing-came-minute = ¿Nada después de un minuto?
nothing-came-typed = ¿Está bien escrito?
nothing-came-phone = Pruebe con su número de celular.
nothing-came-email = Pruebe con su correo electrónico.
nothing-came-call = ¿Sigue sin llegar? Llámenos:

## Notice
# review: machine

notice-open-text = Presione el botón para leerlo.
ways-title = ¿El enlace tiene más de un día?
ways-refused = Lo que puede hacer
ways-call = O llámenos:
resend-where = Va al teléfono o correo que recibió el primero.
resend-done-title = Revise su teléfono o su correo
resend-done-next = Puede tardar dos minutos. Ya puede cerrar esta página.

## Sign in: on another device
# review: machine

elsewhere-title = Usted lo pidió en otro dispositivo
elsewhere-why = Este enlace solo funciona en el navegador que lo pidió.
elsewhere-go = Vuelva al teléfono o a la computadora donde empezó.
elsewhere-code = Escriba allí el código de 8 dígitos. Está en el mismo correo.
elsewhere-here = ¿Prefiere leer sus mensajes aquí?
elsewhere-begin = Empezar de nuevo aquí

## Sign in: one more proof
# review: machine

my-step-up-title = ¿Es realmente usted?
step-up-why = Para esto no bastan el enlace y la fecha de nacimiento. Le enviamos un código.
step-up-sending = Enviando el código…
step-up-sent = Para mantener privados sus mensajes, enviamos un código de 8 dígitos a
step-up-code = Enviarme un código
step-up-nowhere = No tenemos ningún correo ni teléfono adonde enviarle un código.
step-up-in-vain = Para esto no basta un código. Si su correo o teléfono es nuevo, el consultorio tiene que confirmarlo primero.
please-call = Por favor llámenos:

## Sign in: this device
# review: machine

remember-title = ¿Más rápido la próxima vez?
remember-text = { $kind ->
    [phone] Este teléfono puede omitir la fecha de nacimiento. Así un toque abre el mensaje.
   *[computer] Esta computadora puede omitir la fecha de nacimiento. Así un clic abre el mensaje.
}
remember-do = { $kind ->
    [phone] Omitir la fecha de nacimiento en este teléfono
   *[computer] Omitir la fecha de nacimiento en esta computadora
}
remember-shared = { $kind ->
    [phone] Otras personas usan este teléfono
   *[computer] Otras personas usan esta computadora
}
remember-later = No, gracias
remember-done = { $kind ->
    [phone] Listo. Desde ahora, un toque abre sus mensajes en este teléfono.
   *[computer] Listo. Desde ahora, un clic abre sus mensajes en esta computadora.
}
remember-shared-done = Gracias por decirlo. Aquí siempre pediremos la fecha de nacimiento.
remember-not-shared = { $kind ->
    [phone] Solo si nadie más usa este teléfono.
   *[computer] Solo si nadie más usa esta computadora.
}

## Passkeys
# review: machine

passkey-sign-in = Entrar con una llave de acceso
passkey-or = ¿Tiene una llave de acceso? Entonces no necesita código ni fecha de nacimiento.
sign-in-or = O le enviamos un código.
passkey-use = Usar mi llave de acceso
my-passkey-cancelled = No se usó la llave de acceso. Inténtelo de nuevo, o use la otra opción.
my-passkey-failed = La llave de acceso no funcionó aquí. Use la otra opción.
my-passkey-refused = No pudimos abrir su sesión con esta llave de acceso. Quizás se quitó.
my-passkey-known = Este dispositivo ya tiene una llave de acceso para sus mensajes.
my-passkeys-title = Llaves de acceso
my-passkeys-text = Con una llave de acceso entra con la cara, la huella o el bloqueo de pantalla.
passkey-add = Añadir una llave de acceso
passkey-added = La llave de acceso se añadió
passkey-remove = Quitar
passkey-removed = La llave de acceso se quitó

## My devices
# review: machine

devices-title = Mis teléfonos y computadoras
access-title = Quién abrió mis mensajes
my-sessions-title = Sesiones abiertas ahora
session-end = Cerrar esa sesión
signed-out-there = La sesión se cerró allí
this-one = Este
my-last-used = Último uso: { $when }
added = Añadida: { $when }
remembered-title = Abren sin la fecha de nacimiento
remembered-none = Todos los teléfonos y computadoras piden la fecha de nacimiento.
device-forget = Volver a pedir la fecha de nacimiento
device-forget-this = Volver a pedir la fecha de nacimiento y salir
device-forgotten = Se vuelve a pedir la fecha de nacimiento
everywhere-title = ¿Algo no está bien?
everywhere-text = ¿Perdió un teléfono, o alguien más leyó sus mensajes? Esto cierra todas las sesiones.
everywhere-passkeys = Quitar también todas las llaves de acceso
everywhere-do = Cerrar todas las sesiones

## It was not me, from an e-mail
# review: machine

revoke-title = ¿Fue usted?
revoke-text = Si no fue usted, presione el botón. Cierra la sesión en ese teléfono o computadora, y quita las llaves de acceso y los dispositivos que se añadieron desde entonces.
revoke-do = No fui yo: cerrar esa sesión
revoke-not = ¿Fue usted? Entonces puede cerrar esta página.
revoked-title = Esa sesión está cerrada
revoked-text = Si el enlace era nuestro, se cerró la sesión de quien entró allí, y se vuelve a pedir la fecha de nacimiento. El enlace sirve una vez.
revoked-call = Por favor llámenos, para que lo veamos juntos:

## Connect a phone at the desk
# review: machine

my-connect-title = { $kind ->
    [phone] Conectar este teléfono
   *[computer] Conectar esta computadora
}
my-connect-text = { $kind ->
    [phone] { $practice } verificó quién es usted. Toque el botón, y este teléfono abrirá sus mensajes sin la fecha de nacimiento.
   *[computer] { $practice } verificó quién es usted. Presione el botón, y esta computadora abrirá sus mensajes sin la fecha de nacimiento.
}
connect-do = { $kind ->
    [phone] Conectar este teléfono con { $practice }
   *[computer] Conectar esta computadora con { $practice }
}
connect-own = { $kind ->
    [phone] Solo si este teléfono es solo suyo.
   *[computer] Solo si esta computadora es solo suya.
}
connect-refused-title = Este código QR ya no funciona
connect-refused-text = Sirve una vez, durante 10 minutos. Pida uno nuevo en la recepción.
connect-lost-do = Escanee otra vez el código de la pantalla de la recepción.
connected-title = { $kind ->
    [phone] Este teléfono está conectado
   *[computer] Esta computadora está conectada
}
connected-text = Cuando le escribamos, recibirá un mensaje corto como este:
connected-next = Tóquelo y presione el botón. Eso es todo.
connected-go = Ir a mis mensajes
picture-caption = Por ejemplo
picture-text = { $practice }: tiene un mensaje

## No cookies
# review: machine

cookies-title = Este navegador no puede mantener su sesión abierta
cookies-text = No guarda cookies. Pasa dentro de otras aplicaciones, o cuando las cookies están desactivadas.
cookies-link = La dirección de esta página
cookies-copy = Copiar la dirección
cookies-copied = Copiada
cookies-open = Después abra Safari o Chrome y péguela allí.
cookies-elsewhere = Pida que le enviemos un enlace nuevo, y ábralo en Safari o Chrome.
cookies-fresh = Reciba un enlace nuevo

## Draft
# review: machine

ended-draft-saved = El texto que no envió está guardado. Lo encontrará cuando entre de nuevo.

## Thread: who wrote
# review: machine

thread-you-for = Usted, en nombre de { $patient }

## Words that may mean an emergency
# review: machine

urgent-title = Puede ser una emergencia
urgent-text = No espere una respuesta aquí: nadie vigila estos mensajes día y noche. Si alguien está en peligro, llame ahora. Su mensaje sigue su camino mientras tanto.
urgent-call = Llamar al { $number }
urgent-practice = ¿No es tan urgente? Llame al consultorio:
urgent-close = Volver a mis mensajes
