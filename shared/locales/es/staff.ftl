### Textos de la consola del personal, además de los de portal.ftl.

## Frame
# review: machine

staff-site = Consola del personal
staff-nav = Principal
staff-inbox = Bandeja
staff-patients = Pacientes
staff-sign-out = Salir
staff-sign-out-failed = No se pudo salir. Su sesión sigue abierta.

## Sign-in
# review: machine

staff-sign-in-title = Entrar en la consola del personal
staff-sign-in-intro = Enviamos un código y un enlace a su correo del trabajo.
staff-address-label = Su correo electrónico del trabajo
staff-address-hint = El que su administrador invitó.
staff-ended = Su sesión se cerró. El texto que no envió se guarda en esta ventana.
staff-link-title = Entrar en la consola del personal

## Inbox
# review: machine

inbox-views = Vistas
inbox-open = Abiertas
inbox-unread = Sin leer
inbox-mine = Mías
inbox-unassigned = Sin asignar
inbox-closed = Cerradas
inbox-person = A cargo de
inbox-person-any = Elija a un colega
inbox-attention = Vea las notas
inbox-list = Conversaciones
inbox-empty = No hay nada aquí.
inbox-forbidden = Su función no incluye leer conversaciones.
inbox-pick = Elija una conversación
inbox-pick-hint = O busque a un paciente y escríbale.
inbox-unread-mark = Sin leer
inbox-assigned-me = Mía
inbox-assigned-other = Asignada
inbox-stale = Sin conexión. La lista puede estar atrasada.
inbox-arrived = Mensaje nuevo en la bandeja
inbox-back = Volver a la bandeja

## Thread
# review: machine

thread-born = Nació el { $date } ({ $age ->
    [one] 1 año
   *[other] { $age } años
})
thread-language = Lee en { $language }
thread-patient-page = Página del paciente
thread-assign-me = Asignármela
thread-release = Soltar
thread-assigned-to = Asignada a { $name }
thread-assigned-you = Asignada a usted
thread-assigned-colleague = Asignada a un colega
thread-unassigned = Sin asignar
thread-close = Cerrar
thread-reopen = Abrir de nuevo
thread-closed-now = Cerrada
thread-changed-failed = Eso no funcionó. Inténtelo de nuevo.
thread-changed-closed = Conversación cerrada
thread-changed-open = Conversación abierta de nuevo
thread-changed-mine = Asignada a usted
thread-changed-released = Soltada
thread-assign-other = Asignar a…
thread-changed-meanwhile = Otra persona cambió esta conversación mientras tanto. Ahora la ve como está.
notes-title = Notas
notes-staff-only = Solo el personal ve esto
notes-attention = Mire aquí
notes-none = Todavía no hay notas.
notes-reach = Cómo se llega a este paciente
notes-done = Resuelto
notes-settled = Marcado como resuelto
note-new = Nota nueva, solo para el personal
note-save = Guardar la nota
note-saved = Nota guardada
note-empty = Escriba primero la nota
note-by-product = Patient Chat
note-unreadable = Esta nota no se puede abrir.
note-dates_locked_today = Demasiadas fechas de nacimiento equivocadas en un aviso. Hasta mañana, ninguna fecha abre los mensajes de este paciente. Llame al paciente.
note-dates_locked = Demasiadas fechas de nacimiento equivocadas. Ninguna fecha abre los mensajes de este paciente hasta que usted permita nuevos intentos en la página del paciente. Averigüe antes quién lo intentó.
note-contact_in_doubt = Llegaron una y otra vez fechas equivocadas después de avisos a un contacto. Ya no se envían avisos allí. Pregunte al paciente y luego confirme o cambie el contacto.
note-notice_undelivered = Un aviso no llegó a nadie: el paciente no sabe de su mensaje. Llame al paciente y revise los contactos.
note-access_ends = En menos de 30 días, un padre, una madre o un tutor ya no podrá leer por este paciente, que entonces tendrá edad para un acceso propio. Hable con ellos: ¿necesita acceso el paciente, o la familia como cuidadora?
note-notice_unread = Un mensaje sigue sin leer después de un aviso y dos recordatorios. Llame al paciente.
note-notice_came_back = Un aviso fue devuelto, o quien lo lee lo marcó como no deseado. Si el paciente tiene otro contacto y lo permite, el aviso fue allí. La página del paciente dice qué contacto no funciona: llame por eso.
note-may_be_urgent = El mensaje del paciente contiene palabras que pueden significar una emergencia. Léalo ahora y llame. Al paciente se le pidió llamar al número de emergencias.
thread-write-to = Mensaje para { $name }
thread-write-hint = El paciente lee en { $language }.
thread-write-closed = Al enviar, esta conversación se abre de nuevo.

