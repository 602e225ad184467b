//! The `texter` function on Lambda: sends what is due, and takes what comes back.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use platform::{aws, clock::Clock, config::Environment, entropy::Entropy, telemetry};
use texts::texter::{State, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of_process();
    telemetry::start(&environment)?;
    let state = State::new(&environment, &aws::sdk_config(&environment)?, Clock::System, Entropy::System)?;
    run(service_fn(async |event: LambdaEvent<_>| handle(&state, event.payload).await)).await
}
