//! Embeds every file below `profiles/` as one sorted table of (path, content), read by `chart::embedded`; large files are
//! deflated. On Linux the program is linked to a fixed address: tens of thousands of relocations less in the file and at
//! every start.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Files from this size on are deflated: what a command does not need stays packed.
const LARGE: usize = 64 << 10;

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var("OUT_DIR").unwrap_or_default());
    println!("cargo::rerun-if-changed=profiles");
    println!("cargo::rerun-if-changed=src/envoy/schema/messages.txt");
    embed(&root.join("profiles"), &out)?;
    fs::write(out.join("messages.deflate"), deflated(&fs::read(root.join("src/envoy/schema/messages.txt"))?)?)?;
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") && env::var("PROFILE").as_deref() == Ok("release") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    Ok(())
}

fn embed(profiles: &Path, out: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    collect(profiles, &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    for (number, file) in files.iter().enumerate() {
        let name = file.strip_prefix(profiles).unwrap_or(file).to_string_lossy().replace('\\', "/");
        let content = fs::read(file)?;
        let (packing, path) = if content.len() < LARGE {
            ("Plain", file.clone())
        } else {
            let packed = out.join(format!("{number}.deflate"));
            fs::write(&packed, deflated(&content)?)?;
            ("Deflated", packed)
        };
        let _ =
            writeln!(table, "    ({name:?}, Content::{packing}(include_bytes!({:?}))),", path.display().to_string());
    }
    table.push(']');
    fs::write(out.join("profiles.rs"), table)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

fn deflated(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}
