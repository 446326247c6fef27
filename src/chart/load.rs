//! Loading charts: out of the binary, from a folder, from a `.tgz`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;

use super::error::kind;
use super::{Bytes, Chart, Error, Metadata, embedded, glob};
use crate::yaml;

/// A chart of more than this, unpacked, is refused: archives come from strangers.
const LARGEST: u64 = 256 << 20;
/// How deep charts may hold charts.
const DEEPEST: usize = 16;

type Files = BTreeMap<String, Bytes>;

impl Chart {
    /// A chart below `profiles/`, such as `charts/base`.
    ///
    /// # Errors
    /// No such chart in the binary.
    pub fn embedded(folder: &str) -> Result<Chart, Error> {
        let files: Files = embedded::below(folder).map(|(name, bytes)| (name.to_owned(), bytes)).collect();
        if files.is_empty() {
            let known =
                embedded::paths().filter_map(|path| path.strip_suffix("/Chart.yaml").map(str::to_owned)).collect();
            return Err(Error::NotEmbedded { name: folder.to_owned(), known });
        }
        assemble(files, folder, 0)
    }

    /// A chart from its files, by their paths from the chart's root.
    ///
    /// # Errors
    /// No chart among them.
    pub fn from_files(files: BTreeMap<String, Bytes>) -> Result<Chart, Error> {
        assemble(files, "chart", 0)
    }

    /// A chart from a path: a folder, or an archive.
    ///
    /// # Errors
    /// Nothing there, or no chart.
    pub fn load(path: &Path) -> Result<Chart, Error> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Chart::load_dir(path),
            Ok(_) => Chart::load_archive(path),
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
                Err(Error::NotFound { path: path.to_owned() })
            }
            Err(source) => Err(Error::Read { path: path.to_owned(), source }),
        }
    }

    /// A chart in a folder. What `.helmignore` names is left out.
    ///
    /// # Errors
    /// Unreadable files, or no chart.
    pub fn load_dir(path: &Path) -> Result<Chart, Error> {
        let ignored = match fs::read_to_string(path.join(".helmignore")) {
            Ok(text) => Ignored::new(&text),
            Err(_) => Ignored::new(""),
        };
        let mut files = Files::new();
        let mut room = LARGEST;
        collect(path, "", &ignored, &mut files, &mut room, 0)?;
        assemble(files, &path.display().to_string(), 0)
    }

    /// A chart in a gzipped tar archive, as `helm package` makes it.
    ///
    /// # Errors
    /// An unreadable or oversized archive, or no chart in it.
    pub fn load_archive(path: &Path) -> Result<Chart, Error> {
        let bytes = fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let origin = path.display().to_string();
        assemble(unpack(&bytes, &origin)?, &origin, 0)
    }
}

fn collect(
    folder: &Path,
    prefix: &str,
    ignored: &Ignored,
    files: &mut Files,
    room: &mut u64,
    depth: usize,
) -> Result<(), Error> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    if depth > 64 {
        let reason = "the folders nest too deeply".to_owned();
        return Err(Error::Metadata { origin: folder.display().to_string(), reason });
    }
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let relative = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        let failed = |source| Error::Read { path: path.clone(), source };
        // Symbolic links are followed, as Helm does.
        let about = fs::metadata(&path).map_err(failed)?;
        if ignored.covers(&relative, about.is_dir()) {
            continue;
        }
        if about.is_dir() {
            collect(&path, &relative, ignored, files, room, depth + 1)?;
        } else if about.is_file() {
            *room = room.checked_sub(about.len()).ok_or_else(|| too_large(&path.display().to_string()))?;
            files.insert(relative, Bytes::Owned(fs::read(&path).map_err(failed)?));
        }
    }
    Ok(())
}

fn too_large(origin: &str) -> Error {
    Error::Archive { origin: origin.to_owned(), reason: format!("more than {} MB of files", LARGEST >> 20) }
}

/// The files of an archive without its top folder.
fn unpack(bytes: &[u8], origin: &str) -> Result<Files, Error> {
    let broken = |error: std::io::Error| Error::Archive { origin: origin.to_owned(), reason: error.to_string() };
    let mut archive = tar::Archive::new(GzDecoder::new(bytes));
    let mut files = Files::new();
    let mut room = LARGEST;
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).replace('\\', "/");
        let path = path.trim_start_matches("./");
        if path.starts_with('/') || path.split('/').any(|part| part == "..") {
            let reason = format!("it holds the path {path:?}, which leads out of the chart");
            return Err(Error::Archive { origin: origin.to_owned(), reason });
        }
        let Some((_, relative)) = path.split_once('/') else {
            continue;
        };
        room = room.checked_sub(entry.size()).ok_or_else(|| too_large(origin))?;
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(broken)?;
        files.insert(relative.to_owned(), Bytes::Owned(content));
    }
    Ok(files)
}

