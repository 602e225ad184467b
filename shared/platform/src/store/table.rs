//! Reading and writing the tables: the few DynamoDB calls that the aggregates are made of.

use std::{collections::HashMap, sync::Arc, time::Duration};

use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        AttributeValue, ConditionCheck, Delete, KeysAndAttributes, Put, ReturnValue,
        ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
    },
};
use futures_util::future::try_join_all;

use super::{
    item::{Attributes, Item, key_attributes, string},
    keys::{ItemKey, PK, SK},
};
use crate::{
    config::{ConfigError, Environment},
    entropy::Entropy,
};

/// Most writes of one transaction (DynamoDB's own limit).
pub const TRANSACTION_MAX: usize = 100;
/// Tries of a write while transactions of others are in its way.
const TRIES: u32 = 8;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB does not answer, is throttled or failed. The same call may succeed later.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// DynamoDB refused the call itself: permissions or a malformed request.
    #[error("the store refused the call")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Too many others wrote to the same item for too long.
    #[error("the item is contended")]
    Contended,
    /// An item does not have the shape that this version writes.
    #[error("a stored item has no usable {0}")]
    Malformed(&'static str),
}

/// Which of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Everything but the two below.
    Chat,
    /// The secrets of messages, in a table of their own so that they can be destroyed.
    MessageKeys,
    /// The audit log.
    Audit,
}

/// The tables. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    client: Client,
    names: Arc<[String; 3]>,
    pub(crate) entropy: Entropy,
}

/// One write of a transaction, on one item.
#[derive(Clone)]
pub enum Write {
    /// A new item; refused if the key exists.
    Create(Table, Attributes),
    /// An item that may replace one.
    Replace(Table, Attributes),
    /// A change of an item.
    Update(Change),
    /// The end of an item, whether it is there or not.
    Delete(Table, ItemKey),
    /// The end of an item that must be there.
    End(Table, ItemKey),
    /// Nothing but a condition.
    Check(Change),
}

/// A change of one item of the chat table: expressions in DynamoDB's own language, with their values.
#[derive(Clone)]
pub struct Change {
    /// The item.
    pub key: ItemKey,
    /// `SET …`, `ADD …`, `REMOVE …`; empty for a check.
    pub update: &'static str,
    /// What must hold.
    pub condition: Option<&'static str>,
    /// Values named `:x`.
    pub values: Vec<(&'static str, AttributeValue)>,
    /// The number of an attribute that is one of several alike.
    pub numbered: Option<u32>,
}

impl Change {
    /// A change without a condition.
    pub const fn new(key: ItemKey, update: &'static str) -> Self {
        Self { key, update, condition: None, values: Vec::new(), numbered: None }
    }

    /// What must hold.
    #[must_use]
    pub const fn when(mut self, condition: &'static str) -> Self {
        self.condition = Some(condition);
        self
    }

    /// A value named `:x`.
    #[must_use]
    pub fn value(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.values.push((name, value));
        self
    }

    /// The number of the attribute that is written `#name_n`.
    #[must_use]
    pub const fn numbered(mut self, n: u32) -> Self {
        self.numbered = Some(n);
        self
    }

    /// Attributes whose names are reserved words of DynamoDB's expressions are written `#name`; one of several alike is
    /// written `#name_n`, and its number is [`Change::numbered`].
    fn name_map(&self) -> Option<HashMap<String, String>> {
        let text = [self.update, self.condition.unwrap_or_default()].join(" ");
        let reserved = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '#' | '_')));
        let name = |name: &str| match (self.numbered, name.strip_suffix("_n")) {
            (Some(n), Some(name)) => format!("{name}_{n}"),
            _ => name.to_owned(),
        };
        let names: HashMap<String, String> =
            reserved.filter_map(|word| Some((word.to_owned(), name(word.strip_prefix('#')?)))).collect();
        (!names.is_empty()).then_some(names)
    }

    fn value_map(&self) -> Option<Attributes> {
        (!self.values.is_empty())
            .then(|| self.values.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect())
    }
}

/// Why a transaction was cancelled, other than by failure.
#[derive(Debug)]
pub enum Cancelled {
    /// The condition of this write (by its place) did not hold; the item as it stands, if there is one.
    Condition(usize, Option<Box<Attributes>>),
    /// Another transaction was in the way.
    Conflict,
}

