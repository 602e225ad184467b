//! What the engine under the local run does alone, without HTTP, functions or permissions: the ceiling of the rest.

use std::path::PathBuf;
use std::time::Instant;

use dynoxide::Database;
use dynoxide::actions::{query::QueryRequest, transact_write_items::TransactWriteItemsRequest};
use local::{Stack, StackOptions};
use serde_json::{Value, json};

use crate::Result;
use crate::scene::{self, Scene};
use crate::table::{Bar, Table, number};

const CALLS: u64 = 2_000;

/// The transaction of a post, and the longest query of a page.
///
/// # Errors
/// Where the engine refuses.
pub(crate) async fn ceiling(table: &mut Table) -> Result<()> {
    table.part("The engine alone (dynoxide on SQLite, on disk, one call at a time)");
    let directory = tempfile::tempdir()?;
    let options =
        StackOptions::run(directory.path().to_owned(), "http://localhost:1".to_owned(), PathBuf::new());
    let stack = Stack::start(options).await?;
    let scene = Scene::set(&stack, 1).await?;
    let conversation = scene.conversation(&scene.patients[0], 1_000).await?;
    let practice = scene.practice_id();
    let tables =
        stack.aws().template().tables.iter().map(|table| (table.logical.clone(), table.name.clone()));
    let tables: std::collections::BTreeMap<String, String> = tables.collect();
    drop((scene, stack));

    // The same file with the same settings.
    let db = Database::new(&directory.path().join("dynamodb.sqlite3").to_string_lossy())?;
    db.disable_bulk_loading()?;
    let posts = timed(|n| {
        let request: TransactWriteItemsRequest = serde_json::from_value(transaction(&tables, n))?;
        let since = Instant::now();
        db.transact_write_items(request)?;
        Ok(since.elapsed().as_secs_f64())
    })?;
    let partition = format!("CONV#{practice}#{conversation}");
    let pages = timed(|_| {
        let request: QueryRequest = serde_json::from_value(json!({
            "TableName": tables["ChatTable"], "KeyConditionExpression": "PK = :pk AND SK BETWEEN :a AND :b",
            "ExpressionAttributeValues": { ":pk": { "S": partition }, ":a": { "S": "MSG#" }, ":b": { "S": "MSG#9" } },
            "ScanIndexForward": false, "Limit": 50, "ConsistentRead": true,
        }))?;
        let since = Instant::now();
        let found = db.query(request)?.count;
        let seconds = since.elapsed().as_secs_f64();
        if found == 50 { Ok(seconds) } else { Err(format!("{found} items instead of 50").into()) }
    })?;
    let each =
        |seconds: f64| format!("{} ms each; everything runs behind its one lock", number(seconds * 1e3));
    table.add("transactions of 5 items", 1.0 / posts, "/s", Bar::None, each(posts));
    table.add("queries of 50 items", 1.0 / pages, "/s", Bar::None, each(pages));
    Ok(())
}

/// Seconds of one call, on average.
fn timed(mut call: impl FnMut(u64) -> Result<f64>) -> Result<f64> {
    let mut sum = 0.0;
    for n in 0..CALLS {
        sum += call(n)?;
    }
    Ok(sum / CALLS as f64)
}

/// As a send writes them: outbox item, head, message, secret, event.
fn transaction(tables: &std::collections::BTreeMap<String, String>, n: u64) -> Value {
    let item = |pk: String, sk: String| {
        json!({ "PK": { "S": pk }, "SK": { "S": sk }, "sender": { "S": "stf_00000000000000000000000000" },
                "text": { "S": scene::text(0) }, "at": { "N": "1770000000000" } })
    };
    let put = |table: &str, item: Value| {
        json!({ "Put": { "TableName": tables[table], "Item": item,
                         "ConditionExpression": "attribute_not_exists(PK)" } })
    };
    let conversation = format!("CONV#engine#{}", n % 16);
    let mut outbox = item(format!("OUTBOX#engine#{n}"), "OUT".to_owned());
    outbox["due_pk"] = json!({ "S": format!("DUE#{}", n % 16) });
    outbox["due_at"] = json!({ "S": "2026-01-01T00:00:00.000Z" });
    json!({ "TransactItems": [
        put("ChatTable", outbox),
        { "Update": { "TableName": tables["ChatTable"],
            "Key": { "PK": { "S": conversation }, "SK": { "S": "HEAD" } },
            "UpdateExpression": "SET last_seq = :n, activity = :at, inbox_pk = :inbox, queue_pk = :inbox, patient = :p",
            "ExpressionAttributeValues": { ":n": { "N": n.to_string() }, ":at": { "S": format!("{n:020}") },
                ":inbox": { "S": "engine#open" }, ":p": { "S": "pat_1" } } } },
        put("ChatTable", item(conversation.clone(), format!("MSG#{n:012}"))),
        put("MessageKeysTable", item(conversation, format!("MSG#{n:012}"))),
        put("AuditTable", item("EVENT#engine".to_owned(), format!("{n:020}"))),
    ] })
}