/// Makes a chart of its files, by their paths from the chart's root.
fn assemble(files: Files, origin: &str, depth: usize) -> Result<Chart, Error> {
    if depth > DEEPEST {
        let reason = "charts nest too deeply".to_owned();
        return Err(Error::Metadata { origin: origin.to_owned(), reason });
    }
    let mut chart = Chart {
        metadata: Metadata::default(),
        values: yaml::Value::Object(serde_json::Map::new()),
        values_text: None,
        schema: None,
        templates: Files::new(),
        files: Files::new(),
        subcharts: Vec::new(),
    };
    let mut found = false;
    let mut requirements = None;
    let mut below: BTreeMap<String, Files> = BTreeMap::new();
    for (path, bytes) in files {
        let file = || format!("{origin}/{path}");
        match path.as_str() {
            "Chart.yaml" => {
                chart.metadata = metadata(&bytes, &file(), origin)?;
                found = true;
            }
            "Chart.lock" | "requirements.lock" => {}
            // Charts of the first format list what they need in a file of its own.
            "requirements.yaml" => requirements = Some(read_map(&bytes, &file())?),
            "values.yaml" => {
                chart.values = read_map(&bytes, &file())?;
                chart.values_text = Some(bytes);
            }
            "values.schema.json" => chart.schema = Some(bytes),
            _ => match path.split_once('/') {
                Some(("templates", _)) => {
                    chart.templates.insert(path, bytes);
                }
                Some(("charts", rest)) => subchart_file(&mut below, rest, bytes, origin)?,
                _ => {
                    chart.files.insert(path, bytes);
                }
            },
        }
    }
    if !found {
        return Err(Error::NoMetadata { origin: origin.to_owned() });
    }
    if let Some(needed) = requirements.and_then(|tree| tree.get("dependencies").cloned())
        && chart.metadata.dependencies.is_empty()
    {
        chart.metadata.dependencies = serde_json::from_value(needed)
            .map_err(|error| Error::Metadata { origin: origin.to_owned(), reason: error.to_string() })?;
    }
    for (name, files) in below {
        chart.subcharts.push(assemble(files, &format!("{origin}/charts/{name}"), depth + 1)?);
    }
    Ok(chart)
}

fn subchart_file(below: &mut BTreeMap<String, Files>, path: &str, bytes: Bytes, origin: &str) -> Result<(), Error> {
    if path.starts_with(['_', '.']) {
        return Ok(());
    }
    match path.split_once('/') {
        Some((folder, rest)) => {
            below.entry(folder.to_owned()).or_default().insert(rest.to_owned(), bytes);
        }
        None if path.ends_with(".tgz") => {
            let inner = unpack(&bytes, &format!("{origin}/charts/{path}"))?;
            below.insert(path.to_owned(), inner);
        }
        None => {}
    }
    Ok(())
}

fn metadata(bytes: &[u8], file: &str, origin: &str) -> Result<Metadata, Error> {
    let bad = |reason: String| Error::Metadata { origin: origin.to_owned(), reason };
    let metadata = Metadata::read(read_map(bytes, file)?).map_err(|error| bad(format!("Chart.yaml: {error}")))?;
    if metadata.name.is_empty() {
        return Err(bad("Chart.yaml: name is missing".into()));
    }
    if metadata.name.contains(['/', '\\']) {
        return Err(bad(format!("Chart.yaml: {:?} is not a chart name", metadata.name)));
    }
    Ok(metadata)
}

/// A YAML file that holds a map, or nothing.
fn read_map(bytes: &[u8], file: &str) -> Result<yaml::Value, Error> {
    let broken = |source| Error::Yaml { file: file.to_owned(), source: Box::new(source) };
    match yaml::from_str(yaml::text(bytes).map_err(broken)?).map_err(broken)? {
        map @ yaml::Value::Object(_) => Ok(map),
        yaml::Value::Null => Ok(yaml::Value::Object(serde_json::Map::new())),
        other => Err(Error::NotAMap { file: file.to_owned(), found: kind(&other) }),
    }
}

/// The rules of `.helmignore`, and Helm's own: hidden files below `templates/` are no templates.
struct Ignored {
    rules: Vec<Rule>,
}

struct Rule {
    pattern: String,
    negated: bool,
    only_folders: bool,
    /// Matched against the whole path instead of the last name.
    whole: bool,
}

impl Ignored {
    fn new(text: &str) -> Self {
        let lines = std::iter::once("templates/.?*").chain(text.lines());
        let rules = lines
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| {
                let (negated, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
                let (only_folders, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
                let pattern = line.trim_start_matches('/').to_owned();
                Rule { negated, only_folders, whole: line.contains('/'), pattern }
            })
            .collect();
        Ignored { rules }
    }

    fn covers(&self, path: &str, folder: bool) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.rules.iter().any(|rule| {
            if rule.only_folders && !folder {
                return false;
            }
            glob::matches(&rule.pattern, if rule.whole { path } else { name }) != rule.negated
        })
    }
}