impl Store {
    /// The tables named by `CHAT_TABLE`, `MESSAGE_KEYS_TABLE` and `AUDIT_TABLE`. A function is told only of the
    /// tables it works with; the others have no name here, and DynamoDB would refuse a call to them.
    ///
    /// # Errors
    /// [`ConfigError`] for a malformed name, or none for the chat table.
    pub fn new(environment: &Environment, client: Client, entropy: Entropy) -> Result<Self, ConfigError> {
        let name = |variable| {
            environment.parsed(variable, "is not a table name", |text| {
                let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
                ((3..=255).contains(&text.len()) && text.bytes().all(fits)).then(|| text.to_owned())
            })
        };
        let other = |variable| match environment.optional(variable) {
            Some(_) => name(variable),
            None => Ok(String::new()),
        };
        let names = [name("CHAT_TABLE")?, other("MESSAGE_KEYS_TABLE")?, other("AUDIT_TABLE")?];
        Ok(Self { client, names: Arc::new(names), entropy })
    }

    /// [`Store::new`] with a client of its own, for a function that needs nothing else of [`crate::App`].
    ///
    /// # Errors
    /// As [`Store::new`].
    pub fn of_function(
        environment: &Environment,
        sdk: &crate::aws::SdkConfig,
        entropy: Entropy,
    ) -> Result<Self, ConfigError> {
        Self::new(environment, Client::new(sdk), entropy)
    }

    fn name(&self, table: Table) -> &str {
        &self.names[table as usize]
    }

    /// One item of the chat table, strongly consistent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, key: &ItemKey) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(self.name(Table::Chat))
            .set_key(Some(key_attributes(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(failed)?;
        Ok(answer.item.map(Item::from))
    }

    /// Several items of the chat table, strongly consistent, in the order of the keys; `None` where there is none.
    /// More than 100 are fetched in parallel calls.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get_many(&self, keys: &[ItemKey]) -> Result<Vec<Option<Item>>, StoreError> {
        self.get_many_of(Table::Chat, keys).await
    }

    /// [`Store::get_many`] of any table.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get_many_of(&self, table: Table, keys: &[ItemKey]) -> Result<Vec<Option<Item>>, StoreError> {
        let mut unique: Vec<&ItemKey> = Vec::with_capacity(keys.len());
        for key in keys {
            if !unique.contains(&key) {
                unique.push(key);
            }
        }
        let chunks = try_join_all(unique.chunks(100).map(|chunk| self.get_chunk(table, chunk))).await?;
        let found: Vec<(ItemKey, Item)> = chunks.into_iter().flatten().collect();
        Ok(keys
            .iter()
            .map(|key| found.iter().find(|(k, _)| k == key).map(|(_, item)| item.clone()))
            .collect())
    }

    async fn get_chunk(&self, table: Table, keys: &[&ItemKey]) -> Result<Vec<(ItemKey, Item)>, StoreError> {
        let table = self.name(table);
        let mut wanted: Vec<Attributes> = keys.iter().map(|key| key_attributes(key)).collect();
        let mut found = Vec::with_capacity(keys.len());
        for attempt in 0..5_u32 {
            if wanted.is_empty() {
                return Ok(found);
            }
            if attempt > 0 {
                self.back_off(attempt, Duration::from_millis(20)).await;
            }
            let request = KeysAndAttributes::builder()
                .set_keys(Some(std::mem::take(&mut wanted)))
                .consistent_read(true)
                .build()
                .map_err(|error| StoreError::Refused(error.into()))?;
            let answer =
                self.client.batch_get_item().request_items(table, request).send().await.map_err(failed)?;
            for attributes in answer.responses.into_iter().flat_map(|mut r| r.remove(table)).flatten() {
                let item = Item::from(attributes);
                found.push((item.key()?, item));
            }
            wanted = answer
                .unprocessed_keys
                .and_then(|mut unprocessed| unprocessed.remove(table))
                .map(|rest| rest.keys)
                .unwrap_or_default();
        }
        if wanted.is_empty() { Ok(found) } else { Err(StoreError::Contended) }
    }

