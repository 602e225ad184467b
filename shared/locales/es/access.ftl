## What was done, in plain words, for patients and for the audit log
# review: machine

did-signed_in = Inició sesión
did-signed_out = Cerró la sesión
did-sign_in_failed = Un inicio de sesión falló
did-conversation_started = Inició una conversación
did-conversation_changed = Cerró, reabrió o asignó una conversación
did-conversations_listed = Vio la lista de conversaciones
did-conversation_exported = Copió una conversación para el expediente
did-message_sent = Escribió un mensaje
did-message_recalled = Retiró un mensaje
did-messages_read = Abrió mensajes
did-message_unreadable = Un mensaje no se pudo mostrar
did-patients_searched = Buscó pacientes
did-patient_read = Abrió la ficha del paciente
did-patient_created = Añadió al paciente
did-patient_changed = Cambió la ficha del paciente
did-grant_created = Dio acceso a alguien
did-grant_removed = Quitó el acceso a alguien
did-staff_invited = Invitó a alguien al personal
did-staff_changed = Cambió a una persona del personal
did-staff_listed = Vio la lista del personal
did-practice_created = Se creó el consultorio
did-practice_changed = Cambió los ajustes del consultorio
did-notice_sent = Se envió un aviso
did-notice_resent = Pidió un aviso de nuevo
did-device_link_made = Creó un enlace para conectar un teléfono
did-device_remembered = Se recordó un teléfono o una computadora
did-device_forgotten = Se quitó un teléfono o una computadora recordados
did-passkey_added = Añadió una llave de acceso
did-passkey_removed = Quitó una llave de acceso
did-totp_added = Configuró un generador de códigos
did-totp_removed = Quitó un generador de códigos
did-recovery_code_used = Usó un código de recuperación
did-factors_reset = Restableció un acceso del personal
did-stepped_up = Demostró de nuevo quién es
did-session_locked = Bloqueó la pantalla
did-session_unlocked = Desbloqueó la pantalla
did-session_revoked = Terminó una sesión
did-sessions_revoked = Terminó todas las sesiones
did-session_shown = Abrió las páginas
did-contacts_changed = Cambió adónde llegan los avisos
did-contact_confirmed = Confirmó un contacto cambiado
did-tries_cleared = Borró el contador de fechas equivocadas
did-reach_read = Vio cómo se llega al paciente
did-audit_read = Leyó el registro de auditoría
did-audit_exported = Exportó el registro de auditoría
did-checkpoints_read = Leyó los puntos de control firmados
did-access_log_read = Vio quién abrió la ficha
did-notes_read = Leyó notas internas
did-note_written = Se escribió una nota interna
did-evidence_listed = Vio las solicitudes para abrir mensajes retirados
did-evidence_asked = Pidió abrir un mensaje retirado
did-evidence_decided = Decidió sobre abrir un mensaje retirado
did-evidence_read = Abrió un mensaje retirado
did-incident_read = Hizo un informe de un incidente
did-consents_read = Vio lo que se aceptó
did-consent_given = Aceptó mensajes
did-consent_withdrawn = Detuvo mensajes
did-consent_restored = Permitió mensajes de nuevo
did-something = Algo para lo que esta página no tiene palabras

## Who opened my messages
# review: machine

access-intro = Todas las personas que abrieron, escribieron o cambiaron algo suyo. Puede tardar hasta un minuto en aparecer.
access-you = Usted
access-other = Otra persona con acceso
access-staff = Personal del consultorio
access-system = El servicio
access-empty = Todavía nada.
access-whose = De quién
access-wrong = ¿Algo le parece incorrecto? Llame al consultorio.
