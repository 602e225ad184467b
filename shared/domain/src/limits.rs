//! Every figure of sign-in, in one file: how often, how many, how long. Code names the row; nobody writes a number beside a
//! call. `docs/login.md` shows the same figures, and a test compares both.

/// How often something may happen: at most `count` times in each window of `seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Times in one window.
    pub count: u32,
    /// Length of the window.
    pub seconds: i64,
}

impl Rate {
    const fn new(count: u32, seconds: i64) -> Self {
        Self { count, seconds }
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Most messages of one sign-in attempt.
pub const ISSUES_MAX: u32 = 3;
/// Most remembered devices of one account; the one that was used longest ago makes room.
pub const DEVICES_MAX: usize = 20;
/// Most passkeys of one account or member of staff.
pub const PASSKEYS_MAX: usize = 20;
/// A contact point that leads to more patients than this opens nothing by birth date alone.
pub const PATIENTS_PER_CONTACT_MAX: usize = 4;
/// So many wrong birth dates in a row, two sign-ins' worth, and nothing more is sent to a contact unasked.
pub const WRONG_DATES_MAX: u32 = 10;

/// Life of a link and code of an asked-for sign-in, from the first provider accept.
pub const SECRET_LIFE_SECONDS: i64 = 10 * MINUTE;
/// Longest a flow can wait for its message before it is useless, whatever the provider does.
pub const FLOW_LIFE_SECONDS: i64 = HOUR;
/// Life of an invitation: until then a member of staff without a factor may set up the first one.
pub const INVITATION_LIFE_SECONDS: i64 = 72 * HOUR;
/// Life of a notice link while its conversation has something unread.
pub const NOTICE_UNREAD_LIFE_SECONDS: i64 = 7 * DAY;
/// Life of a notice link after its first use.
pub const NOTICE_READ_LIFE_SECONDS: i64 = 24 * HOUR;
/// Life of a link made at the desk that connects a phone.
pub const DEVICE_LINK_LIFE_SECONDS: i64 = 10 * MINUTE;
/// Life of a question to a passkey.
pub const CEREMONY_SECONDS: i64 = 5 * MINUTE;
/// Life of the link in an announcement, by which whoever it was is signed out.
pub const REVOKE_LIFE_SECONDS: i64 = 7 * DAY;
/// Life of a remembered device.
pub const DEVICE_LIFE_SECONDS: i64 = 90 * DAY;
/// Life of the cookie that tells one browser from another. Browsers keep none longer.
pub const BROWSER_LIFE_SECONDS: i64 = 400 * DAY;
/// A fresh proof counts for this long: a code, passkey or code generator, shown at sign-in or when asked again.
pub const FRESH_SECONDS: i64 = 10 * MINUTE;
/// How long a patient's session lives without input, in a browser that may be a library's.
pub const PATIENT_IDLE_SECONDS: i64 = 10 * MINUTE;
/// The same on a remembered device.
pub const REMEMBERED_IDLE_SECONDS: i64 = 30 * MINUTE;
/// After how long without input a session of staff locks.
pub const STAFF_IDLE_SECONDS: i64 = 15 * MINUTE;
/// When any session ends, whatever is done in it.
pub const SESSION_SECONDS: i64 = 12 * HOUR;
/// A contact that led to no session for so long is not written to unasked.
pub const UNUSED_SECONDS: i64 = 180 * DAY;

/// The limits of one practice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sign-in messages to one address, known or not.
    pub sends_per_address: Rate,
    /// The same over a day.
    pub sends_per_address_and_day: Rate,
    /// Sign-in messages asked for in the remembered browsers of one account, to its own contacts. They have this limit instead of
    /// those of the address and the client: nobody else can lock them out.
    pub sends_per_device: Rate,
    /// Sign-in messages asked for from one client address (IPv4 /32, IPv6 /64).
    pub sends_per_client: Rate,
    /// Sign-in messages of a whole practice, over all shards.
    pub sends_per_practice: Rate,
    /// How many more there may be for whoever is signed in or comes with a remembered browser, so that a flood of strangers
    /// leaves something to those whom the practice knows.
    pub sends_for_known: u32,
    /// Wrong codes and dates from one client address.
    pub redeems_per_client: Rate,
    /// The same for one account in its remembered browsers, or for the holder of a session, instead of those of the client.
    pub redeems_per_person: Rate,
    /// Questions for a passkey from one client address.
    pub passkey_questions_per_client: Rate,
    /// Wrong birth dates for one contact point, over all ways in.
    pub wrong_dates_per_contact: Rate,
    /// Wrong birth dates for one patient, over all ways in.
    pub wrong_dates_per_patient: Rate,
    /// Wrong birth dates for one patient since staff last cleared the count.
    pub wrong_dates_in_all: u32,
    /// Notices that were asked for again, for one contact point.
    pub resends_per_contact: Rate,
    /// The same over a day.
    pub resends_per_contact_and_day: Rate,
    /// Codes that somebody who is signed in asks for, over all their sessions, to show once more who they are.
    pub step_up_codes_per_holder: Rate,
    /// The same over a day.
    pub step_up_codes_per_holder_and_day: Rate,
    /// Codes of a generator, for one member of staff.
    pub totp_per_staff: Rate,
    /// Text messages of a practice.
    pub sms_per_day: Rate,
    /// How many of these only codes may use, so that notices never keep anybody from signing in.
    pub sms_for_codes: u32,
    /// Code or link tries of one sign-in attempt.
    pub tries_per_flow: u32,
    /// Birth date tries of one sign-in attempt or notice link.
    pub dates_per_flow: u32,
}

impl Limits {
    /// What a deployed practice starts with.
    pub const STRICT: Self = Self {
        sends_per_address: Rate::new(3, 15 * 60),
        sends_per_address_and_day: Rate::new(10, DAY),
        sends_per_device: Rate::new(6, 3600),
        sends_per_client: Rate::new(20, 3600),
        sends_per_practice: Rate::new(2_000, 3600),
        sends_for_known: 400,
        redeems_per_client: Rate::new(120, 3600),
        redeems_per_person: Rate::new(60, 3600),
        passkey_questions_per_client: Rate::new(1_200, 3600),
        wrong_dates_per_contact: Rate::new(5, DAY),
        wrong_dates_per_patient: Rate::new(5, DAY),
        wrong_dates_in_all: 15,
        resends_per_contact: Rate::new(1, 3600),
        resends_per_contact_and_day: Rate::new(3, DAY),
        step_up_codes_per_holder: Rate::new(3, 15 * 60),
        step_up_codes_per_holder_and_day: Rate::new(20, DAY),
        totp_per_staff: Rate::new(10, 3600),
        sms_per_day: Rate::new(2_000, DAY),
        sms_for_codes: 500,
        tries_per_flow: 5,
        dates_per_flow: 5,
    };

