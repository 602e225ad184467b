//! The operator's command line.
#![allow(clippy::print_stderr, reason = "a command line speaks to whoever typed it")]

use std::process::ExitCode;

use admin::{Cli, run, stack::Stack};
use clap::Parser;
use platform::{clock::Clock, entropy::Entropy, provision::Provisioner};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match execute(&Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", platform::http::failure::Chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn execute(cli: &Cli) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if run::run_offline(&cli.command, &mut std::io::stdout().lock())? {
        return Ok(());
    }
    let stack = Stack::resolve(&cli.stack)?;
    let sdk = stack.sdk_config(&cli.stack).await;
    let provisioner = Provisioner::new(&stack.environment(), &sdk, Clock::System, Entropy::System)?;
    run::run(&provisioner, stack.public_origin(), &cli.command, &mut std::io::stdout().lock()).await?;
    Ok(())
}
