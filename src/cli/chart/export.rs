//! `chart export`: the built-in charts as ordinary Helm charts on disk.

use std::fs;
use std::path::{Path, PathBuf};

use crate::chart::{CATALOGUE, Entry, embedded};
use crate::cli::{Context, Exit, Failure, Outcome};

/// Write built-in charts to a folder, as ordinary Helm charts
#[derive(clap::Args, Debug)]
pub struct Export {
    /// Replace files that are there already
    #[arg(long)]
    force: bool,
    /// The folder to write to, and the charts (all of them if none is named)
    #[arg(value_name = "DIR [CHART...]")]
    words: Vec<String>,
}

impl Export {
    pub fn run(self, _context: &Context) -> Outcome {
        let Some((folder, names)) = self.words.split_first() else {
            return Err(Failure::usage("chart export needs a folder to write to").hint("bowline chart export charts"));
        };
        let mut entries = Vec::new();
        for name in names {
            entries.push(Entry::find(name).ok_or_else(|| {
                let known: Vec<&str> = CATALOGUE.iter().map(|entry| entry.name).collect();
                Failure::usage(format!("no chart {name:?}")).hint(format!("one of: {}", known.join(", ")))
            })?);
        }
        if names.is_empty() {
            entries.extend(CATALOGUE);
        }
        let root = Path::new(folder);
        let targets: Vec<(&Entry, PathBuf)> = entries.iter().map(|entry| (*entry, root.join(entry.folder))).collect();
        if let Some((_, taken)) = targets.iter().find(|(_, target)| !self.force && target.join("Chart.yaml").exists()) {
            return Err(Failure::new(format!("{} is there already", taken.display()))
                .hint("use --force to replace it, or another folder"));
        }
        for (entry, target) in &targets {
            write(entry, target)?;
            crate::ui::print(&format!("{}\n", target.display()))?;
        }
        Ok(Exit::OK)
    }
}

fn write(entry: &Entry, target: &Path) -> Result<(), Failure> {
    for (name, bytes) in embedded::below(&entry.path()) {
        let file = target.join(name);
        let failed = |error: std::io::Error| Failure::new(format!("cannot write {}: {error}", file.display()));
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        fs::write(&file, bytes).map_err(failed)?;
    }
    Ok(())
}