    /// Items of one partition of a table.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn query(&self, query: Query<'_>) -> Result<QueryPage, StoreError> {
        let (condition, range) = match (query.sort, query.index) {
            (Sort::All, None) => ("PK = :pk", None),
            (Sort::Prefix(prefix), None) => {
                ("PK = :pk AND begins_with(SK, :a)", Some((prefix.to_owned(), None)))
            }
            (Sort::Between(from, to), None) => ("PK = :pk AND SK BETWEEN :a AND :b", Some((from, Some(to)))),
            (Sort::All, Some(index)) => (index.condition(), None),
            (Sort::Between(from, to), Some(Index::Due)) => {
                ("due_pk = :pk AND due_at BETWEEN :a AND :b", Some((from, Some(to))))
            }
            _ => return Err(StoreError::Malformed("query")),
        };
        let mut values = Attributes::from([(":pk".to_owned(), string(query.partition))]);
        if let Some((from, to)) = range {
            values.insert(":a".to_owned(), string(from));
            values.extend(to.map(|to| (":b".to_owned(), string(to))));
        }
        let request = self
            .client
            .query()
            .table_name(self.name(query.table))
            .key_condition_expression(condition)
            .set_expression_attribute_values(Some(values))
            .scan_index_forward(query.ascending)
            .set_exclusive_start_key(query.start)
            .set_projection_expression(query.only.map(str::to_owned))
            .set_limit(query.limit.map(|l| i32::try_from(l).unwrap_or(i32::MAX)));
        let request = match query.index {
            Some(index) => request.index_name(index.name()),
            None => request.consistent_read(true),
        };
        let answer = request.send().await.map_err(failed)?;
        Ok(QueryPage {
            items: answer.items.unwrap_or_default().into_iter().map(Item::from).collect(),
            next: answer.last_evaluated_key,
        })
    }

    /// All items of a partition that fit, over as many pages as there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn query_all(&self, partition: &str, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let page = self.query(Query { start, ..Query::new(partition, Sort::Prefix(prefix)) }).await?;
            items.extend(page.items);
            match page.next {
                Some(next) => start = Some(next),
                None => return Ok(items),
            }
        }
    }

    /// Changes one item and returns it as it stands after, or `None` if the condition did not hold.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn change(&self, change: Change) -> Result<Option<Item>, StoreError> {
        self.changed(change, ReturnValue::AllNew).await
    }

    /// Changes one item and returns it as it stood before, or `None` if the condition did not hold. What a change
    /// removes is thereby handed to exactly one caller.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take(&self, change: Change) -> Result<Option<Item>, StoreError> {
        self.changed(change, ReturnValue::AllOld).await
    }

    async fn changed(&self, change: Change, returned: ReturnValue) -> Result<Option<Item>, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(self.name(Table::Chat))
            .set_key(Some(key_attributes(&change.key)))
            .update_expression(change.update)
            .set_condition_expression(change.condition.map(str::to_owned))
            .set_expression_attribute_names(change.name_map())
            .set_expression_attribute_values(change.value_map())
            .return_values(returned);
        match self.write_patiently(|| request.clone().send()).await? {
            Ok(answer) => Ok(Some(Item::from(answer.attributes.unwrap_or_default()))),
            Err(error) if is_condition(&error) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Puts one item. Returns whether it was put: `false` if the key exists already.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create(&self, table: Table, item: Attributes) -> Result<bool, StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(self.name(table))
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(PK)");
        match self.write_patiently(|| request.clone().send()).await? {
            Ok(_) => Ok(true),
            Err(error) if is_condition(&error) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    /// Puts an item, whatever was there.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn replace(&self, table: Table, item: Attributes) -> Result<(), StoreError> {
        let request = self.client.put_item().table_name(self.name(table)).set_item(Some(item));
        self.write_patiently(|| request.clone().send()).await?.map_err(failed)?;
        Ok(())
    }

    /// Writes each by itself, at the same time. For what may be written twice, and stays true if nothing follows: an item
    /// under a key of its own. What is there already is no failure.
    ///
    /// # Errors
    /// [`StoreError`]: any of them may be written.
    pub async fn write_each(&self, writes: &[Write]) -> Result<(), StoreError> {
        let write = async |write: &Write| match write {
            Write::Create(table, item) => self.create(*table, item.clone()).await.map(drop),
            Write::Replace(table, item) => self.replace(*table, item.clone()).await,
            other => self.transact_patiently(|| vec![other.clone()]).await.map(drop),
        };
        try_join_all(writes.iter().map(write)).await.map(drop)
    }

    /// Deletes one item of the chat table.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete(&self, key: &ItemKey) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(self.name(Table::Chat));
        let request = request.set_key(Some(key_attributes(key)));
        self.write_patiently(|| request.clone().send()).await?.map_err(failed)?;
        Ok(())
    }

    /// Repeats a write of one item while a transaction holds it. The SDK does not: to DynamoDB the call is wrong
    /// at that moment, and not the service.
    async fn write_patiently<T, E, R, F>(
        &self,
        send: impl Fn() -> F,
    ) -> Result<Result<T, SdkError<E, R>>, StoreError>
    where
        E: ProvideErrorMetadata,
        F: Future<Output = Result<T, SdkError<E, R>>>,
    {
        for attempt in 1..=TRIES {
            match send().await {
                Err(error) if error.code() == Some("TransactionConflictException") => {
                    self.back_off(attempt, Duration::from_millis(10)).await;
                }
                answer => return Ok(answer),
            }
        }
        Err(StoreError::Contended)
    }

    /// Writes everything or nothing.
    ///
    /// # Errors
    /// [`StoreError`]; a condition that did not hold or a conflict is `Ok(Err(Cancelled))`.
    pub async fn transact(&self, writes: Vec<Write>) -> Result<Result<(), Cancelled>, StoreError> {
        let items =
            writes.into_iter().map(|write| self.transact_item(write)).collect::<Result<Vec<_>, _>>()?;
        match self.client.transact_write_items().set_transact_items(Some(items)).send().await {
            Ok(_) => Ok(Ok(())),
            Err(error) => cancelled(error).map(Err),
        }
    }

    /// [`Store::transact`], repeated while other transactions are in the way.
    ///
    /// # Errors
    /// As [`Store::transact`], and [`StoreError::Contended`] after eight tries.
    pub async fn transact_patiently(
        &self,
        writes: impl Fn() -> Vec<Write>,
    ) -> Result<Result<(), Cancelled>, StoreError> {
        for attempt in 1..=TRIES {
            match self.transact(writes()).await? {
                Err(Cancelled::Conflict) => self.back_off(attempt, Duration::from_millis(10)).await,
                done => return Ok(done),
            }
        }
        Err(StoreError::Contended)
    }

    /// Waits a random time of up to `base * 2^attempt`, at most 400 ms (full jitter).
    pub async fn back_off(&self, attempt: u32, base: Duration) {
        let ceiling = (base * 2_u32.saturating_pow(attempt.min(6))).min(Duration::from_millis(400));
        let micros = self.entropy.below(u64::try_from(ceiling.as_micros()).unwrap_or(u64::MAX));
        tokio::time::sleep(Duration::from_micros(micros)).await;
    }

    fn transact_item(&self, write: Write) -> Result<TransactWriteItem, StoreError> {
        let old = ReturnValuesOnConditionCheckFailure::AllOld;
        let refused = |error: aws_sdk_dynamodb::error::BuildError| StoreError::Refused(error.into());
        let builder = TransactWriteItem::builder();
        Ok(match write {
            Write::Create(table, item) => builder.put(
                Put::builder()
                    .table_name(self.name(table))
                    .set_item(Some(item))
                    .condition_expression("attribute_not_exists(PK)")
                    .return_values_on_condition_check_failure(old)
                    .build()
                    .map_err(refused)?,
            ),
            Write::Replace(table, item) => builder.put(
                Put::builder().table_name(self.name(table)).set_item(Some(item)).build().map_err(refused)?,
            ),
            Write::Update(change) => builder.update(
                Update::builder()
                    .table_name(self.name(Table::Chat))
                    .set_key(Some(key_attributes(&change.key)))
                    .update_expression(change.update)
                    .set_condition_expression(change.condition.map(str::to_owned))
                    .set_expression_attribute_names(change.name_map())
                    .set_expression_attribute_values(change.value_map())
                    .return_values_on_condition_check_failure(old)
                    .build()
                    .map_err(refused)?,
            ),
            Write::Delete(table, key) => builder.delete(
                Delete::builder()
                    .table_name(self.name(table))
                    .set_key(Some(key_attributes(&key)))
                    .build()
                    .map_err(refused)?,
            ),
            Write::End(table, key) => builder.delete(
                Delete::builder()
                    .table_name(self.name(table))
                    .set_key(Some(key_attributes(&key)))
                    .condition_expression("attribute_exists(PK)")
                    .build()
                    .map_err(refused)?,
            ),
            Write::Check(change) => builder.condition_check(
                ConditionCheck::builder()
                    .table_name(self.name(Table::Chat))
                    .set_key(Some(key_attributes(&change.key)))
                    .set_condition_expression(change.condition.map(str::to_owned))
                    .set_expression_attribute_names(change.name_map())
                    .set_expression_attribute_values(change.value_map())
                    .build()
                    .map_err(refused)?,
            ),
        }
        .build())
    }
}