## Recall
# review: machine

recall-act = Retirar
recall-label = Retirar el mensaje de las { $time }
recall-title = ¿Retirar este mensaje?
recall-checking = Comprobando si se abrió…
recall-unopened = El paciente no lo ha abierto.
recall-opened = El lado del paciente lo ha abierto. Lo leído, leído está; desaparece de todas las pantallas.
recall-what = El paciente ve que se retiró un mensaje y que no tiene que hacer nada. Una copia sellada queda para el auditor. Esto no se puede deshacer.
recall-reason = ¿Por qué?
recall-reason-missing = Elija un motivo
recall-wrong-patient = Era para otro paciente
recall-error = Lo que dice es incorrecto
recall-other = Otra cosa
recall-note = Nota para el auditor (opcional)
recall-note-hint = Se sella con la copia. Hasta 1.000 caracteres.
recall-do = Retirar el mensaje
recall-needs-admin = Este mensaje lo tiene que retirar un administrador: se abrió, es de un colega o tiene más de un día. Pídaselo ahora.
recall-failed = No se retiró. Inténtelo de nuevo.
recall-done-title = El mensaje se retiró
recall-done-unopened = Nadie lo había abierto.
recall-done-opened = El { $date } lo abrió { $name }.
recall-done-opened-somebody = El { $date } lo abrió la cuenta del paciente.
recall-evidence = Número de prueba: { $id }
recall-correct = Escribir una corrección
recall-finish = Listo
recall-correcting = Esto corrige su mensaje de las { $time }.
recall-correcting-stop = Escribir mejor un mensaje nuevo
undo-sent = Mensaje enviado.
undo-act = Deshacer
undo-left = { $seconds ->
    [one] Queda 1 segundo
   *[other] Quedan { $seconds } segundos
}
undo-done = Deshecho. No se avisó al paciente, y su texto está de vuelta.
undo-late = Es tarde para deshacer: pasaron diez segundos o el paciente lo abrió.
undo-failed = No se deshizo. Inténtelo de nuevo o retire el mensaje.

## Patients
# review: machine

patients-title = Pacientes
patients-search = Buscar a un paciente
patients-search-hint = Primeras letras de un nombre, una fecha de nacimiento como 1985-03-14, o el final de un número de teléfono
patients-search-button = Buscar
patients-add = Añadir un paciente
patients-found = { $count ->
    [0] Ningún paciente
    [one] 1 paciente
   *[other] { $count } pacientes
}
patients-none-hint = Revise cómo está escrito, o añada al paciente.
patients-start = Escriba para buscar.
patients-short = Escriba al menos 2 letras.
patient-title = Paciente
patient-born = Fecha de nacimiento
patient-language = Idioma
patient-email = Correo electrónico
patient-phone = Teléfono
patient-external = Id externo
patient-none = Ninguno
patient-shared = Otra persona también lee uno de estos contactos: un buzón familiar o un teléfono compartido.
patient-conversations = Conversaciones
patient-conversations-none = Todavía no hay conversaciones.
patient-write = Conversación nueva

## Add a patient
# review: machine

add-title = Añadir un paciente
add-name = Nombre completo
add-name-missing = Escriba el nombre
add-birth = Fecha de nacimiento
add-language = Idioma en que lee el paciente
add-language-hint = Los avisos y las páginas llegan en este idioma si lo tenemos; si no, en inglés.
add-email = Correo electrónico
add-email-invalid = Escriba un correo como nombre@example.com
add-phone = Número de celular
add-phone-invalid = Escriba un número de teléfono con código de área, como (555) 555-0123
add-contact-missing = Escriba un correo o un número de teléfono: el aviso tiene que llegar a algún lugar
add-external = Id en el programa de su consultorio (opcional)
add-save = Añadir al paciente
add-saving = Añadiendo…
add-same-date = { $count ->
    [one] Ya hay un paciente con esta fecha de nacimiento. ¿Es la misma persona?
   *[other] Ya hay { $count } pacientes con esta fecha de nacimiento. ¿Es uno de ellos?
}
add-anyway = Es otra persona: añadir
add-refused = El servidor no aceptó este campo. Revíselo.

## New conversation
# review: machine

write-title = Conversación nueva
write-to = Para
write-topic = Tema
write-text = Mensaje para { $name }
write-shortcut = Ctrl + Enter envía.
write-check = Compruebe que es la persona correcta antes de enviar.

