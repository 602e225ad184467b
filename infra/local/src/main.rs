//! `local`: the whole product on this machine, for trying, developing and testing. Not for real patients.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks on the terminal and owns its process"
)]

mod demo;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The whole product on this machine. Not for real patients.
#[derive(Parser)]
#[command(name = "local", version, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Portal, API and a local AWS, in the foreground until Ctrl-C.
    Run(run::RunArguments),
    /// The main job without a browser, as a transcript; fails unless every step was checked.
    Demo,
    /// Prints the OpenAPI document that the routers describe.
    Openapi,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let result = match arguments.command {
        Command::Run(arguments) => runtime.block_on(run::run(arguments)),
        Command::Demo => runtime.block_on(demo::demo()),
        Command::Openapi => local::openapi::print(),
    };
    // What a client leaves open must not keep the process.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&*error),
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}
