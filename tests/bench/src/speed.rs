//! Requests a second over loopback HTTP, beside everything else that runs: relay, notify, audit, schedules.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::id::ConversationId;
use hyper::{Method, StatusCode};
use local::{Stack, StackOptions};
use serde_json::json;

use crate::load::{self, Outcome, Plan};
use crate::scene::{self, Person, Scene};
use crate::server::Server;
use crate::table::{Bar, Table};
use crate::{Result, machine};

/// Connections at the same time.
const CLIENTS: usize = 16;
/// Messages of a conversation whose pages are read.
const PAGES_OF: u64 = 1_000;
/// Runs of each figure; the one in the middle counts.
const RUNS: usize = 3;
/// The long conversation, and the short one beside it.
const LONG: u64 = 100_000;
const SHORT: u64 = 100;
/// Conversations of [`SHORT`] messages that were written after the ones that are read.
const ELSEWHERE: usize = 400;

/// A directory with people and conversations, and a server on it.
struct Place {
    directory: tempfile::TempDir,
    staff: Person,
    patients: Vec<Person>,
    /// One for each client.
    conversations: Vec<ConversationId>,
    /// Of [`SHORT`] messages.
    short: ConversationId,
    /// Of [`LONG`] messages, where there is one.
    long: Option<ConversationId>,
}

impl Place {
    /// Writes everything, as fast as the store takes it.
    async fn prepare(busy: bool) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let options =
            StackOptions::run(directory.path().to_owned(), "http://localhost:1".to_owned(), PathBuf::new());
        let stack = Stack::start(options).await?;
        let scene = Scene::set(&stack, CLIENTS).await?;
        let mut conversations = Vec::new();
        for patient in &scene.patients {
            conversations.push(scene.conversation(patient, PAGES_OF).await?);
        }
        let short = scene.conversation(&scene.patients[0], SHORT).await?;
        let mut long = None;
        if busy {
            long = Some(scene.conversation(&scene.patients[0], LONG).await?);
            for n in 0..ELSEWHERE {
                scene.conversation(&scene.patients[n % CLIENTS], SHORT).await?;
            }
        }
        let (staff, patients) = (scene.staff.clone(), scene.patients.clone());
        Ok(Self { directory, staff, patients, conversations, short, long })
    }

    async fn serve(&self, program: &Path) -> Result<Server> {
        let path = page(self.short);
        Server::start(program, self.directory.path(), &path, &self.staff.token).await
    }

    /// Each client reads the newest 50 of its own conversation.
    fn pages(&self, server: &Server, clients: usize) -> Plan {
        let paths: Vec<_> = self.conversations.iter().map(|id| page(*id)).collect();
        let tokens: Vec<_> = self.patients.iter().map(|patient| patient.token.clone()).collect();
        let host = host(server);
        let request = move |client: usize, _| {
            crate::server::request(&host, Method::GET, &paths[client], &tokens[client], "", None)
        };
        Plan { request: Arc::new(request), ..reading(server, clients) }
    }

    /// All clients read the newest 50 of one conversation.
    fn pages_of(&self, server: &Server, conversation: ConversationId) -> Plan {
        let (path, token, host) = (page(conversation), self.staff.token.clone(), host(server));
        let request = move |_, _| crate::server::request(&host, Method::GET, &path, &token, "", None);
        Plan { request: Arc::new(request), ..reading(server, CLIENTS) }
    }

    /// Staff write, each client in its own conversation or all in one.
    fn posts(&self, server: &Server, clients: usize, one: bool, run: &str) -> Plan {
        let path = |id: &ConversationId| format!("/v1/conversations/{id}/messages");
        let paths: Vec<_> = self.conversations.iter().map(path).collect();
        let (token, host, run) = (self.staff.token.clone(), host(server), run.to_owned());
        let body = json!({ "kind": "text", "text": scene::text(0) });
        // A plan runs more than once: no key may come back.
        let sent = AtomicU64::new(0);
        let request = move |client: usize, _| {
            let path = &paths[if one { 0 } else { client }];
            let key = format!("{run}-{}", sent.fetch_add(1, Ordering::Relaxed));
            crate::server::request(&host, Method::POST, path, &token, &key, Some(&body))
        };
        Plan {
            request: Arc::new(request),
            expect: StatusCode::CREATED,
            contains: ("\"seq\"", 1),
            ..reading(server, clients)
        }
    }
}

fn reading(server: &Server, clients: usize) -> Plan {
    Plan {
        address: server.address,
        clients,
        seconds: 4.0,
        request: Arc::new(|_, _| unreachable!("every plan has its own requests")),
        expect: StatusCode::OK,
        contains: ("\"seq\"", 50),
    }
}

fn host(server: &Server) -> String {
    format!("localhost:{}", server.address.port())
}

fn page(conversation: ConversationId) -> String {
    format!("/v1/conversations/{conversation}/messages?limit=50")
}