## Frame: acts
# review: machine

staff-people = Personal
save = Guardar
saving = Guardando…
close = Cerrar
remove = Quitar
print = Imprimir
last-used = Último uso: { $when }
never-used = Sin usar

## Sign-in: passkey
# review: machine

staff-passkey = Entrar con una llave de acceso
staff-passkey-hint = Su huella, su cara, el PIN de esta computadora, un teléfono o una llave de seguridad.
staff-by-mail = O por correo electrónico
staff-other-way = Entrar de otra manera
passkey-waiting = Esperando la llave de acceso…
passkey-cancelled = No llegó ninguna llave de acceso. La ventana se cerró o aquí no hay una llave para este consultorio. Inténtelo de nuevo o elija otra manera.
passkey-known = Este dispositivo ya tiene una llave de acceso para usted.
passkey-missing = Este navegador no puede usar llaves de acceso. Abra la consola en un navegador actual.
passkey-failed = El navegador no pudo usar una llave de acceso. Inténtelo de nuevo.
passkey-refused = Esta llave de acceso no funcionó. Quizás se quitó o pasó demasiado tiempo. Inténtelo de nuevo.

## Sign-in: second proof
# review: machine

second-title = Una prueba más
second-text = El enlace muestra que usted lee este buzón. Ahora muestre que es usted.
second-text-passkey = El enlace muestra que usted lee este buzón. Ahora use su llave de acceso para mostrar que es usted.
second-lost = ¿No puede hacerlo?
second-lost-text = Un administrador del consultorio puede restablecer su acceso. Después, el enlace de su correo de trabajo le permite crear una llave nueva.
totp-label = Código de 6 dígitos
totp-hint = De su aplicación de autenticación.
totp-invalid = Escriba los 6 dígitos que su aplicación muestra ahora
totp-refused = Este código no funcionó. Espere el siguiente en su aplicación y escriba ese.
proof-code-send = Enviarme un código por correo
proof-code-label = Código del correo
proof-code-sent = Lo enviamos a { $address }.
proof-code-invalid = El código tiene { $count } dígitos. Revise el correo otra vez
proof-code-refused = Este código no funcionó. Puede estar mal escrito o tener más de 10 minutos.
proof-code-not-here = Este consultorio no acepta aquí un código por correo. Use su llave de acceso o su aplicación de autenticación.
proof-none = Usted no tiene una llave de acceso que este navegador pueda usar. Pida a un administrador que restablezca su acceso.
invitation-over-title = Su invitación terminó
invitation-over-text = Ya pasó el plazo para configurar su acceso. Pida una nueva invitación a su administrador. Llegará por correo.
recovery-open = ¿Perdió su teléfono? Use un código de recuperación
recovery-label = Código de recuperación
recovery-hint = Uno de los diez que recibió, como abcd-efgh-jkmn-pqrs. Cada uno funciona una vez.
recovery-invalid = Un código de recuperación tiene dieciséis letras y números
recovery-refused = Este código de recuperación no funcionó. Quizás ya se usó. Pruebe con otro.

## Sign-in: the first passkey
# review: machine

enrol-title = Cree su llave de acceso
enrol-what = Una llave de acceso reemplaza la contraseña. Usted entra como desbloquea esta computadora o teléfono: con la huella, la cara o el PIN.
enrol-why-stolen = Nadie puede adivinarla, leerla en su correo ni convencerlo de decirla.
enrol-why-private = Su huella y su cara nunca salen del dispositivo.
enrol-why-fast = Desde ahora, con un solo toque entra y desbloquea la pantalla.
enrol-create = Crear una llave de acceso
enrol-none = ¿Esta computadora no tiene lector de huellas, cámara ni PIN?
enrol-none-here = Parece que esta computadora no tiene llaves de acceso propias. Use una de estas opciones:
enrol-phone = Su teléfono: pulse «Crear una llave de acceso», elija un teléfono o tableta en la ventana y escanee el código con la cámara.
enrol-key = Una llave de seguridad: conéctela, pulse «Crear una llave de acceso» y toque la llave.
enrol-pin = Windows y Mac: ponga un PIN o una contraseña a su cuenta en la configuración e inténtelo de nuevo.
enrol-app = Usar una aplicación de autenticación
enrol-app-not-here = Su función o este consultorio solo entra con llave de acceso.
enrol-over = Pasó demasiado tiempo. Empiece de nuevo con otro enlace.

## My sign-in
# review: machine

