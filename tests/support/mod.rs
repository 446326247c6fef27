//! What every integration test needs: the built binary, and the reference data when it is at hand.
#![allow(dead_code)] // each test file uses its own part of this

pub mod api;
pub mod control_plane;
pub mod encode;
pub mod envoy;
pub mod faults;
pub mod injector;
pub mod inventory;
pub mod mesh;
pub mod random;
pub mod replay;
pub mod server;
pub mod tls;
pub mod watch;

use std::path::PathBuf;
use std::process::{Command, Output};

/// A command line of the built binary with an empty home and no cluster. `BOWLINE_UNDER_TEST` names another build of it,
/// for long runs that must not be disturbed by the next one.
pub fn bowline(words: &[&str]) -> Command {
    let path = std::env::var("BOWLINE_UNDER_TEST").unwrap_or_else(|_| env!("CARGO_BIN_EXE_bowline").to_owned());
    program(&path, words)
}

pub fn program(path: &str, words: &[&str]) -> Command {
    let mut command = Command::new(path);
    command
        .args(words)
        .env_remove("BOWLINE_COMPAT")
        .env_remove("ISTIOCONFIG")
        .env("HOME", "/nonexistent")
        .env("KUBECONFIG", "/nonexistent/config")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "80");
    command
}

/// Exit code, stdout and stderr as one text, for whole-output snapshots.
pub fn outcome(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("the built binary starts");
    let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    format!("exit {}\n--- stdout\n{out}--- stderr\n{err}", status.code().unwrap_or(-1))
}

/// A path below the reference data, or nothing (with one line saying so) where it is not at hand.
pub fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("BOWLINE_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    // A worktree beside the main checkout has the data one folder further up.
    let found = [root.join(path), root.join("../../shared").join(path)].into_iter().find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: {path} of the reference data is not here (set BOWLINE_SHARED to its folder)");
    }
    found
}
