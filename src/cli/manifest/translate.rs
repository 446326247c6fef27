//! `manifest translate`: writes what moves an installation to Helm.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::operator::{OperatorFlags, operator};
use super::super::{Context, Exit, Failure, Outcome};
use crate::install::render::translate::File;
use crate::ui;

/// Write Helm values for an installation, and scripts that hand its objects over to Helm
#[derive(clap::Args, Debug)]
pub struct Translate {
    #[command(flatten)]
    flags: OperatorFlags,
    /// Existing folder to write to; a new temporary one when absent
    #[arg(long, short = 'o', default_value = "")]
    output: String,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Translate {
    pub fn run(self, context: &Context) -> Outcome {
        if !self.words.is_empty() {
            return Err(Failure::new(format!("manifest translate takes no arguments, got {:?}", self.words)));
        }
        let operator = operator(&self.flags.wish(context)?, None)?;
        let files = operator.translate_to_helm()?;
        let folder = if self.output.is_empty() { temporary()? } else { PathBuf::from(&self.output) };
        for file in &files {
            write(&folder, file)?;
        }
        ui::print(&format!("Output written to {}! See the README.md for next steps\n", folder.display()))?;
        Ok(Exit::OK)
    }
}

/// A new folder for temporary files that only this user can enter.
fn temporary() -> Result<PathBuf, Failure> {
    let base = std::env::temp_dir();
    for attempt in 0..1000u32 {
        let folder = base.join(format!("istioctl-migrate-{}{attempt:03}", std::process::id()));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Failure::new(format!("create {}: {error}", folder.display()))),
        }
    }
    Err(Failure::new(format!("{}: too many folders of earlier runs", base.display())))
}

fn write(folder: &Path, file: &File) -> Result<(), Failure> {
    let path = folder.join(&file.name);
    let failed = |error: std::io::Error| {
        let why = if error.kind() == std::io::ErrorKind::NotFound {
            "no such file or directory".to_owned()
        } else {
            error.to_string()
        };
        Failure::new(format!("open {}: {why}", path.display())).hint("the folder given with --output must exist")
    };
    fs::write(&path, &file.text).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = if file.executable { 0o755 } else { 0o644 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(failed)?;
    }
    Ok(())
}
