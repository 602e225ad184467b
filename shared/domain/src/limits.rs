//! Every figure of the limits, in one table. Code names the row; nobody writes a number beside a call.

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

const DAY: i64 = 24 * 3600;

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
