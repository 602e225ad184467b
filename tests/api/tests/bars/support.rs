//! What the bars share: rows, and the steps of a sign-in.

pub(crate) use api_tests::messages::{code_in, token_in};
use api_tests::{Answer, Browser, World, people::text};
use serde_json::{Value, json};

/// Whether the long run was asked for.
pub(crate) fn is_deep() -> bool {
    std::env::var("DEEP").is_ok_and(|value| value == "1")
}

/// How often to try: the short run, or the long one.
pub(crate) fn times(short: usize, deep: usize) -> usize {
    if is_deep() { deep } else { short }
}

/// One row of the table.
pub(crate) fn row(bar: &str, what: &str, figure: &str) {
    println!("| {bar} | {what} | {figure} |");
}

/// A problem with nothing but what everybody sees: status, headers, body.
pub(crate) fn face(answer: &Answer) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let headers = answer.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        // What a cookie holds is random; that it is set, how long it is and for how long is not.
        let value = match value.split_once('=').and_then(|(key, rest)| Some((key, rest.split_once(';')?))) {
            Some((key, (secret, rest))) if name == "set-cookie" => format!("{key}={}x;{rest}", secret.len()),
            _ => value,
        };
        (name.to_string(), value)
    });
    (answer.status.as_u16(), headers.collect(), answer.bytes.clone())
}

pub(crate) async fn ask(browser: &mut Browser, audience: &str, address: &str) -> Answer {
    let body = json!({"practice": "demo", "for": audience, "address": address});
    browser.post("/v1/login-links", body).await
}

/// The text of the newest message to an address that leads somewhere: `/l#` to sign in, `/n?` to a notice. Others tell of
/// a sign-in that was, and come beside.
fn newest(world: &World, to: &str, leads: &str) -> String {
    let sent = world.aws.outbox().all();
    sent.into_iter()
        .rev()
        .find(|one| one.to.contains(to) && one.text.contains(leads))
        .expect("a message")
        .text
}

/// The text of the newest sign-in message to an address.
pub(crate) fn last(world: &World, to: &str) -> String {
    newest(world, to, "/l#")
}

/// A browser that asked, and what its message holds.
pub(crate) struct Asked {
    pub(crate) browser: Browser,
    pub(crate) token: String,
    pub(crate) code: String,
}

/// Asks for a sign-in message from a network of its own, and reads it.
pub(crate) async fn asked(world: &World, network: usize, audience: &str, address: &str) -> Asked {
    let mut browser = world.browser();
    browser.address = network_of(network);
    ask(&mut browser, audience, address).await.expect(202);
    world.pump().await;
    let message = last(world, address);
    Asked { browser, token: token_in(&message), code: code_in(&message) }
}

/// The `n`-th network.
pub(crate) fn network_of(n: usize) -> String {
    format!("198.{}.{}.{}:4000", 18 + n / 65_536, n / 256 % 256, n % 256)
}

/// A conversation with something unread, and the token of its notice.
pub(crate) async fn notice(world: &World, patient: &str, address: &str) -> (String, String) {
    let id = world.conversation(&world.demo, "ana", patient).await;
    let mut ana = world.signed_in(&world.demo, "ana").await;
    let path = format!("/v1/conversations/{id}/messages");
    ana.post_once(&path, &world.fresh_key(), text("Please call.")).await.expect(201);
    world.pump().await;
    (id, token_in(&newest(world, address, "/n?")))
}

/// The birth date, with the token of a notice or after a code.
pub(crate) fn date(token: Option<&str>, date: &str) -> Value {
    match token {
        Some(token) => json!({"token": token, "birth_date": date}),
        None => json!({"birth_date": date}),
    }
}

/// Whether an answer gives a session: it says so, or it sets the cookie.
pub(crate) fn gives_session(answer: &Answer) -> bool {
    let set = answer.headers.get_all("set-cookie").iter();
    let mut cookies = set.filter_map(|value| value.to_str().ok());
    answer.status == 201 && answer.json().get("account").is_some()
        || cookies
            .any(|cookie| cookie.starts_with("__Host-session=") && !cookie.starts_with("__Host-session=;"))
}

pub(crate) const MARIA: (&str, &str) = ("maria@patients.test", "1985-03-14");

/// Items of a kind in the chat table: how many.
pub(crate) async fn count_items(world: &World, sort_prefix: &str) -> usize {
    let items = world.aws.items("ChatTable").await;
    items.iter().filter(|item| item["SK"]["S"].as_str().is_some_and(|sk| sk.starts_with(sort_prefix))).count()
}