my-title = Mi acceso
my-single = Usted tiene una sola llave de acceso. Agregue otra en su teléfono o en una llave de seguridad, para no quedar fuera si la computadora se daña.
my-lock = Al dejar su puesto
my-lock-text = Pulse «Bloquear» arriba en la página, o Ctrl + Mayús + L. Después de 15 minutos sin actividad la página se bloquea sola. Lo que escribió se conserva.
passkeys-title = Llaves de acceso
passkeys-text = Llevan el nombre del navegador que las creó.
passkeys-none = Usted aún no tiene una llave de acceso.
passkeys-made = Creada: { $when }
passkeys-add = Agregar una llave de acceso
passkeys-added = Llave de acceso agregada
passkeys-remove = Quitar la llave de acceso: { $name }
passkeys-remove-text = Ya no abrirá nada. Quítela también de la lista del propio dispositivo.
passkeys-removed = Llave de acceso quitada
passkeys-last = Es la última. Primero agregue otra llave de acceso.
totp-title = Aplicación de autenticación
totp-passkey-only = Los administradores y auditores solo entran con llave de acceso.
totp-not-here = Este consultorio solo entra con llave de acceso.
totp-off = Una aplicación en su teléfono muestra códigos: una segunda manera de entrar, para computadoras sin llaves de acceso.
totp-on = La aplicación está configurada. { $count ->
    [one] Queda 1 código de recuperación.
   *[other] Quedan { $count } códigos de recuperación.
}
totp-set-up = Configurar una aplicación
totp-again = Configurarla de nuevo
totp-remove = Quitar la aplicación
totp-remove-title = ¿Quitar la aplicación de autenticación?
totp-remove-text = Sus códigos y los códigos de recuperación dejan de funcionar.
totp-removed = Aplicación de autenticación quitada
totp-setup-title = Configure la aplicación
totp-setup-app = Abra una aplicación de autenticación en su teléfono.
totp-setup-scan = Escanee esta imagen con ella o escriba el secreto.
totp-setup-type = Escriba el código que muestra la aplicación.
totp-qr = Código QR para su aplicación de autenticación
totp-secret = El secreto, para escribirlo a mano
totp-turn-on = Activarla
recovery-title = Sus códigos de recuperación
recovery-text = Si pierde su teléfono, cada uno le permite entrar una vez. Solo se muestran ahora: imprímalos o guárdelos en un lugar seguro.
recovery-copy = Copiar
recovery-copied = Copiados
recovery-copy-failed = El navegador no los copió. Imprímalos o anótelos.
recovery-done = Ya los guardé
sessions-title = Dónde tiene la sesión abierta
sessions-here = Este navegador
sessions-since = Desde { $when }
sessions-end = Cerrar
sessions-end-one = Cerrar la sesión de { $name }
sessions-ended = Sesión cerrada allí
sessions-end-all = Cerrar todas las sesiones
sessions-all-title = ¿Cerrar todas las sesiones?
sessions-all-text = Se cierra la sesión en todos los navegadores, también en este.

## Lock
# review: machine

lock-now = Bloquear
lock-hint = Bloquear esta página (Ctrl + Mayús + L)
lock-title = Bloqueado
lock-text = La página se conserva como estaba.
lock-text-name = { $name } tiene la sesión abierta. La página y lo escrito se conservan.
lock-passkey = Desbloquear con una llave de acceso
lock-other = ¿Es otra persona?
lock-switch = Cambiar de usuario
lock-leave = Cerrar sesión

## Acts that need a fresh proof
# review: machine

step-up-title = ¿Es usted?
step-up-text = Esta acción necesita una prueba reciente. Después se hace, y la página queda como está.
step-up-passkey = Usar su llave de acceso

## Staff
# review: machine

people-inactive = No puede entrar
# $moment is a date and a time of day.
people-invited-until = Invitación enviada. Puede configurar su acceso hasta el { $moment }.
people-invitation-over = La invitación terminó. No se configuró el acceso.
people-invite-again = Invitar de nuevo
people-invite-again-one = Invitar de nuevo a { $name }
people-invited-again = Listo. { $name } recibirá una nueva invitación por correo.
people-reset = Restablecer acceso
people-reset-one = Restablecer acceso de { $name }
people-reset-text = Las llaves de acceso, la aplicación y los códigos de recuperación dejan de funcionar, y se cierra la sesión en todos los navegadores. Después, el enlace del correo de trabajo lleva a una llave nueva.
people-reset-told = Todos los administradores reciben un aviso por correo. Asegúrese de que la persona se lo pidió.
people-reset-done = Listo. { $name } ahora puede crear una llave nueva con el enlace del correo de trabajo.
role-admin = Administrador
role-clinician = Personal clínico
role-front_desk = Recepción
role-auditor = Auditor

