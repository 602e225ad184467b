//! The same as the SDK's own guide has it: its default chain finds region and credentials.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use lambda_http::{Body, Error, Request, Response, run, service_fn};
use platform::config::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of_process();
    let table = environment.required("CHAT_TABLE")?;
    let client = Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await);
    run(service_fn(|_: Request| async {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let get = client.get_item().table_name(table).key("PK", key("HELLO")).key("SK", key("WORLD"));
        let found = get.send().await?.item.is_some();
        Ok::<_, Error>(Response::new(Body::from(format!("hello, {found}"))))
    }))
    .await
}
