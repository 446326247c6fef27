//! Keeps recursion within the thread's stack, however deep a hostile template nests.
//!
//! The distance between two local variables tells how much of the stack is used, so the guard needs no knowledge of frames.

use std::cell::Cell;

/// What recursion may use on a thread we know nothing about (threads of a pool have 2 MiB).
const DEFAULT_BUDGET: usize = 768 * 1024;
/// The stack of [`deep`]; untouched pages cost nothing.
const DEEP_STACK: usize = 256 * 1024 * 1024;

thread_local! {
    static BUDGET: Cell<usize> = const { Cell::new(DEFAULT_BUDGET) };
}

/// Runs `work` on a thread of its own with a stack deep enough for every nesting that Go accepts.
pub fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> std::io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(DEEP_STACK).spawn_scoped(scope, || {
            BUDGET.set(DEEP_STACK - 4 * DEFAULT_BUDGET);
            work()
        })?;
        match thread.join() {
            Ok(value) => Ok(value),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// The stack used since it was made, against the thread's budget.
#[derive(Clone, Copy)]
pub(super) struct Guard {
    base: usize,
    budget: usize,
}

impl Guard {
    pub fn new() -> Self {
        Guard { base: here(), budget: BUDGET.get() }
    }

    /// False when nothing more should be called.
    pub fn has_room(self) -> bool {
        here().abs_diff(self.base) < self.budget
    }
}

#[inline(never)]
fn here() -> usize {
    let mark = 0u8;
    std::hint::black_box(&raw const mark) as usize
}
