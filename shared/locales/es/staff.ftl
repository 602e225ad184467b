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
staff-second-factor = Esta cuenta necesita un segundo factor, que esta página todavía no puede pedir.

## Inbox
# review: machine

inbox-views = Vistas
inbox-open = Abiertas
inbox-unread = Sin leer
inbox-mine = Mías
inbox-unassigned = Sin asignar
inbox-closed = Cerradas
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
thread-write-to = Mensaje para { $name }
thread-write-hint = El paciente lee en { $language }.
thread-write-closed = Al enviar, esta conversación se abre de nuevo.

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
