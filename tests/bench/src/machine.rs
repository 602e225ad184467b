//! What the system says of processes and of the machine. Linux only: everything is read from `/proc`.

use std::fs;
use std::time::{Duration, Instant};

use crate::Result;

/// Ticks of a second in `/proc`: a constant of Linux for programs.
const TICKS: f64 = 100.0;

/// Memory of a process in MiB: now, and the most it ever had.
pub(crate) fn memory(pid: u32) -> Result<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').trim().strip_suffix(" kB")?.parse::<f64>().ok()
    };
    let missing = || format!("/proc/{pid}/status says nothing of memory");
    Ok((kib("VmRSS").ok_or_else(missing)? / 1024.0, kib("VmHWM").ok_or_else(missing)? / 1024.0))
}

/// Processor seconds of a process so far, ended threads included: in its own code, and in the kernel for it.
pub(crate) fn cpu(pid: u32) -> Result<(f64, f64)> {
    times(&fs::read_to_string(format!("/proc/{pid}/stat"))?)
}

/// Processor seconds of the calling thread so far.
pub(crate) fn cpu_of_thread() -> Result<f64> {
    let (user, system) = times(&fs::read_to_string("/proc/thread-self/stat")?)?;
    Ok(user + system)
}

fn times(stat: &str) -> Result<(f64, f64)> {
    // The name stands in parentheses and may hold spaces.
    let fields: Vec<&str> =
        stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let ticks = |place: usize| {
        fields.get(place).and_then(|text| text.parse::<f64>().ok()).ok_or("/proc/…/stat is not as expected")
    };
    Ok((ticks(11)? / TICKS, ticks(12)? / TICKS))
}

/// Seconds in which a core of the machine worked, for anybody.
fn busy() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let fields: Vec<f64> =
        stat.lines().next()?.split_whitespace().skip(1).filter_map(|text| text.parse().ok()).collect();
    let [user, nice, system, _idle, _wait, irq, softirq, steal, ..] = fields[..] else { return None };
    Some((user + nice + system + irq + softirq + steal) / TICKS)
}

/// Cores that others used while something ran.
pub(crate) struct Others {
    busy: Option<f64>,
    since: Instant,
}

impl Others {
    /// Begins to look.
    pub(crate) fn watch() -> Self {
        Self { busy: busy(), since: Instant::now() }
    }

    /// Seconds since then.
    pub(crate) fn seconds(&self) -> f64 {
        self.since.elapsed().as_secs_f64()
    }

    /// Cores in use by anybody else, given the processor seconds of those that belong to the measurement.
    pub(crate) fn cores(&self, own_seconds: f64) -> f64 {
        let (Some(before), Some(now)) = (self.busy, busy()) else { return f64::NAN };
        ((now - before - own_seconds) / self.since.elapsed().as_secs_f64()).max(0.0)
    }
}

/// Waits until the machine has been quiet for a second, but not for ever.
pub(crate) fn wait_for_quiet() {
    let end = Instant::now() + Duration::from_secs(45);
    let mut calm = 0;
    while calm < 2 && Instant::now() < end {
        let others = Others::watch();
        std::thread::sleep(Duration::from_millis(500));
        calm = if others.cores(0.0) < 0.3 { calm + 1 } else { 0 };
    }
}

/// Cores of this machine.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
