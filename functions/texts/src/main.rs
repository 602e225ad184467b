//! The `texts` function on Lambda.

use platform::{App, aws, clock::Clock, config::Environment, entropy::Entropy, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let environment = Environment::of_process();
    telemetry::start(&environment)?;
    let app = App::new(&environment, &aws::sdk_config(&environment)?, Clock::System, Entropy::System)?;
    lambda_http::run(texts::router(app)).await
}