/// Which part of a partition.
#[derive(Clone, Debug)]
pub enum Sort<'a> {
    /// All of it.
    All,
    /// Sort keys that begin so.
    Prefix(&'a str),
    /// Sort keys from one to another, both included.
    Between(String, String),
}

/// An index of the chat table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// By state.
    Inbox,
    /// By assignee.
    Queue,
    /// By unread.
    Unread,
    /// By due time.
    Due,
}

impl Index {
    const fn name(self) -> &'static str {
        match self {
            Self::Inbox => super::keys::INBOX_INDEX,
            Self::Queue => super::keys::QUEUE_INDEX,
            Self::Unread => super::keys::UNREAD_INDEX,
            Self::Due => super::keys::DUE_INDEX,
        }
    }

    const fn condition(self) -> &'static str {
        match self {
            Self::Inbox => "inbox_pk = :pk",
            Self::Queue => "queue_pk = :pk",
            Self::Unread => "unread_pk = :pk",
            Self::Due => "due_pk = :pk",
        }
    }
}

/// A query of one partition.
pub struct Query<'a> {
    /// Which table.
    pub table: Table,
    /// Which index of the chat table, if one.
    pub index: Option<Index>,
    /// The partition.
    pub partition: &'a str,
    /// Which part of it.
    pub sort: Sort<'a>,
    /// Order of the sort key.
    pub ascending: bool,
    /// Most items.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub start: Option<Attributes>,
    /// The attributes that are wanted, if not all: what is not sent need not be read. No reserved words.
    pub only: Option<&'static str>,
}

