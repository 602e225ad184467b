//! Runs the suite against one engine. What the engine does not have is listed as ignored.
#![allow(clippy::expect_used, clippy::print_stderr, reason = "this is the main of a test")]

use std::{process::ExitCode, sync::Arc};

use engines_tests::{bench::Bench, engine::Engine, suite};
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let engine = match runtime.block_on(Engine::of_environment()) {
        Ok(engine) => Arc::new(engine),
        Err(error) => {
            eprintln!("the suite cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let trials = suite::all().into_iter().map(|case| {
        let (engine, handle) = (engine.clone(), runtime.handle().clone());
        let cannot = case.needs_kms && engine.keys().is_none();
        let kind = engine.name().to_owned();
        let run = move || {
            handle.block_on(async {
                let bench = Bench::new(engine, case.name).await?;
                (case.run)(bench).await;
                Ok(())
            })
        };
        Trial::test(case.name, run).with_kind(kind).with_ignored_flag(cannot)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