/// Runs a plan and says what it used: share of the machine for the server, for the clients, for anybody else.
async fn measure(server: &Server, plan: &Plan) -> Result<(Outcome, String)> {
    machine::wait_for_quiet();
    let (before, others) = (server.cpu()?, machine::Others::watch());
    let outcome = load::median_of(RUNS, plan).await?;
    let server_seconds = server.cpu()? - before;
    let wall = others.seconds();
    let own = outcome.own_cpu * RUNS as f64;
    let used = format!(
        "p50 {:.1} ms, p99 {:.1} ms, told to come again {:.2} %; cores: server {:.2}, clients {:.2}, others {:.2}",
        outcome.p50_ms,
        outcome.p99_ms,
        outcome.again_percent,
        server_seconds / wall,
        own / wall,
        others.cores(server_seconds + own),
    );
    Ok((outcome, used))
}

/// Posts, pages, start, memory, and how far behind notices are.
///
/// # Errors
/// Where the server does not do as it should.
pub(crate) async fn speed(table: &mut Table, program: &Path) -> Result<()> {
    table.part(&format!(
        "One machine: loopback HTTP, keep-alive, {} cores for server and clients",
        machine::cores()
    ));
    eprintln!("  writing {} messages …", CLIENTS as u64 * PAGES_OF + SHORT);
    let place = Place::prepare(false).await?;
    let server = place.serve(program).await?;
    let first = server.first_answer.as_secs_f64();
    table.add(
        "first authenticated answer after the start",
        first,
        " s",
        Bar::AtMost(1.0),
        "opening and checking the data directory",
    );
    let idle = server.memory()?.0;

    let (post, used) = measure(&server, &place.posts(&server, CLIENTS, false, "a")).await?;
    let lag = server.drain().await?.as_secs_f64();
    table.add(format!("posts, {CLIENTS} clients"), post.per_second, "/s", Bar::AtLeast(300.0), used);
    table.add(
        "notices behind, at the end of that",
        lag,
        " s",
        Bar::AtMost(5.0),
        "until relay and notify are done with every message",
    );
    let (one, used) = measure(&server, &place.posts(&server, 1, false, "b")).await?;
    server.drain().await?;
    table.add("posts, 1 client", one.per_second, "/s", Bar::None, used);
    let (same, used) = measure(&server, &place.posts(&server, CLIENTS, true, "c")).await?;
    server.drain().await?;
    table.add(
        format!("posts, {CLIENTS} clients in one conversation"),
        same.per_second,
        "/s",
        Bar::None,
        used,
    );

    let (pages, used) = measure(&server, &place.pages(&server, CLIENTS)).await?;
    table.add(
        format!("pages of 50 of {PAGES_OF}, {CLIENTS} clients"),
        pages.per_second,
        "/s",
        Bar::AtLeast(500.0),
        used,
    );
    let (one, used) = measure(&server, &place.pages(&server, 1)).await?;
    table.add(format!("pages of 50 of {PAGES_OF}, 1 client"), one.per_second, "/s", Bar::None, used);
    let most = server.memory()?.1;
    table.add(
        "memory, the most during all of this",
        most,
        " MiB",
        Bar::AtMost(150.0),
        format!("{idle:.0} MiB after the start; the whole product with its AWS"),
    );
    Ok(())
}

/// Whether a page costs the same whatever else is stored.
///
/// # Errors
/// Where the server does not do as it should.
pub(crate) async fn flat(table: &mut Table, program: &Path) -> Result<()> {
    table.part("The same speed whatever is stored");
    eprintln!("  writing {} messages …", LONG + ELSEWHERE as u64 * SHORT);
    let (quiet, busy) = (Place::prepare(false).await?, Place::prepare(true).await?);
    let (alone, full) = (quiet.serve(program).await?, busy.serve(program).await?);
    let long = busy.long.ok_or("no long conversation")?;
    machine::wait_for_quiet();
    // In turns, so that whatever else the machine does meets all alike.
    let (mut of_long, mut of_short, mut of_alone) = (Vec::new(), Vec::new(), Vec::new());
    let (mut posts_full, mut posts_alone) = (Vec::new(), Vec::new());
    for n in 0..5 {
        of_long.push(load::run(busy.pages_of(&full, long)).await?.per_second);
        of_short.push(load::run(busy.pages_of(&full, busy.short)).await?.per_second);
        of_alone.push(load::run(quiet.pages_of(&alone, quiet.short)).await?.per_second);
        let run = format!("flat{n}");
        posts_full.push(load::run(busy.posts(&full, CLIENTS, false, &run)).await?.per_second);
        full.drain().await?;
        posts_alone.push(load::run(quiet.posts(&alone, CLIENTS, false, &run)).await?.per_second);
        alone.drain().await?;
    }
    let ratio = |slow: Vec<f64>, fast: Vec<f64>| crate::table::median(fast) / crate::table::median(slow);
    let made_of = |text: &str| format!("medians of 5 runs in turns; {text}");
    table.add(
        format!("page of 50: of {LONG} against of {SHORT}"),
        ratio(of_long, of_short.clone()),
        "x",
        Bar::AtMost(1.2),
        made_of("a page is one range of one partition"),
    );
    let elsewhere = LONG + ELSEWHERE as u64 * SHORT;
    table.add(
        format!("page of 50: {elsewhere} newer messages elsewhere against none"),
        ratio(of_short, of_alone),
        "x",
        Bar::AtMost(1.2),
        made_of("no index over all conversations is read"),
    );
    table.add(
        format!("post: {elsewhere} messages elsewhere against none"),
        ratio(posts_full, posts_alone),
        "x",
        Bar::AtMost(1.2),
        made_of("depth of the engine's trees"),
    );
    Ok(())
}
