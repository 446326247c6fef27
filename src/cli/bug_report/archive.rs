//! The archive as it grows: a compressed tar file that gets its name when it is whole, and a folder beside it on request.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Everything in the archive is below this folder.
const ROOT: &str = "bug-report";
pub const NAME: &str = "bug-report.tar.gz";

pub struct Archive {
    tar: tar::Builder<GzEncoder<File>>,
    partial: PathBuf,
    path: PathBuf,
    /// Where the files are kept in the open too.
    folder: Option<PathBuf>,
    files: usize,
}

impl Archive {
    /// Starts an archive in a folder that exists.
    pub fn create(output: &Path, folder: Option<&Path>) -> io::Result<Self> {
        let path = output.join(NAME);
        let partial = output.join(format!("{NAME}.partial"));
        let tar = tar::Builder::new(GzEncoder::new(private(&partial)?, Compression::default()));
        Ok(Archive { tar, partial, path, folder: folder.map(Path::to_owned), files: 0 })
    }

    /// Adds a file; one without content is left out.
    pub fn add(&mut self, path: &str, content: &[u8]) -> io::Result<()> {
        if content.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(jiff::Timestamp::now().as_second().try_into().unwrap_or(0));
        self.tar.append_data(&mut header, format!("{ROOT}/{path}"), content)?;
        self.files += 1;
        if let Some(folder) = &self.folder {
            let path = folder.join(path);
            path.parent().map(std::fs::create_dir_all).transpose()?;
            std::fs::write(path, content)?;
        }
        Ok(())
    }

    pub fn files(&self) -> usize {
        self.files
    }

    /// Ends the archive and gives its path.
    pub fn finish(self) -> io::Result<PathBuf> {
        self.tar.into_inner()?.finish()?.sync_all()?;
        std::fs::rename(&self.partial, &self.path)?;
        Ok(self.path)
    }
}

/// A file that only its owner may read: logs tell more than one thinks.
fn private(path: &Path) -> io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