impl<'a> Query<'a> {
    /// A part of a partition of the chat table, ascending.
    pub const fn new(partition: &'a str, sort: Sort<'a>) -> Self {
        Self {
            table: Table::Chat,
            index: None,
            partition,
            sort,
            ascending: true,
            limit: None,
            start: None,
            only: None,
        }
    }
}

/// One page of a query.
pub struct QueryPage {
    /// The items.
    pub items: Vec<Item>,
    /// Where the next page begins, if there is more.
    pub next: Option<Attributes>,
}

/// The key part of `LastEvaluatedKey` in a fixed order, for a cursor.
pub fn start_key_pairs(start: &Attributes) -> Vec<(String, String)> {
    let mut pairs: Vec<_> =
        start.iter().filter_map(|(name, value)| Some((name.clone(), value.as_s().ok()?.clone()))).collect();
    pairs.sort();
    debug_assert!(pairs.iter().any(|(n, _)| n == PK) && pairs.iter().any(|(n, _)| n == SK));
    pairs
}

fn is_condition<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

fn failed<E, R>(error: SdkError<E, R>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match error.code() {
        Some("AccessDeniedException" | "ValidationException" | "ResourceNotFoundException") => {
            StoreError::Refused(error.into())
        }
        _ => StoreError::Unavailable(error.into()),
    }
}

fn cancelled(error: SdkError<TransactWriteItemsError>) -> Result<Cancelled, StoreError> {
    let service = match error {
        SdkError::ServiceError(service) => service,
        other => return Err(failed(other)),
    };
    let TransactWriteItemsError::TransactionCanceledException(exception) = service.err() else {
        let in_progress = matches!(service.err(), TransactWriteItemsError::TransactionInProgressException(_));
        let code = service.err().code().map(str::to_owned);
        return if in_progress || code.as_deref() == Some("TransactionConflictException") {
            Ok(Cancelled::Conflict)
        } else {
            Err(failed(SdkError::ServiceError(service)))
        };
    };
    let reasons = exception.cancellation_reasons();
    // A failed condition is final whatever else happened; a conflict alone is worth another try.
    let condition = reasons.iter().position(|reason| reason.code() == Some("ConditionalCheckFailed"));
    if let Some(place) = condition {
        return Ok(Cancelled::Condition(place, reasons[place].item().map(|item| Box::new(item.clone()))));
    }
    let passing = |code: Option<&str>| {
        matches!(
            code,
            None | Some("None" | "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
        )
    };
    if reasons.iter().all(|reason| passing(reason.code())) {
        Ok(Cancelled::Conflict)
    } else {
        Err(StoreError::Refused(SdkError::<_, ()>::service_error(service.into_err(), ()).into()))
    }
}
