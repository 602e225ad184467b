//! The `messages` function on Lambda. A page is hundreds of small strings: the allocator takes a tenth off what it costs.

use platform::{App, aws, clock::Clock, config::Environment, entropy::Entropy, telemetry};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = Environment::of_process();
    telemetry::start(&environment)?;
    environment.required("MESSAGE_KEYS_TABLE")?;
    let app = App::new(&environment, &aws::sdk_config(&environment)?, Clock::System, Entropy::System)?;
    lambda_http::run(messages::router(app)).await
}
