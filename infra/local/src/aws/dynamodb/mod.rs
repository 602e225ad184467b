//! DynamoDB on `dynoxide-rs`: permissions, idempotency tokens, stream records and the model around an embedded engine.

mod operation;
mod replica;
mod schema;
mod stream;
mod tokens;

use std::path::Path;

use dynoxide::actions::scan::ScanRequest;
use dynoxide::{Database, DynoxideError};
use serde_json::{Value, json};

pub(crate) use replica::Replica;
pub(crate) use stream::{Streams, mapping_id};

use self::operation::{Kind, Operation, Touch, key_text, text_of};
use self::tokens::{Seen, Tokens};
use super::Inner;
use super::datadir::OpenError;
use super::iam::{Caller, Context};
use super::model::{Active, Class};
use super::recorder::{Draft, Units};
use super::template::{ACCOUNT, REGION, Template};
use super::wire::{Answer, AwsError, Request, Service};

pub(crate) struct DynamoDb {
    db: Database,
    /// The engine runs one call at a time behind a blocking lock. Waiting here instead leaves the thread to others.
    gate: tokio::sync::Mutex<()>,
    tokens: Tokens,
    streams: Streams,
}

/// A request that passed every check.
struct Checked {
    operation: Operation,
    /// Idempotency token and fingerprint.
    token: Option<(String, u64)>,
}

impl DynamoDb {
    pub(crate) fn open(template: &Template, file: Option<&Path>) -> Result<Self, OpenError> {
        let db = match file {
            Some(path) => Database::new(&path.to_string_lossy())
                .map_err(|error| OpenError::Corrupt { file: path.to_owned(), reason: error.to_string() })?,
            None => Database::memory().map_err(|error| OpenError::Engine(error.to_string()))?,
        };
        // The engine's public way to `synchronous = NORMAL`: with WAL, safe against the end of the process.
        db.disable_bulk_loading().map_err(|error| OpenError::Engine(error.to_string()))?;
        schema::ensure(&db, &template.tables)?;
        Ok(Self {
            db,
            gate: tokio::sync::Mutex::default(),
            tokens: Tokens::default(),
            streams: Streams::new(template),
        })
    }

    /// Drops the stream records of writes that an earlier process did not finish.
    pub(crate) fn recover(&self, template: &Template, store: &super::store::Store) -> Result<(), OpenError> {
        Streams::recover(template, &self.db, store).map_err(|error| OpenError::Engine(error.to_string()))
    }

    /// Deletes items whose time to live is over. Answers how many.
    pub(crate) async fn sweep(&self) -> usize {
        let _gate = self.gate.lock().await;
        self.db.sweep_ttl().unwrap_or(0)
    }

