//! `--watch`: the same run again whenever a file below the arguments changes.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::super::{Failure, Outcome};
use crate::ui;

/// How often files are looked at.
const PAUSE: Duration = Duration::from_millis(300);

/// Runs now and after every change, until interrupted.
pub(super) fn run(paths: &[String], once: impl Fn() -> Outcome) -> Outcome {
    if paths.is_empty() || paths.iter().any(|path| path == "-") {
        return Err(Failure::usage("--watch needs files or directories to look at"));
    }
    loop {
        let before = state(paths);
        if let Err(failure) = once() {
            ui::tell(failure.render());
        }
        ui::tell("waiting for changes, Ctrl-C to stop");
        while state(paths) == before {
            std::thread::sleep(PAUSE);
        }
    }
}

type State = Vec<(PathBuf, Option<SystemTime>, u64)>;

/// Every file with its time and size.
fn state(paths: &[String]) -> State {
    let mut state = Vec::new();
    for path in paths {
        collect(Path::new(path), &mut state);
    }
    state
}

fn collect(path: &Path, state: &mut State) {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return };
    if metadata.is_dir() {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| collect(entry, state));
    } else {
        state.push((path.to_path_buf(), metadata.modified().ok(), metadata.len()));
    }
}
