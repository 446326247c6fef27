//! What one execution of a template may use, and what it has used so far.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::blind::Watcher;
use super::error::Fault;
use super::stack::Guard;

/// What one execution may use. Templates can come out of a cluster, so none of it is unlimited.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of output, and of any single string.
    pub output: usize,
    /// Evaluation steps; long results count for more than one.
    pub steps: u64,
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { output: 128 << 20, steps: 50_000_000, time: Duration::from_secs(60) }
    }
}

/// What an execution has used so far; shared by all templates it includes.
pub struct Run {
    pub(super) limits: Limits,
    steps: u64,
    started: Instant,
    /// How many `include`s are open.
    pub(super) includes: usize,
    /// Expressions that have been compiled already.
    pub(super) regexes: HashMap<String, regex::Regex>,
    /// Who is to notice what functions look at.
    pub(super) watcher: Option<Watcher>,
    guard: Guard,
}

impl Run {
    pub(super) fn new(limits: Limits) -> Self {
        Run {
            limits,
            steps: 0,
            started: Instant::now(),
            includes: 0,
            regexes: HashMap::new(),
            watcher: None,
            guard: Guard::new(),
        }
    }

    /// Accounts for work; an error once a limit is reached.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Fault> {
        const CLOCK_EVERY: u64 = 1 << 14;
        let before = self.steps;
        self.steps += steps as u64;
        if self.steps > self.limits.steps {
            return Err(Fault::new("the template takes too many steps; it may not end"));
        }
        if before / CLOCK_EVERY != self.steps / CLOCK_EVERY && self.started.elapsed() > self.limits.time {
            let seconds = self.limits.time.as_secs();
            return Err(Fault::new(format!("the template takes longer than {seconds} seconds")));
        }
        Ok(())
    }

    /// Whether the stack has room for one more step of recursion.
    pub(super) fn has_room(&self) -> bool {
        self.guard.has_room()
    }
}
