//! An engine: something that answers DynamoDB's calls, and perhaps those of KMS, at a URL.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableStatus, TimeToLiveSpecification,
};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use local::aws::{LocalAws, Options, template};
use platform::{aws::SdkConfig, clock::Clock, config::Environment};

/// The one source of the schema.
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// The tables by their logical ids, with the variable that names each to the product.
const TABLES: [(&str, &str); 3] =
    [("ChatTable", "CHAT_TABLE"), ("MessageKeysTable", "MESSAGE_KEYS_TABLE"), ("AuditTable", "AUDIT_TABLE")];

/// What an engine does otherwise than DynamoDB and KMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// It answers no KMS calls: cases that need them are ignored.
    NoKms,
    /// It loses writes when calls overlap: callers take turns, and each case has tables of its own.
    OneAtATime,
}

/// One difference, and whose fault it is.
#[derive(Debug)]
pub struct Difference {
    /// The name of the engine.
    pub engine: &'static str,
    /// What is different.
    pub gap: Gap,
    /// How we know.
    pub reason: &'static str,
}

/// Every difference that the suite makes allowance for.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        engine: "moto",
        gap: Gap::OneAtATime,
        reason: "a transaction copies its tables before it begins and, when it is cancelled, puts the copies back: what \
                 others wrote meanwhile is gone. Nothing is locked, so a copy made beside a write answers 500 (5.2.5: \
                 dynamodb/models, transact_write_items)",
    },
    Difference { engine: "dynamodb-local", gap: Gap::NoKms, reason: "it is DynamoDB alone" },
];

/// The names of the three tables, as the product's environment has them.
pub type TableNames = BTreeMap<String, String>;

/// An engine, ready to be asked.
pub struct Engine {
    name: String,
    sdk: SdkConfig,
    template: template::Template,
    keys: Option<[String; 2]>,
    /// Set where this run makes the tables: their common prefix, so that two runs at one URL do not meet.
    prefix: Option<String>,
    local: Option<LocalAws>,
}

impl Engine {
    /// The engine that `AWS_ENDPOINT_URL` and `ENGINE` name; local AWS on a loopback port if neither is set.
    ///
    /// # Errors
    /// A sentence for whoever started the suite.
    pub async fn of_environment() -> Result<Self, String> {
        let name = std::env::var("ENGINE").ok().filter(|name| !name.is_empty());
        match std::env::var("AWS_ENDPOINT_URL").ok().filter(|url| !url.is_empty()) {
            Some(url) => Self::at(&url, name.unwrap_or_else(|| "unnamed".to_owned())).await,
            None if name.as_deref().is_none_or(|name| name == "local") => Self::local().await,
            None => Err("ENGINE names an engine, but AWS_ENDPOINT_URL does not say where it is".to_owned()),
        }
    }

    /// Local AWS, on the wire.
    async fn local() -> Result<Self, String> {
        let options = Options {
            template: TEMPLATE.to_owned(),
            parameters: parameters(),
            data: None,
            now: Arc::new(|| Clock::System.now().as_millis()),
            seed: 1,
            record: false,
        };
        let aws = LocalAws::open(options).map_err(|error| format!("local AWS: {error}"))?;
        let listener =
            tokio::net::TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let router = aws.wire_router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let key = |logical: &str| {
            let key = aws.template().keys.iter().find(|key| key.logical == logical);
            key.map(|key| key.arn.clone()).ok_or_else(|| format!("template.yaml has no {logical}"))
        };
        Ok(Self {
            name: "local".to_owned(),
            sdk: sdk_config(&format!("http://{address}"))?,
            template: aws.template().clone(),
            keys: Some([key("EnvelopeKey")?, key("StorageKey")?]),
            prefix: None,
            local: Some(aws),
        })
    }

    /// Local AWS, on the wire, with latencies in milliseconds and with conflicts of transactions that overlap.
    ///
    /// # Errors
    /// A sentence.
    pub async fn with_conflicts(read_ms: u64, transaction_ms: u64) -> Result<Self, String> {
        let engine = Self::local().await?;
        if let Some(aws) = &engine.local {
            let model = local::aws::Model::latencies(read_ms, transaction_ms);
            aws.set_model(Some(model)).await.map_err(|error| error.to_string())?;
        }
        Ok(engine)
    }

