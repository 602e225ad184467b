//! The `feedback` function on Lambda.

use feedback::{State, handle};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use platform::{aws, clock::Clock, config::Environment, entropy::Entropy, telemetry};

#[allow(clippy::disallowed_methods, reason = "the one place that starts the runtime")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of_process();
    telemetry::start(&environment)?;
    let sdk = aws::sdk_config(&environment)?;
    let state = State::new(&environment, &sdk, Clock::System, Entropy::System)?;
    run(service_fn(async |event: LambdaEvent<_>| handle(&state, event.payload).await)).await
}
