//! The files below `profiles/`, embedded by `build.rs`. Large ones are kept deflated and unpacked when they are asked for.

use std::borrow::Cow;
use std::io::Read as _;

/// A file's bytes as they are stored in the program.
enum Content {
    Plain(&'static [u8]),
    Deflated(&'static [u8]),
}

impl Content {
    fn bytes(&self) -> Cow<'static, [u8]> {
        match self {
            Content::Plain(bytes) => Cow::Borrowed(bytes),
            Content::Deflated(bytes) => Cow::Owned(inflated(bytes)),
        }
    }
}

/// Every embedded file as (path below `profiles/`, content), sorted by path.
static FILES: &[(&str, Content)] = include!(concat!(env!("OUT_DIR"), "/profiles.rs"));

/// The bytes of one embedded file.
pub fn file(path: &str) -> Option<Cow<'static, [u8]>> {
    FILES.binary_search_by_key(&path, |(name, _)| name).ok().map(|at| FILES[at].1.bytes())
}

/// The paths of all embedded files, sorted.
pub fn paths() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(path, _)| *path)
}

/// The embedded files below a folder, as (path relative to it, bytes).
pub fn below(folder: &str) -> impl Iterator<Item = (&'static str, Cow<'static, [u8]>)> {
    let prefix = format!("{}/", folder.trim_end_matches('/'));
    FILES.iter().filter_map(move |(path, content)| Some((path.strip_prefix(prefix.as_str())?, content.bytes())))
}

/// What `build.rs` deflated.
pub fn inflated(bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    let read = flate2::read::DeflateDecoder::new(bytes).read_to_end(&mut whole);
    debug_assert!(read.is_ok(), "packed by our own build");
    whole.shrink_to_fit();
    whole
}
