//! The files below `profiles/`, embedded by `build.rs`.

/// Every embedded file as (path below `profiles/`, bytes), sorted by path.
pub static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/profiles.rs"));

/// The bytes of one embedded file.
pub fn file(path: &str) -> Option<&'static [u8]> {
    FILES.binary_search_by_key(&path, |(name, _)| name).ok().map(|at| FILES[at].1)
}

/// The embedded files below a folder, as (path relative to it, bytes).
pub fn below(folder: &str) -> impl Iterator<Item = (&'static str, &'static [u8])> {
    let prefix = format!("{}/", folder.trim_end_matches('/'));
    FILES.iter().filter_map(move |(path, bytes)| path.strip_prefix(prefix.as_str()).map(|rest| (rest, *bytes)))
}
