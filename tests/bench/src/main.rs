//! Speed, memory, size and price, each with its budget and what limits it. `make bench` builds what it measures.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measuring command owns its process"
)]

mod aws;
mod engine;
mod function;
mod lambda;
mod load;
mod machine;
mod money;
mod scene;
mod seal;
mod server;
mod speed;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use self::function::Cost;
use self::table::Table;

/// What any part may fail with.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures the product on this machine.
#[derive(Parser)]
struct Arguments {
    /// Parts to measure; all of them without.
    parts: Vec<Part>,
    /// Where the programs are: the functions, the hello worlds, and `local`.
    #[arg(long, default_value = "target/release")]
    programs: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Posts and pages a second, memory, start.
    Speed,
    /// The same with much stored.
    Flat,
    /// The engine alone.
    Engine,
    /// Processor time of a function.
    Cpu,
    /// Cold start.
    Cold,
    /// Zipped sizes.
    Size,
    /// The envelope.
    Seal,
    /// Money.
    Money,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let measured = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(measure(&arguments)));
    match measured {
        Ok(table) => {
            let (kept, missed) = table.print();
            println!("\n{kept} budgets kept, {missed} missed");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(arguments: &Arguments) -> Result<Table> {
    let mut table = Table::default();
    let wanted = |part| arguments.parts.is_empty() || arguments.parts.contains(&part);
    let (programs, local) = (arguments.programs.as_path(), arguments.programs.join("local"));
    if wanted(Part::Speed) {
        eprintln!("speed");
        speed::speed(&mut table, &local).await?;
    }
    if wanted(Part::Flat) {
        eprintln!("flat");
        speed::flat(&mut table, &local).await?;
    }
    if wanted(Part::Engine) {
        eprintln!("engine");
        engine::ceiling(&mut table).await?;
    }
    let mut cost = Cost::default();
    if wanted(Part::Cpu) {
        eprintln!("cpu");
        cost = function::cpu(&mut table, programs).await?;
    }
    if wanted(Part::Cold) {
        eprintln!("cold");
        function::cold(&mut table, programs).await?;
    }
    if wanted(Part::Size) {
        eprintln!("size");
        function::sizes(&mut table, programs)?;
    }
    if wanted(Part::Seal) {
        eprintln!("seal");
        seal::seal(&mut table)?;
    }
    if wanted(Part::Money) {
        eprintln!("money");
        money::money(&mut table, cost).await?;
    }
    Ok(table)
}