## Reach
# review: machine

reach-title = Contacto con el paciente
reach-locked = Ahora la fecha de nacimiento no abre nada para este paciente.
reach-locked-text = Hubo demasiadas fechas equivocadas. Verifique la fecha con el paciente y permita nuevos intentos.
reach-contacts = Contactos
reach-contacts-none = Sin correo electrónico ni teléfono.
reach-account = { $name } ({ $relation })
reach-shared = se usa para { $count } pacientes
reach-crowded = Más de 4 pacientes comparten este contacto.
reach-crowded-text = Un código enviado allí y una fecha de nacimiento no abren nada. Los enlaces de los avisos sí se abren con la fecha de nacimiento. Mejor: dé a cada paciente un contacto propio o conecte su teléfono en recepción. Los teléfonos recordados siguen funcionando.
reach-restricted = Solo abre mensajes enviados después del { $when }, hasta que se confirme.
reach-confirm = Confirmar
reach-confirm-one = Confirmar { $address }
reach-confirmed = Confirmado: { $address } ahora abre todos los mensajes.
reach-resend = Enviar un aviso
reach-resend-one = Enviar un aviso a { $address }
reach-resent = Un aviso nuevo va en camino a { $address }.
reach-change = Cambiar contactos
reach-contact-gone = un contacto anterior
contact-verified = Funciona
contact-unverified = Sin comprobar
contact-failing = No funciona
reach-changes = Cambios de contactos
change-id_seen = Cambio: identificación vista
change-called_back = Cambio: llamada al número anterior
change-other = Cambio: de otra manera
doubt-wrong_dates = No se envían avisos allí: demasiadas fechas equivocadas. Confírmelo cuando el paciente diga que es suyo.
doubt-unused = No se envían avisos allí: nadie lo usó en medio año. Confírmelo cuando el paciente diga que es suyo.
failing-no_recipient = Los mensajes vuelven: no hay nadie allí.
failing-complained = Quien lo lee marcó un mensaje como no deseado.
failing-blocked = Un filtro en el camino detiene los mensajes.
failing-came_back = El último mensaje volvió: el buzón está lleno o el teléfono estaba apagado.
failing-refused = El proveedor no acepta mensajes para él.
next-use_other_contact = Mientras tanto los avisos van a otro contacto. Pida la dirección correcta en la próxima visita; confirme esta si vuelve a funcionar.
next-call = Hay otro contacto, pero no desea avisos allí. Llame y pregunte.
next-phone_only = Ningún mensaje llega a esta persona. Llame por cada mensaje y pida otro contacto.
reach-phones = Teléfonos y sesiones
reach-phones-none = Ningún teléfono está recordado.
reach-sessions = { $count ->
    [0] Ahora nadie tiene la sesión abierta.
    [one] Ahora hay 1 navegador con la sesión abierta.
   *[other] Ahora hay { $count } navegadores con la sesión abierta.
}
reach-sign-out = Cerrar todas las sesiones
reach-out-title = ¿Cerrar todas las sesiones de este paciente?
reach-out-text = Para un teléfono perdido o robado: se cierran todas las sesiones, no se recuerda ningún teléfono y se eliminan todas las llaves de acceso, para todos los que leen por este paciente.
reach-signed-out = Todas las sesiones están cerradas.
reach-only = Solo los dispositivos del paciente
reach-only-hint = Entonces la fecha de nacimiento no abre nada. Los mensajes se abren en teléfonos conectados o recordados.
reach-only-on = Ahora solo los dispositivos del paciente abren mensajes.
reach-only-off = La fecha de nacimiento abre mensajes otra vez.
reach-tries = Fechas de nacimiento que no abrieron nada
reach-tries-hint = Lo escrito no se guarda. Si la fecha del registro está mal, corríjala.
reach-clear = Permitir nuevos intentos
reach-clear-title = ¿Permitir nuevos intentos?
reach-clear-text = La cuenta de fechas equivocadas empieza de nuevo. Hágalo solo si sabe quién lo intentó.
reach-cleared-line = El consultorio empezó la cuenta de nuevo
reach-no-more = ya no cuenta
reach-counted =
    { $count ->
        [0] Ahora no cuenta ninguna.
        [one] Ahora cuenta 1.
       *[other] Ahora cuentan { $count }.
    }
