//! Whatever a request says about its host, links lead to the portal.

use api_tests::{World, world::ORIGIN};
use serde_json::json;

use crate::support::{MARIA, last, network_of, row};

const HEADERS: [&str; 10] = [
    "host",
    "x-forwarded-host",
    "x-host",
    "x-forwarded-server",
    "x-original-host",
    "forwarded",
    "x-http-host-override",
    "x-forwarded-proto",
    "x-original-url",
    "x-rewrite-url",
];
const VALUES: [&str; 5] = [
    "evil.test",
    "chat.example.org.evil.test",
    "evil.test:443",
    "host=evil.test;proto=http",
    "//evil.test/l",
];

#[tokio::test]
async fn links_lead_to_the_portal_whatever_the_request_says() {
    let world = World::start(7_500).await;
    let mut poisoned = 0;
    for (n, (header, value)) in HEADERS.iter().flat_map(|h| VALUES.map(|v| (*h, v))).enumerate() {
        if n % 5 == 0 {
            world.clock.advance_seconds(24 * 3600);
        }
        let mut browser = world.browser().with_header(header, value);
        browser.address = network_of(n);
        let body = json!({"practice": "demo", "address": MARIA.0});
        browser.post("/v1/login-links", body).await.expect(202);
        world.pump().await;
        let mail = last(&world, MARIA.0);
        let clean = mail.contains(&format!("{ORIGIN}/l#t=")) && !mail.contains("evil");
        poisoned += usize::from(!clean);
    }
    assert_eq!(poisoned, 0);
    row("L8", "links poisoned by host headers", &format!("{poisoned} of {}", HEADERS.len() * VALUES.len()));
}