    /// Every item of a table, as the JSON of the API.
    pub(crate) async fn items(&self, table: &str) -> Vec<Value> {
        let _gate = self.gate.lock().await;
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let request = ScanRequest {
                table_name: table.to_owned(),
                exclusive_start_key: start,
                ..ScanRequest::default()
            };
            let Ok(page) = self.db.scan(request) else { return items };
            items.extend(page.items.unwrap_or_default().into_iter().map(|item| json!(item)));
            start = page.last_evaluated_key;
            if start.is_none() {
                return items;
            }
        }
    }

    /// A delayed copy for index reads.
    pub(crate) async fn replica(
        &self,
        template: &Template,
        max_lag: std::time::Duration,
    ) -> Result<Replica, OpenError> {
        let _gate = self.gate.lock().await;
        Replica::copy(&self.db, template, max_lag)
    }

    pub(crate) async fn handle(
        &self,
        inner: &Inner,
        caller: &Caller,
        request: &Request,
        draft: &mut Draft,
    ) -> Result<Answer, AwsError> {
        let mut operation = Operation::read(&request.operation, &request.body)
            .ok_or_else(|| AwsError::unknown_operation(Service::DynamoDb, &request.operation))?
            .map_err(|error| failure(&error))?;
        let token = operation.take_token();
        let touches = operation.touches();
        describe(inner, draft, &touches, &operation);
        authorize(inner, caller, request, &operation, &touches)?;
        let model = inner.model();
        let interval = match &model {
            Some(model) => {
                let keys = conflict_keys(&inner.template, &touches);
                let (class, transaction) = class(&operation);
                let interval = model.begin(&keys, class != Class::Read, transaction);
                model.sleep(if interval.is_err() { Class::Read } else { class }).await;
                Some(interval.map_err(|at| conflict(at, transaction, touches.len()))?)
            }
            None => None,
        };
        if let Some(model) = &model {
            throttle(model, &operation, &touches)?;
        }
        drop(touches);
        let _gate = self.gate.lock().await;
        let result = self.execute(inner, request, Checked { operation, token }, model.as_deref(), draft);
        drop(interval);
        result
    }

    fn execute(
        &self,
        inner: &Inner,
        request: &Request,
        Checked { operation, token }: Checked,
        model: Option<&Active>,
        draft: &mut Draft,
    ) -> Result<Answer, AwsError> {
        let count = draft.wanted();
        if let Some((token, fingerprint)) = &token {
            match self.tokens.look(token, *fingerprint) {
                Seen::Never => {}
                Seen::Same => return Ok(Answer::json(Service::DynamoDb, "{}")),
                Seen::Other => {
                    return Err(AwsError::sender(
                        "IdempotentParameterMismatchException",
                        "Request token was used with different parameters",
                    ));
                }
            }
        }
        let writes = operation.touches().iter().filter(|touch| touch.kind != Kind::Read).count();
        let transaction = matches!(operation, Operation::Transact(_));
        let intent = self
            .streams
            .intend(&inner.template, &self.db, &inner.store, &operation, inner.now())
            .map_err(|error| failure(&error))?;
        let on_replica = model.and_then(|model| model.replica()).filter(|_| reads_index(&operation));
        let written = model
            .and_then(|model| model.replica())
            .map(|replica| (replica, replica.keys(&inner.template, &operation)));
        let result = match on_replica {
            Some(replica) => operation.run(replica.catch_up(), &request.operation, &request.body, count),
            None => operation.run(&self.db, &request.operation, &request.body, count),
        };
        match result {
            Ok(outcome) => {
                if let Some(intent) = intent {
                    self.streams
                        .commit(&inner.template, &self.db, &inner.store, intent)
                        .map_err(|error| failure(&error))?;
                    inner.wake.notify_waiters();
                }
                if let Some((replica, keys)) = written {
                    replica.written(&self.db, keys, model);
                }
                if let Some((token, fingerprint)) = token {
                    self.tokens.remember(token, fingerprint);
                }
                draft.units(outcome.units);
                Ok(Answer::json(Service::DynamoDb, outcome.body))
            }
            Err(error) => {
                if let Some(intent) = &intent {
                    self.streams.abandon(&inner.store, intent).map_err(|error| failure(&error))?;
                }
                // A write whose condition fails is charged all the same; the image that was looked at is taken as 1 KB.
                if matches!(
                    error,
                    DynoxideError::ConditionalCheckFailedException(..)
                        | DynoxideError::TransactionCanceledException(..)
                ) {
                    let each = if transaction { 2.0 } else { 1.0 };
                    draft.units(Units::writes([each * writes as f64].into_iter()));
                }
                Err(failure(&error))
            }
        }
    }
}