reach-cleared = El paciente puede intentarlo de nuevo.
try-day_month_swapped = día y mes al revés
try-one_digit_off = un dígito distinto
try-different = otra fecha
try-other_browser = la fecha correcta, en otro navegador que el primero
try-shared_contact = la fecha correcta, pero más de 4 pacientes comparten el contacto
try-way-notice = por el enlace de un aviso
try-way-code = por un código
reach-notices = Avisos
reach-notices-none = Aún no se envió ningún aviso.
notice-sent = Enviado
notice-delivered = Entregado
notice-failed = Falló
notice-bounced = Rebotó
notice-deferred = Espera a la mañana
notice-collapsed = No se envió: hay otro sin leer
notice-suppressed = No se envió: la dirección está bloqueada
notice-nobody = a ningún contacto
notice-unopened = Sin abrir
notice-opened = Abierto: { $when }
notice-resent = { $count ->
    [one] reenviado una vez
   *[other] reenviado { $count } veces
}
notice-tried = { $count ->
    [one] Intento: { $what }
   *[other] { $count } intentos: { $what }
}

## Connect a phone
# review: machine

connect-open = Conectar un teléfono
connect-title = Conectar un teléfono de { $name }
connect-text = El paciente está aquí con el teléfono. Desde entonces, los mensajes se abren en él sin la fecha de nacimiento.
connect-whose = ¿De quién es el teléfono?
connect-seen = He visto una identificación
connect-seen-missing = Primero vea una identificación: quien escanee el código lee los mensajes
connect-with-test = Enviar un mensaje de prueba
connect-show = Mostrar el código
connect-scan = El paciente escanea esto con la cámara del teléfono y abre la página.
connect-qr = Código QR que conecta el teléfono
connect-left = Funciona una vez, { $time } más
connect-over = El código ya no vale. Muestre otro.
connect-again = Mostrar otro código
connect-done = Conectado: { $device }
connect-test-message = Este es un mensaje de prueba de su consultorio. Si puede leerlo, su teléfono está conectado. Puede responder aquí cuando quiera.
connect-test-sending = Enviando el mensaje de prueba…
connect-test-sent = El mensaje de prueba está enviado. Vean juntos si se abre en el teléfono.
connect-test-failed = El teléfono está conectado, pero el mensaje de prueba no se envió.

## Contacts
# review: machine

contacts-title = Cambiar contactos
contacts-whose = ¿Los contactos de quién?
contacts-empty = Deje una línea vacía para quitar ese contacto.
contacts-add-email = Agregar un correo electrónico
contacts-add-phone = Agregar un teléfono
contacts-many = Como máximo { $count } contactos
contacts-reason = ¿Cómo sabe que el paciente lo quiere?
contacts-reason-id_seen = El paciente está aquí y vi una identificación
contacts-reason-called_back = Llamé al número anterior
contacts-reason-other = De otra manera
contacts-reason-missing = Elija cómo lo sabe
contacts-note = Nota (opcional)
contacts-note-why = ¿Cómo lo sabe?
contacts-note-missing = Escriba cómo lo sabe
contacts-follows = Qué pasa después
contacts-follows-id_seen = Un contacto nuevo abre todos los mensajes enseguida.
contacts-follows-restricted = Un contacto nuevo solo abre mensajes enviados desde ahora, hasta que el paciente entre con un contacto anterior o usted lo confirme aquí.
contacts-follows-told = Todos los contactos anteriores reciben un aviso del cambio.
share-title = Otra persona también usa este contacto
share-others =
    { $count ->
        [one] { $address }: también es el contacto de otra persona.
       *[other] { $address }: también es el contacto de otras { $count } personas.
    }
share-check = Compruebe que no está mal escrito: quien lee allí ve que llegó un mensaje. Si lo comparten, la fecha de nacimiento elige de quién son los mensajes que se abren.
share-many = Con este paciente, { $count } pacientes comparten { $address }. Son más de 4.
share-yes = Lo comparten: guardar
contacts-save = Cambiar contactos
contacts-saved = Contactos cambiados

## Correct a record
# review: machine

edit-open = Corregir este registro
edit-birth = Corregir la fecha de nacimiento
edit-title = Corregir el registro
edit-birth-hint = Abre los mensajes del paciente: verifíquela con una identificación.
edit-saved = Registro guardado

## Who may read
# review: machine