    /// The strict limits times a factor, for demonstrations and load tests. Tries of one secret do not scale.
    #[must_use]
    pub const fn scaled(self, factor: u32) -> Self {
        const fn times(rate: Rate, factor: u32) -> Rate {
            Rate { count: rate.count * factor, seconds: rate.seconds }
        }
        Self {
            sends_per_address: times(self.sends_per_address, factor),
            sends_per_address_and_day: times(self.sends_per_address_and_day, factor),
            sends_per_device: times(self.sends_per_device, factor),
            sends_per_client: times(self.sends_per_client, factor),
            sends_per_practice: times(self.sends_per_practice, factor),
            sends_for_known: self.sends_for_known * factor,
            redeems_per_client: times(self.redeems_per_client, factor),
            redeems_per_person: times(self.redeems_per_person, factor),
            wrong_dates_per_contact: times(self.wrong_dates_per_contact, factor),
            wrong_dates_per_patient: times(self.wrong_dates_per_patient, factor),
            wrong_dates_in_all: self.wrong_dates_in_all * factor,
            resends_per_contact: times(self.resends_per_contact, factor),
            resends_per_contact_and_day: times(self.resends_per_contact_and_day, factor),
            step_up_codes_per_holder: times(self.step_up_codes_per_holder, factor),
            step_up_codes_per_holder_and_day: times(self.step_up_codes_per_holder_and_day, factor),
            totp_per_staff: times(self.totp_per_staff, factor),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../docs/login.md");

    fn grouped(n: u32) -> String {
        if n < 1_000 { n.to_string() } else { format!("{},{:03}", n / 1_000, n % 1_000) }
    }

    fn often(rate: Rate) -> String {
        let window = match rate.seconds {
            DAY => "a day",
            HOUR => "an hour",
            seconds => return format!("{} in {}", grouped(rate.count), long(seconds)),
        };
        format!("{} {window}", grouped(rate.count))
    }

    fn long(seconds: i64) -> String {
        match seconds {
            HOUR => "1 hour".to_owned(),
            _ if seconds < HOUR => format!("{} minutes", seconds / MINUTE),
            _ if seconds <= 3 * DAY => format!("{} hours", seconds / HOUR),
            _ => format!("{} days", seconds / DAY),
        }
    }

    /// Asserts that the document has a row that begins with this.
    fn row(name: &str, figure: &str) {
        let start = format!("| {name} | {figure}");
        let ends =
            |line: &str| line.strip_prefix(&start).is_some_and(|rest| rest.starts_with([' ', ';', ',']));
        assert!(DOCUMENT.lines().any(ends), "docs/login.md lacks: {start}");
    }

    #[test]
    fn the_document_shows_every_rate() {
        // Named one by one: a row that is added here has to be added there.
        let Limits {
            sends_per_address,
            sends_per_address_and_day,
            sends_per_device,
            sends_per_client,
            sends_per_practice,
            sends_for_known,
            redeems_per_client,
            redeems_per_person,
            passkey_questions_per_client,
            wrong_dates_per_contact,
            wrong_dates_per_patient,
            wrong_dates_in_all,
            resends_per_contact,
            resends_per_contact_and_day,
            step_up_codes_per_holder,
            step_up_codes_per_holder_and_day,
            totp_per_staff,
            sms_per_day,
            sms_for_codes,
            tries_per_flow,
            dates_per_flow,
        } = Limits::STRICT;
        let both = |one: Rate, day: Rate| format!("{}, {}", often(one), often(day));
        for (name, figure) in [
            ("`sends_per_address`", often(sends_per_address)),
            ("`sends_per_address_and_day`", often(sends_per_address_and_day)),
            ("`sends_per_device`", often(sends_per_device)),
            ("`sends_per_client`", often(sends_per_client)),
            ("`sends_per_practice`", often(sends_per_practice)),
            ("`sends_for_known`", grouped(sends_for_known)),
            ("`redeems_per_client`", often(redeems_per_client)),
            ("`redeems_per_person`", often(redeems_per_person)),
            ("`passkey_questions_per_client`", often(passkey_questions_per_client)),
            ("`wrong_dates_per_contact`", often(wrong_dates_per_contact)),
            ("`wrong_dates_per_patient`", often(wrong_dates_per_patient)),
            ("`wrong_dates_in_all`", grouped(wrong_dates_in_all)),
            ("`resends_per_contact`, `…_and_day`", both(resends_per_contact, resends_per_contact_and_day)),
            (
                "`step_up_codes_per_holder`, `…_and_day`",
                both(step_up_codes_per_holder, step_up_codes_per_holder_and_day),
            ),
            ("`totp_per_staff`", often(totp_per_staff).replacen(' ', " wrong ones ", 1)),
            (
                "`sms_per_day`, `sms_for_codes`",
                format!("{}, of them {} for codes alone", often(sms_per_day), grouped(sms_for_codes)),
            ),
            ("`tries_per_flow`", grouped(tries_per_flow)),
            ("`dates_per_flow`", grouped(dates_per_flow)),
            ("`ISSUES_MAX`", grouped(ISSUES_MAX)),
        ] {
            row(name, &figure);
        }
    }

    #[test]
    fn the_document_shows_every_life_and_number() {
        let notice = format!(
            "{} unread, {} after first use",
            long(NOTICE_UNREAD_LIFE_SECONDS),
            long(NOTICE_READ_LIFE_SECONDS)
        );
        let patient = format!(
            "{} without input ({} on a remembered device), {} in all",
            long(PATIENT_IDLE_SECONDS),
            REMEMBERED_IDLE_SECONDS / MINUTE,
            long(SESSION_SECONDS)
        );
        let staff = format!(
            "locks after {} without input, {} in all",
            long(STAFF_IDLE_SECONDS),
            long(SESSION_SECONDS)
        );
        for (name, figure) in [
            ("Link and code, from the provider's accept", long(SECRET_LIFE_SECONDS)),
            ("Attempt", long(FLOW_LIFE_SECONDS)),
            ("Invitation of staff, to the first factor", long(INVITATION_LIFE_SECONDS)),
            ("Notice link", notice),
            ("Link of the desk", long(DEVICE_LINK_LIFE_SECONDS)),
            ("Question to a passkey", long(CEREMONY_SECONDS)),
            ("Remembered device", long(DEVICE_LIFE_SECONDS)),
            ("Browser mark", long(BROWSER_LIFE_SECONDS)),
            ("Link that ends a sign-in, in the word of it", long(REVOKE_LIFE_SECONDS)),
            ("Fresh proof", long(FRESH_SECONDS)),
            ("Patient's session", patient),
            ("Staff's session", staff),
            ("A contact without use, until it is in doubt", long(UNUSED_SECONDS)),
            ("Wrong birth dates in a row, until a contact is in doubt", grouped(WRONG_DATES_MAX)),
            ("Patients of a contact that a birth date opens", format!("at most {PATIENTS_PER_CONTACT_MAX}")),
            ("Remembered devices, passkeys", format!("at most {DEVICES_MAX}, {PASSKEYS_MAX}")),
        ] {
            row(name, &figure);
        }
    }
}
