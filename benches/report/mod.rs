//! What every benchmark does: run again and again, keep the best time, say it in one line.
#![allow(dead_code)] // each benchmark uses its own part of this

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long each thing is run: long enough to be heard above the noise of a busy machine.
const PATIENCE: Duration = Duration::from_secs(2);

/// The best time of several runs, at least three. What a run gives keeps the compiler from leaving it out.
pub fn best<T>(run: impl FnMut() -> T) -> Duration {
    best_within(PATIENCE, run)
}

/// The same for one of many things, which cannot have seconds each.
pub fn best_within<T>(patience: Duration, mut run: impl FnMut() -> T) -> Duration {
    let (mut best, mut runs) = (Duration::MAX, 0);
    let began = Instant::now();
    while runs < 3 || began.elapsed() < patience {
        let start = Instant::now();
        black_box(run());
        best = best.min(start.elapsed());
        runs += 1;
    }
    best
}

/// Prints a time.
pub fn time(name: &str, time: Duration) {
    println!("{name:55} {:9.2} ms", time.as_secs_f64() * 1e3);
}

/// Prints the best time for so many bytes, and the speed.
pub fn speed<T>(name: &str, bytes: usize, run: impl FnMut() -> T) {
    let best = best(run);
    println!("{name:18} {:8.1} MB/s {:9.2} ms", bytes as f64 / 1e6 / best.as_secs_f64(), best.as_secs_f64() * 1e3);
}
