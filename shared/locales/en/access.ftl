## What was done, in plain words, for patients and for the audit log
# review: machine

did-signed_in = Signed in
did-signed_out = Signed out
did-sign_in_failed = A sign-in failed
did-conversation_started = Started a conversation
did-conversation_changed = Closed, reopened or assigned a conversation
did-conversations_listed = Saw the list of conversations
did-conversation_exported = Copied a conversation for the chart
did-message_sent = Wrote a message
did-message_recalled = Recalled a message
did-messages_read = Opened messages
did-message_unreadable = A message could not be shown
did-patients_searched = Searched for patients
did-patient_read = Opened the patient record
did-patient_created = Added the patient
did-patient_changed = Changed the patient record
did-grant_created = Gave somebody access
did-grant_removed = Took somebody’s access away
did-staff_invited = Invited somebody to the staff
did-staff_changed = Changed a member of staff
did-staff_listed = Saw the list of staff
did-practice_created = The practice was set up
did-practice_changed = Changed the practice’s settings
did-notice_sent = A notice was sent
did-notice_resent = Asked for a notice again
did-device_link_made = Made a link to connect a phone
did-device_remembered = A phone or computer was remembered
did-device_forgotten = A remembered phone or computer was removed
did-passkey_added = Added a passkey
did-passkey_removed = Removed a passkey
did-totp_added = Set up a code generator
did-totp_removed = Removed a code generator
did-recovery_code_used = Used a recovery code
did-factors_reset = Reset a staff sign-in
did-stepped_up = Showed once more who they are
did-session_locked = Locked the screen
did-session_unlocked = Unlocked the screen
did-session_revoked = Ended a session
did-sessions_revoked = Ended all sessions
did-session_shown = Opened the pages
did-contacts_changed = Changed where notices go
did-contact_confirmed = Confirmed a changed contact
did-tries_cleared = Cleared the count of wrong birth dates
did-reach_read = Saw how the patient is reached
did-audit_read = Read the audit log
did-audit_exported = Exported the audit log
did-checkpoints_read = Read the signed checkpoints
did-access_log_read = Saw who opened the record
did-notes_read = Read internal notes
did-note_written = An internal note was written
did-evidence_listed = Saw the requests to open recalled messages
did-evidence_asked = Asked to open a recalled message
did-evidence_decided = Decided about opening a recalled message
did-evidence_read = Opened a recalled message
did-incident_read = Made a record of an incident
did-consents_read = Saw what was agreed to
did-consent_given = Agreed to messages
did-consent_withdrawn = Stopped messages
did-consent_restored = Allowed messages again
did-something = Something this page has no words for

## Who opened my messages
# review: machine

access-intro = Everybody who opened, wrote or changed something of yours. It can be up to a minute behind.
access-you = You
access-other = Another person with access
access-staff = Staff of the practice
access-system = The service
access-empty = Nothing yet.
access-whose = Whose record
access-wrong = Something looks wrong? Call the practice.
