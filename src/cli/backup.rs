//! `backup`: the mesh's configuration, saved.

use std::io::Write as _;

use super::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, block_on};
use crate::install::backup;
use crate::ui;

/// Save every Istio resource and the install records as YAML that can be applied again
///
/// Secrets are left out unless --secrets asks for them; the file is then readable by its owner only.
#[derive(clap::Args, Debug)]
pub struct Backup {
    /// File to write to; standard output when absent
    #[arg(long, short = 'o', default_value = "")]
    output: String,
    /// Save the CA's key and the remote clusters' credentials too
    #[arg(long)]
    secrets: bool,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Backup {
    pub fn run(self, context: &Context) -> Outcome {
        if let Some(word) = self.words.first() {
            return Err(Failure::usage(format!("backup takes no arguments, got {word}")));
        }
        if self.secrets && self.output.is_empty() {
            return Err(Failure::usage("--secrets needs --output FILE").hint("secrets are never printed"));
        }
        let saved = block_on(async {
            let cluster = Cluster::connect(&context.target()?).await?;
            Ok::<_, Failure>(backup::read(&cluster, &context.globals.istio_namespace, self.secrets).await?)
        })??;
        let text = backup::print(&saved.objects);
        if self.output.is_empty() {
            ui::print(&text)?;
        } else {
            write_private(&self.output, &text)?;
        }
        for refused in &saved.refused {
            ui::tell(format_args!("Warning: not saved: {refused}"));
        }
        ui::tell(format_args!("{} objects saved", saved.objects.len()));
        Ok(if saved.refused.is_empty() { Exit::OK } else { Exit::ERROR })
    }
}

/// Writes beside the file first and renames, so that a run that dies leaves the old backup whole.
fn write_private(path: &str, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("{path}: {error}"));
    let beside = format!("{path}.part");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)
}
