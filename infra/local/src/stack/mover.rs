//! Events in motion: stream -> relay -> topic -> queue -> notify, and the schedules.

use std::panic::AssertUnwindSafe;
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};

use super::Stack;
use crate::aws::{Batch, Settled, Tick};

/// Between two looks at what becomes visible by the clock alone.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Between two looks at the schedules.
const TICK_EVERY: Duration = Duration::from_secs(1);
/// Between two sweeps of items whose time is over.
const EXPIRE_EVERY: Duration = Duration::from_secs(600);
/// Batches of one function at the same time. AWS would run more; this machine has two cores.
const AT_ONCE: usize = 4;

/// What a pump moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pumped {
    /// Batches handed to functions.
    pub batches: usize,
    /// Items that are done.
    pub done: usize,
    /// Items that will come again.
    pub again: usize,
    /// Items that were given up.
    pub given_up: usize,
    /// Functions whose role may not read their own source.
    pub denied: usize,
}

impl Pumped {
    fn add(&mut self, settled: Settled) {
        self.batches += 1;
        self.done += settled.done;
        self.again += settled.again;
        self.given_up += settled.given_up;
    }
}

/// Events in motion. Dropping it stops them where they are; what is not done comes again.
pub struct Mover {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Mover {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Stack {
    /// Moves everything that can be moved at this moment of the clock, in a fixed order, one batch at a time.
    pub async fn pump(&self) -> Pumped {
        self.pump_to(|_| true).await
    }

    /// [`Stack::pump`] to some of the functions; what is for others waits.
    pub async fn pump_to(&self, wanted: impl Fn(&str) -> bool) -> Pumped {
        let mut pumped = Pumped::default();
        loop {
            let mut moved = false;
            for function in self.event_functions().into_iter().filter(|function| wanted(function)) {
                match self.aws().take_for(&function) {
                    Ok(Some(batch)) => {
                        pumped.add(self.deliver(batch).await);
                        moved = true;
                    }
                    Ok(None) => {}
                    Err(denied) => {
                        tracing::error!(%denied, function, "the event source stands still");
                        pumped.denied += 1;
                    }
                }
            }
            if !moved {
                return pumped;
            }
        }
    }

    /// Runs every schedule once, whatever the time. Answers how many failed.
    pub async fn tick(&self) -> usize {
        self.tick_of(|_| true).await
    }

    /// [`Stack::tick`] for some of the functions.
    pub async fn tick_of(&self, wanted: impl Fn(&str) -> bool) -> usize {
        let mut failed = 0;
        for tick in self.aws().all_ticks().into_iter().filter(|tick| wanted(&tick.function)) {
            failed += usize::from(!self.run_tick(tick).await);
        }
        failed
    }

    /// Turns a manual clock, runs the schedules that became due, and pumps.
    pub async fn advance(&self, seconds: i64) -> Pumped {
        self.clock().advance_seconds(seconds);
        for tick in self.aws().due_ticks() {
            self.run_tick(tick).await;
        }
        self.pump().await
    }

    /// Moves events in the background until the handle is stopped or dropped: on a thread of its own, where, as in
    /// Lambda, each function runs on one thread.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn move_events(&self) -> std::io::Result<Mover> {
        let stack = self.clone();
        let (stop, mut stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name("events".to_owned()).spawn(move || {
            LocalSet::new().block_on(&runtime, async move {
                let mut tasks = JoinSet::new();
                for function in stack.event_functions() {
                    tasks.spawn_local(stack.clone().serve_events(function));
                }
                tasks.spawn_local(stack.clone().serve_schedules());
                tasks.spawn_local(stack.expire());
                let _ = stopped.wait_for(|stopped| *stopped).await;
            });
        })?;
        Ok(Mover { stop, thread: Some(thread) })
    }

    async fn serve_events(self, function: String) {
        let mut running = JoinSet::new();
        let mut is_denied = false;
        loop {
            let woken = self.aws().woken();
            tokio::pin!(woken);
            while running.len() < AT_ONCE {
                match self.aws().take_for(&function) {
                    Ok(Some(batch)) => {
                        let stack = self.clone();
                        running.spawn_local(async move { stack.deliver(batch).await });
                    }
                    Ok(None) => break,
                    Err(denied) => {
                        if !is_denied {
                            tracing::error!(%denied, function, "the event source stands still");
                        }
                        is_denied = true;
                        break;
                    }
                }
            }
            tokio::select! {
                () = &mut woken => {}
                Some(_) = running.join_next(), if !running.is_empty() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn serve_schedules(self) {
        loop {
            for tick in self.aws().due_ticks() {
                self.run_tick(tick).await;
            }
            tokio::time::sleep(TICK_EVERY).await;
        }
    }

    async fn expire(self) {
        loop {
            tokio::time::sleep(EXPIRE_EVERY).await;
            let expired = self.aws().expire_items().await;
            tracing::debug!(expired, "items whose time is over were deleted");
        }
    }

    async fn deliver(&self, batch: Batch) -> Settled {
        let answer = self.invoke(&batch.function, batch.event.clone()).await;
        if let Err(error) = &answer {
            tracing::warn!(function = batch.function, error, "a function failed on its batch");
        }
        self.aws().settle(batch, answer)
    }

    async fn run_tick(&self, tick: Tick) -> bool {
        let answer = self.invoke(&tick.function, tick.event).await;
        if let Err(error) = &answer {
            tracing::warn!(function = tick.function, error, "a function failed on its tick");
        }
        answer.is_ok()
    }

    /// As Lambda: a panic or a timeout is the failure of this invocation and of nothing else.
    async fn invoke(&self, function: &str, event: Value) -> Result<Value, String> {
        let seconds = self.aws().template().function(function).map_or(3, |function| function.timeout_seconds);
        let timeout = Duration::from_secs(u64::try_from(seconds).unwrap_or(3));
        let work = self.inner.functions.invoke(function, event, timeout);
        AssertUnwindSafe(work)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err("the function panicked".to_owned()))
    }

    fn event_functions(&self) -> Vec<String> {
        use crate::aws::template::Event;
        let functions = self.aws().template().functions.iter();
        functions
            .filter(|function| {
                function.events.iter().any(|event| matches!(event, Event::Stream(_) | Event::Queue(_)))
            })
            .map(|function| function.logical.clone())
            .collect()
    }
}
