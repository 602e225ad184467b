//! Who takes part in the job, and what they say.

use api_tests::leaks::Canaries;

/// Of the practice, of the patient, and of a conversation's start.
pub(crate) const TEXTS: [&str; 3] = [
    "Quetzalcoatlus-7714: «Hämangioblastom» /1,2 cm\\ \"gutartig\"\nVesperwhistle 😀 {Brachiosaurus}",
    "Grüße! Marzipanfieber_39.8 & Mondscheinprinzessin+Halsweh 100% <b>Zwetschgendatschi</b>\t¿Schüttelfrost?",
    "Wegen Ihrer Frage: Trampeltierpfad-60213 — Ünterzuckerung?",
];
/// Name, birth date, and where there is one e-mail, phone and number.
pub(crate) type Planted =
    (&'static str, &'static str, Option<&'static str>, Option<&'static str>, Option<&'static str>);
/// Those who are added.
pub(crate) const PATIENTS: [Planted; 3] = [
    (
        "Zéphyrine Quillfeather-Öztürk",
        "1947-08-23",
        Some("lantern.harbour77@postbox.test"),
        Some("+15558264917"),
        Some("KX-Obsidian-55310"),
    ),
    ("Bartholomäus Nightingale", "1938-12-07", None, Some("+15553719482"), Some("Ledger/Cinnabar=88123")),
    ("Peregrine O'Shaughnessy", "2016-04-29", None, None, None),
];
/// What the first one's record is changed to.
pub(crate) const CHANGED: (&str, &str, &str) = ("Zéphyrine Thistlewood", "1947-08-24", "KX-Porphyry-90417");
/// Somebody who joins the staff.
pub(crate) const COLLEAGUE: (&str, &str) = ("Philomena Wrenfield", "gatehouse.finch12@brighteyes.test");
/// Typed by people whom nobody knows.
pub(crate) const STRANGERS: (&str, &str, &str) =
    ("marmalade.otter31@elsewhere.test", "+15557640193", "1969-10-13");

/// What people of the job say, are called and are reached at, and those who were there before.
pub(crate) fn canaries() -> Canaries {
    let mut canaries = Canaries::default();
    TEXTS.iter().for_each(|text| canaries.text("text", text));
    for (name, birth_date, email, phone, external_id) in PATIENTS {
        canaries.text("name", name);
        canaries.birth_date(birth_date);
        email.iter().for_each(|email| canaries.email(email));
        phone.iter().for_each(|phone| canaries.phone(phone));
        external_id.iter().for_each(|id| canaries.text("external id", id));
    }
    canaries.text("name", CHANGED.0);
    canaries.birth_date(CHANGED.1);
    canaries.text("external id", CHANGED.2);
    canaries.text("name", COLLEAGUE.0);
    canaries.email(COLLEAGUE.1);
    canaries.email(STRANGERS.0);
    canaries.phone(STRANGERS.1);
    canaries.birth_date(STRANGERS.2);
    for (name, birth_date, addresses) in [
        ("Maria Lopez", "1985-03-14", ["maria@patients.test", "+15555550101"]),
        ("John Carter", "1950-11-02", ["john@patients.test", "+15555550102"]),
        ("Linh Tran", "2001-01-30", ["ana@demo.test", "+15555550104"]),
        ("Rosa Vega", "1979-05-05", ["vega.family@patients.test", "+15555550102"]),
        ("Ana Ruiz", "2012-09-17", ["cleo@demo.test", "+15555550101"]),
    ] {
        canaries.text("name", name);
        canaries.birth_date(birth_date);
        canaries.email(addresses[0]);
        canaries.phone(addresses[1]);
    }
    canaries
}

pub(crate) fn code_in(message: &str) -> Option<String> {
    let is_code = |line: &&str| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit());
    let in_sms =
        || message.rsplit_once(" #").and_then(|(_, rest)| rest.get(..8)).filter(|code| is_code(code));
    message.lines().map(str::trim).find(is_code).or_else(in_sms).map(str::to_owned)
}

pub(crate) fn token_in(message: &str) -> String {
    message.split_once("#t=").expect("a link").1[..22].to_owned()
}