    async fn at(url: &str, name: String) -> Result<Self, String> {
        let template =
            template::Template::parse(TEMPLATE, &parameters()).map_err(|error| error.to_string())?;
        let mut engine = Self {
            name,
            sdk: sdk_config(url)?,
            template,
            keys: None,
            prefix: Some(format!("suite-{}", Clock::System.now().as_millis())),
            local: None,
        };
        if !engine.lacks(Gap::NoKms) {
            engine.keys = Some([engine.create_key().await?, engine.create_key().await?]);
        }
        if !engine.lacks(Gap::OneAtATime) {
            engine.make_tables("all").await?;
        }
        Ok(engine)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The configuration of a client.
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// Whether it is excused from something.
    pub fn lacks(&self, gap: Gap) -> bool {
        DIFFERENCES.iter().any(|difference| difference.engine == self.name && difference.gap == gap)
    }

    /// The ARNs of two symmetric keys, where there is KMS.
    pub fn keys(&self) -> Option<&[String; 2]> {
        self.keys.as_ref()
    }

    /// The tables for a case: those that all share, unless the engine needs some for each.
    ///
    /// # Errors
    /// A sentence.
    pub async fn tables(&self, case: &str) -> Result<TableNames, String> {
        if self.lacks(Gap::OneAtATime) {
            let label = case.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
            return self.make_tables(&label).await;
        }
        Ok(self.table_names("all"))
    }

    fn table_names(&self, label: &str) -> TableNames {
        let name = |logical: &str| match &self.prefix {
            Some(prefix) => format!("{prefix}-{label}-{logical}"),
            None => self.template.table(logical).map(|table| table.name.clone()).unwrap_or_default(),
        };
        TABLES.iter().map(|(logical, variable)| ((*variable).to_owned(), name(logical))).collect()
    }

    async fn make_tables(&self, label: &str) -> Result<TableNames, String> {
        let names = self.table_names(label);
        for (logical, variable) in TABLES {
            let table =
                self.template.table(logical).ok_or_else(|| format!("template.yaml has no {logical}"))?;
            create(&aws_sdk_dynamodb::Client::new(&self.sdk), table, &names[variable])
                .await
                .map_err(|error| format!("{logical} on {}: {error}", self.name))?;
        }
        Ok(names)
    }

    async fn create_key(&self) -> Result<String, String> {
        let answer = aws_sdk_kms::Client::new(&self.sdk).create_key().send().await;
        let answer = answer.map_err(|error| format!("CreateKey on {}: {error:?}", self.name))?;
        answer.key_metadata.and_then(|key| key.arn).ok_or_else(|| "CreateKey answered no ARN".to_owned())
    }
}

/// The product's own configuration, but patient: a call that is slow on a busy machine must not be made twice.
fn sdk_config(url: &str) -> Result<SdkConfig, String> {
    let variables = [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_REGION", template::REGION),
        // Never those of the machine: the suite makes tables and keys.
        ("AWS_ACCESS_KEY_ID", "ENGINESUITE"),
        ("AWS_SECRET_ACCESS_KEY", "enginesuite"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let environment = Environment::from_map(variables.into());
    let sdk = platform::aws::sdk_config(&environment).map_err(|error| error.to_string())?;
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(60)).build();
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(30));
    Ok(sdk.into_builder().timeout_config(timeouts).retry_config(retries).build())
}

async fn create(
    client: &aws_sdk_dynamodb::Client,
    table: &template::Table,
    name: &str,
) -> Result<(), aws_sdk_dynamodb::Error> {
    let mut request = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (attribute, kind) in &table.attributes {
        let kind = ScalarAttributeType::from(kind.as_str());
        let definition = AttributeDefinition::builder().attribute_name(attribute).attribute_type(kind);
        request = request.attribute_definitions(definition.build()?);
    }
    for element in key_schema(&table.keys)? {
        request = request.key_schema(element);
    }
    for index in &table.indexes {
        let projection = Projection::builder();
        let projection = match &index.projection {
            template::Projection::All => projection.projection_type(ProjectionType::All),
            template::Projection::Keys => projection.projection_type(ProjectionType::KeysOnly),
            template::Projection::Include(names) => projection
                .projection_type(ProjectionType::Include)
                .set_non_key_attributes(Some(names.clone())),
        };
        let index = GlobalSecondaryIndex::builder()
            .index_name(&index.name)
            .set_key_schema(Some(key_schema(&index.keys)?))
            .projection(projection.build());
        request = request.global_secondary_indexes(index.build()?);
    }
    request.send().await?;
    loop {
        let description = client.describe_table().table_name(name).send().await?.table;
        if description.and_then(|table| table.table_status) == Some(TableStatus::Active) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    if let Some(attribute) = &table.ttl {
        let ttl = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build()?;
        client.update_time_to_live().table_name(name).time_to_live_specification(ttl).send().await?;
    }
    Ok(())
}

fn key_schema(names: &[String]) -> Result<Vec<KeySchemaElement>, aws_sdk_dynamodb::error::BuildError> {
    let kinds = [KeyType::Hash, KeyType::Range];
    let elements = names.iter().zip(kinds);
    elements
        .map(|(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build())
        .collect()
}

fn parameters() -> BTreeMap<String, String> {
    [
        ("PublicOrigin", "http://localhost:8080"),
        ("OriginSecret", "local-origin-secret-0123456789abcdef"),
        ("MailFrom", "notices@clinic.test"),
        ("MailReplyTo", "front-desk@clinic.test"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