grants-title = Quién puede leer y responder
grants-none = Nadie todavía.
relation-self = paciente
relation-parent = madre o padre
relation-guardian = tutor
relation-carer = cuidador
grant-from-day = Desde el { $date }
grant-until-day = Hasta el { $date }
grant-until-adult = Termina al cumplir { $age } años, el { $date }
grant-ends-soon = Termina pronto
grant-ends-soon-hint = Después de ese día esta persona solo podrá leer si usted la agrega de nuevo, como cuidadora y con un motivo.
grant-end = Terminar
grant-end-one = Terminar el acceso de { $name }
grant-end-text = { $name } ya no puede leer ni responder por este paciente, y se cierran sus sesiones.
grant-ended = El acceso de { $name } terminó
grant-add = Agregar una persona
grant-add-text = Esta persona entra con su propio correo o teléfono y lee todos los mensajes de este paciente.
grant-name = Nombre de la persona
grant-address = Correo electrónico o teléfono móvil
grant-address-invalid = Escriba un correo electrónico o un teléfono con código de área
grant-reason = ¿Cómo sabe que es la persona correcta?
grant-reason-id_seen = La persona está aquí y vi su documento de identidad
grant-reason-called_back = Llamé al paciente a un número conocido
grant-known = Esta dirección ya es de alguien
grant-known-text = Compruebe que no la escribió mal. La persona que elija podrá leer de inmediato todos los mensajes de este paciente y recibirá un aviso. También lo recibirán quienes ya podían leerlos.
grant-crowded = Con este paciente, más de 4 pacientes comparten esta dirección.
grant-whose = ¿A quién se refiere?
grant-whose-missing = Elija a la persona o cambie la dirección
# $count is the number of patients whose messages this person reads.
grant-known-one =
    { $count ->
        [0] { $name }
        [one] { $name }, lee los mensajes de 1 paciente
       *[other] { $name }, lee los mensajes de { $count } pacientes
    }
grant-relation = Relación con el paciente
grant-from = Desde (opcional)
grant-until = Hasta (opcional)
grant-adult-hint = Lleva el día en que cumple { $age } años: desde entonces decide el paciente.
grant-added = { $name } ya puede leer y responder

## The card
# review: machine

card-open = Imprimir una tarjeta
card-title = Tarjeta para el paciente
card-text = En el idioma del paciente: { $language }.
card-where = Nuestros mensajes están en
card-notice = Cuando hay un mensaje para usted, recibe este texto o correo:
card-notice-text = { $sender }: tiene un mensaje
card-tap = Toque el enlace. Nunca necesita una contraseña.
card-never = Nadie del consultorio le pedirá nunca un código.
card-questions = ¿Preguntas? Llame al

## The audit log
# review: machine

audit-nav = Auditoría
audit-title = Auditoría
audit-intro = Quién hizo qué, a quién y cuándo. Leer esta página también queda registrado.
audit-requests = Solicitudes para abrir mensajes retirados
audit-requests-none = Nadie ha pedido nada.
audit-request-by = { $name } lo pidió
audit-log = El registro
audit-patient = Paciente
audit-patient-hint = El número del paciente, pat_…, como está en la dirección de su página
audit-actor = Quién
audit-actor-hint = Una persona del personal stf_…, una cuenta acc_…, o system
audit-from = Desde
audit-to = Hasta
audit-look = Mostrar
audit-wrong-patient = Ese no es el número de un paciente
audit-wrong-actor = Ese no es el número de nadie
audit-wrong-from = Ese primer día no es una fecha
audit-wrong-to = Ese último día no es una fecha
audit-found = { $count ->
    [one] 1 línea
   *[other] { $count } líneas
}
audit-nothing = No hay nada registrado que coincida. Sin fechas, se muestran los últimos siete días.
audit-system = El servicio
audit-account = Cuenta de paciente { $id }
audit-about = Sobre { $id }
audit-reason = Motivo: { $reason }
audit-recall = Retirar este mensaje
audit-evidence = Lo que se guardó
audit-check = Comprobar el registro
audit-check-text = El archivo contiene cada línea con su enlace. Con él, los puntos de control firmados y la clave pública, cualquiera puede comprobar sin este servicio que no se cambió nada.
audit-export = Descargar el registro
audit-exported = El registro se descargó.
audit-checkpoints = Mostrar los puntos de control firmados
audit-checkpoints-none = Todavía no se firmó ningún punto de control.
audit-checkpoint = Hasta la línea { $index }, firmado { $when }
audit-evidence-how = Para abrir un mensaje retirado, busque su línea “Retiró un mensaje” y siga “Lo que se guardó”, o abra el número de evidencia que recibió quien lo retiró.

## What a recall has kept
# review: machine