fn describe(inner: &Inner, draft: &mut Draft, touches: &[Touch<'_>], operation: &Operation) {
    if !draft.wanted() {
        return;
    }
    for touch in touches {
        let table = inner.template.table_named(touch.table);
        let kind = table
            .and_then(|table| text_of(touch.key?.get(table.keys.first()?)?))
            .map(|pk| pk.split('#').next().unwrap_or_default().to_owned());
        let name = table.map_or(touch.table, |table| table.logical.as_str());
        draft.touch(name, touch.index, touch.action, kind);
    }
    if let Operation::Query(query) = operation
        && let Some(values) = &query.expression_attribute_values
    {
        // The partition is a value of the key condition: the first that looks like a key names its kind.
        let kinds = values.values().filter_map(text_of);
        draft.queried(kinds.filter_map(|text| text.split_once('#').map(|(kind, _)| kind.to_owned())).min());
    }
}

/// The partition keys that a request names, as `dynamodb:LeadingKeys` has them.
fn leading_keys(
    inner: &Inner,
    operation: &Operation,
    touches: &[Touch<'_>],
    (action, table, index): (&str, &str, Option<&str>),
) -> Vec<String> {
    if let Operation::Query(query) = operation {
        // `<partition> = :value AND …`
        let condition = query.key_condition_expression.as_deref().unwrap_or_default();
        let name = condition.split('=').nth(1).and_then(|rest| rest.split_whitespace().next());
        let values = query.expression_attribute_values.as_ref();
        let value = name.zip(values).and_then(|(name, values)| values.get(name));
        return value.and_then(text_of).map(str::to_owned).into_iter().collect();
    }
    let Some(hash) = inner.template.table_named(table).and_then(|table| table.keys.first()) else {
        return Vec::new();
    };
    let same =
        touches.iter().filter(|touch| (touch.action, touch.table, touch.index) == (action, table, index));
    same.filter_map(|touch| touch.key?.get(hash).and_then(text_of)).map(str::to_owned).collect()
}

fn authorize(
    inner: &Inner,
    caller: &Caller,
    request: &Request,
    operation: &Operation,
    touches: &[Touch<'_>],
) -> Result<(), AwsError> {
    if *caller == Caller::Admin {
        return Ok(());
    }
    let denied = |denied| AwsError::denied(Service::DynamoDb, &denied);
    if matches!(operation, Operation::Control(_)) {
        let action = format!("dynamodb:{}", request.operation);
        let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let resource = table_arn(inner, body["TableName"].as_str().unwrap_or("*"));
        return inner.iam.authorize(caller, &action, &resource, &Context::new()).map_err(denied);
    }
    let mut checked: Vec<(&str, &str, Option<&str>)> = Vec::new();
    let mut opened: Vec<&str> = Vec::new();
    for touch in touches {
        let cell = (touch.action, touch.table, touch.index);
        if checked.contains(&cell) {
            continue;
        }
        checked.push(cell);
        let context =
            Context::new().with("dynamodb:LeadingKeys", leading_keys(inner, operation, touches, cell));
        let mut resource = table_arn(inner, touch.table);
        if let Some(index) = touch.index {
            resource = format!("{resource}/index/{index}");
        }
        inner
            .iam
            .authorize(caller, &format!("dynamodb:{}", touch.action), &resource, &context)
            .map_err(denied)?;
        if !opened.contains(&touch.table) {
            opened.push(touch.table);
            if let Some(table) = inner.template.table_named(touch.table)
                && let Some(key) = &table.key
            {
                let pairs =
                    [("aws:dynamodb:tableName", table.name.as_str()), ("aws:dynamodb:subscriberId", ACCOUNT)];
                inner.via_key(caller, Service::DynamoDb, key, &["kms:Decrypt"], &pairs).map_err(denied)?;
            }
        }
    }
    Ok(())
}

fn table_arn(inner: &Inner, name: &str) -> String {
    match inner.template.table_named(name) {
        Some(table) => table.arn.clone(),
        None => format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"),
    }
}

fn class(operation: &Operation) -> (Class, bool) {
    match operation {
        Operation::Transact(_) => (Class::Transaction, true),
        Operation::TransactGet(_) => (Class::Read, true),
        Operation::Put(_) | Operation::Update(_) | Operation::Delete(_) | Operation::BatchWrite(_) => {
            (Class::Write, false)
        }
        _ => (Class::Read, false),
    }
}

fn reads_index(operation: &Operation) -> bool {
    match operation {
        Operation::Query(query) => query.index_name.is_some(),
        Operation::Scan(scan) => scan.index_name.is_some(),
        _ => false,
    }
}

fn conflict_keys(template: &Template, touches: &[Touch<'_>]) -> Vec<String> {
    touches
        .iter()
        .filter_map(|touch| {
            let table = template.table_named(touch.table)?;
            Some(format!("{}{}", table.name, key_text(touch.key?, &table.keys)))
        })
        .collect()
}

/// The refusal of the later of two overlapping transactions. `at` is the item that both touch.
fn conflict(at: usize, transaction: bool, count: usize) -> AwsError {
    if !transaction {
        return AwsError::sender("TransactionConflictException", "Transaction is ongoing for the item");
    }
    cancelled(at, count, "TransactionConflict", "Transaction is ongoing for the item")
}

/// A cancelled transaction with one reason.
pub(crate) fn cancelled(at: usize, count: usize, code: &str, message: &str) -> AwsError {
    let codes: Vec<&str> = (0..count).map(|index| if index == at { code } else { "None" }).collect();
    let reasons: Vec<Value> = (0..count)
        .map(|index| {
            if index == at { json!({ "Code": code, "Message": message }) } else { json!({ "Code": "None" }) }
        })
        .collect();
    let message = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        codes.join(", ")
    );
    let mut error = AwsError::sender("TransactionCanceledException", message);
    error.members.insert("CancellationReasons".to_owned(), Value::Array(reasons));
    error
}

/// How many parts a request has: for a cancellation that names each.
pub(crate) fn part_count(request: &Request) -> usize {
    match Operation::read(&request.operation, &request.body) {
        Some(Ok(operation)) => operation.touches().len(),
        _ => 1,
    }
}

fn throttle(model: &Active, operation: &Operation, touches: &[Touch<'_>]) -> Result<(), AwsError> {
    let transaction = matches!(operation, Operation::Transact(_));
    for (at, touch) in touches.iter().enumerate() {
        let Some(item) = touch.key.filter(|_| touch.kind != Kind::Read) else { continue };
        let size = dynoxide::types::item_size(item).max(1);
        let units = size.div_ceil(1024) as f64 * if transaction { 2.0 } else { 1.0 };
        let partition = item.get("PK").and_then(text_of).unwrap_or_default();
        if !model.spend(&format!("{}\u{1f}{partition}", touch.table), units) {
            let message = "Throughput exceeds the current capacity of your table or index.";
            return Err(if transaction {
                cancelled(at, touches.len(), "ThrottlingError", message)
            } else {
                AwsError::sender("ThrottlingException", message)
            });
        }
    }
    Ok(())
}

/// The engine's error on the wire.
fn failure(error: &DynoxideError) -> AwsError {
    let code = error.error_type().rsplit('#').next().unwrap_or("InternalServerError").to_owned();
    AwsError {
        status: error.status_code(),
        raw: Some(error.to_json()),
        ..AwsError::sender(&code, error.to_string())
    }
}