evidence-title = Un mensaje retirado
evidence-request = Solicitud
evidence-asked = { $name } lo pidió el { $when }:
evidence-waiting = Espera a un administrador.
evidence-alone = Nadie más puede decidir. Se abre el { $when }; se avisó a todo el personal.
evidence-open = Permitido. Se puede abrir hasta el { $until }.
evidence-declined = { $name } lo rechazó el { $when }.
evidence-over = El tiempo para abrirlo terminó.
evidence-decide-text = Si lo permite, solo quien lo pidió puede abrirlo, durante 24 horas. Cada apertura queda registrada.
evidence-approve = Permitir
evidence-decline = Rechazar
evidence-ask-title = Pedir abrirlo
evidence-ask-text = Lo tiene que permitir un administrador que no sea usted. Verá su motivo, que queda en el registro de auditoría.
evidence-reason = Su motivo
evidence-reason-hint = De 10 a 500 caracteres
evidence-reason-short = Escriba al menos 10 caracteres
evidence-ask = Pedir
evidence-show = Abrir el mensaje
evidence-opened = El mensaje está abierto.
evidence-changed = Cambió mientras tanto. Así está ahora.
evidence-none = No se guardó nada con este número.
evidence-text = El mensaje
evidence-sent = { $name } escribió a { $patient } el { $when }:
evidence-unreadable = El mensaje ya no se podía abrir cuando se retiró.
evidence-note = Nota de { $name }:

## Record of an incident, for paper
# review: machine

incident-title = Informe del incidente
incident-intro = Rellenado con el registro de auditoría, para los cuatro factores de 45 CFR 164.402. Lo tiene que valorar una persona. El texto del mensaje no aparece.
incident-print = Imprimir
incident-heading = { $practice }: informe de un mensaje retirado
incident-made = Hecho el { $when }. Puede faltar lo que pasó en el minuto anterior.
incident-partial = El registro de este tiempo es más largo que lo revisado: lea el resto en el registro de auditoría.
incident-number = Número de evidencia
incident-patient = Llegó al portal de
incident-sent = Enviado
incident-recalled = Retirado
incident-undo = Deshecho por quien lo envió en segundos
incident-place = Conversación, lugar, mensaje
incident-first = 1. Qué tipo de información contenía
incident-first-text = Nombres, tratamiento, diagnóstico, números de cuenta: qué tan probable es reconocer a alguien. Abra el mensaje para responder.
incident-first-line = Tipos de información, y de quién:
incident-second = 2. Quién lo recibió
incident-second-text = Se envió a una conversación de { $patient }.
incident-notices = Avisos de esta conversación que salieron antes del retiro, sin contenido:
incident-second-line = Quiénes son, y qué los obliga a guardar el secreto:
incident-third = 3. Si se vio
incident-unopened = Nadie del lado del paciente lo había abierto.
incident-opened = Lo abrió primero { $name } el { $when }, en la sesión { $session }.
incident-readings = Todas las personas que lo abrieron antes del retiro:
incident-exports = Copias para el expediente que lo contienen:
incident-openings = Aperturas de la copia sellada desde entonces:
incident-session = sesión { $id }
incident-none = Ninguna.
incident-fourth = 4. Qué se hizo
incident-fourth-text = Desde el { $when } nadie puede leerlo en el portal, y las páginas abiertas lo borraron. Las copias de seguridad de su clave desaparecen siete días después.
incident-fourth-line = Qué más se hizo; qué aseguró quien lo leyó:
incident-judgement = Valoración
incident-judgement-line = Baja probabilidad de que se haya comprometido, o violación que se debe notificar; por qué:
incident-signed = Nombre, fecha, firma:

## Recalling for a colleague
# review: machine

recall-page-title = Retirar un mensaje para un colega
recall-page-text = No necesita leer el mensaje para retirarlo, y esta página no lo muestra. Después se le dice si alguien lo había abierto.
recall-page-admins = Solo un administrador puede hacerlo.
recall-unknown = Después se muestra si alguien lo había abierto.
recall-keeping = ¿Qué pasa con el texto?
recall-keep = Guardarlo sellado para el auditor
recall-shred = Destruirlo: nadie podrá probar nunca qué decía
recall-not-shredded = No se puede destruir: fue abierto, es suyo o el consultorio lo guarda todo. Retírelo y guárdelo sellado.
recall-destroyed = El texto se destruyó. No se guardó nada.
recall-hand-over = Un administrador abre esta dirección:

## Copy for the chart
# review: machine

chart-copy = Copia para el expediente
chart-done = La copia se descargó. Queda en el registro de auditoría.
