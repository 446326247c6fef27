//! `validate`: checks files without a cluster.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read, Write as _};
use std::path::{Component, Path, PathBuf};

use super::values::csv_values;
use super::{Compat, Context, Exit, Failure, Outcome};
use crate::cluster;
use crate::install::spec::origin::Place;
use crate::install::spec::validate::{Finding, validate_document};
use crate::ui;
use crate::validation::{Layer, Options, Problem, Severity, Validated, validate_stream};
use crate::yaml;

/// Check Istio configuration in files, without a cluster
///
/// Reads Istio resources, Services, Deployments and IstioOperators from files, folders or standard input, and
/// reports every problem with its place. Exit code 1 when there is an error.
#[derive(clap::Args, Debug)]
pub struct Validate {
    /// Files or folders to check, `-` for standard input; repeatable, or separated by commas
    #[arg(long, short = 'f')]
    filename: Vec<String>,
    /// Kept for scripts; has no effect
    #[arg(long, short = 'x', hide = true, default_value_t = true, action = clap::ArgAction::Set)]
    referential: bool,
    #[arg(hide = true)]
    words: Vec<String>,
}

/// What became of one file.
struct Checked {
    /// As the user named it; `-` is standard input.
    name: String,
    text: String,
    documents: Vec<Validated>,
}

impl Validate {
    pub fn run(self, context: &Context) -> Outcome {
        if let Some(word) = self.words.first() {
            let line = format!("{} validate", context.program.name());
            let failure = Failure::usage(format!("unknown command \"{word}\" for \"{line}\""));
            return Err(match Path::new(word).exists() {
                true => failure.hint(format!("files and folders are named with -f: {line} -f {word}")),
                false => failure,
            });
        }
        let names = csv_values(&self.filename).map_err(Failure::usage)?;
        if names.is_empty() {
            return Err(Failure::new("no file is given").hint("name files or folders with -f, or - for standard input"));
        }
        let namespace = namespace(context)?;
        let options = Options {
            namespace: &namespace,
            istio_namespace: &context.globals.istio_namespace,
            compat: context.compat != Compat::Off,
        };
        let mut failures = Vec::new();
        let mut checked: Vec<Checked> = Vec::new();
        for name in names {
            for file in files_of(&name, &mut failures) {
                let text = match read(&file) {
                    Ok(text) => text,
                    Err(error) => {
                        failures.push(format!("cannot read file \"{file}\": {error}"));
                        continue;
                    }
                };
                let mut documents = validate_stream(&text, options);
                for document in &mut documents {
                    operator(&file, &text, document, options.compat);
                }
                checked.push(Checked { name: file, text, documents });
            }
        }
        report(&checked, &failures, options.compat)
    }
}

/// Documents without a namespace belong to that of the context. The reference does not heed `--namespace` here.
fn namespace(context: &Context) -> Result<String, Failure> {
    let mut target = context.target()?;
    if context.compat != Compat::Off {
        target.namespace.clear();
    }
    Ok(cluster::namespace_of(&target))
}

/// The files a name stands for: itself, or those below a folder that look like configuration, in order.
fn files_of(name: &str, failures: &mut Vec<String>) -> Vec<String> {
    if name == "-" {
        return vec![name.to_owned()];
    }
    match fs::metadata(name) {
        Err(error) => {
            failures.push(format!("cannot stat file \"{name}\": {error}"));
            Vec::new()
        }
        Ok(metadata) if metadata.is_dir() => {
            let mut files = Vec::new();
            walk(Path::new(name), &mut files, failures);
            files.into_iter().map(|path| clean(&path).display().to_string()).collect()
        }
        Ok(_) => vec![name.to_owned()],
    }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>, failures: &mut Vec<String>) {
    let entries = fs::read_dir(folder).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => return failures.push(format!("cannot read folder \"{}\": {error}", folder.display())),
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // Links to folders are not followed.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&path, files, failures);
        } else if path
            .extension()
            .is_some_and(|extension| ["json", "yaml", "yml"].iter().any(|known| extension == *known))
        {
            files.push(path);
        }
    }
}

/// The path without `.` and, where there is a folder to leave, without `..`: so are files named that were found in a folder.
fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(cleaned.components().next_back(), Some(Component::Normal(_))) => {
                cleaned.pop();
            }
            part => cleaned.push(part),
        }
    }
    cleaned
}

fn read(file: &str) -> io::Result<String> {
    let mut bytes = Vec::new();
    if file == "-" {
        io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        bytes = fs::read(file)?;
    }
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the file is not UTF-8 text"))
}

/// An IstioOperator is checked by what would install it. The reference tells all its errors in one message.
fn operator(name: &str, text: &str, document: &mut Validated, compat: bool) {
    if document.api_version != "install.istio.io/v1alpha1" || document.kind != "IstioOperator" || !document.readable {
        return;
    }
    let own = document.span.of(text);
    let Ok(value) = yaml::from_str(own) else { return };
    // Line numbers count from the start of the file, so what stands before becomes empty lines.
    let before = text.get(..document.span.start as usize).unwrap_or_default().matches('\n').count();
    let source = format!("{}{own}", "\n".repeat(before));
    let found = validate_document(name, &source, value, compat);
    let mut found: Vec<(Severity, Finding)> = found
        .errors
        .into_iter()
        .map(|finding| (Severity::Error, finding))
        .chain(found.warnings.into_iter().map(|finding| (Severity::Warning, finding)))
        .collect();
    if compat {
        let is_error = |(severity, _): &(Severity, Finding)| *severity == Severity::Error;
        let texts: Vec<String> =
            found.iter().filter(|one| is_error(one)).map(|(_, finding)| finding.text.clone()).collect();
        if !texts.is_empty() {
            found.retain(|one| !is_error(one));
            found.insert(0, (Severity::Error, Finding { place: None, text: texts.join(", ") }));
        }
    }
    for (severity, finding) in found {
        document.problems.push(Problem {
            code: "iop",
            severity,
            layer: Layer::Rule,
            path: String::new(),
            span: finding.place.and_then(|place| span_of(text, &place)).unwrap_or(document.span),
            message: finding.text,
            hint: String::new(),
            owner: None,
        });
    }
}

/// Where a line and a column of the file are in its text.
fn span_of(text: &str, place: &Place) -> Option<yaml::Span> {
    let Place::File { line, column, .. } = place else { return None };
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(start..)?;
    let inside = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
    let at = u32::try_from(start + inside).ok()?;
    Some(yaml::Span { start: at, end: at })
}

/// Prints what was found in the reference's shape: warnings by file, then one block of all errors; else a line per good file.
fn report(checked: &[Checked], failures: &[String], compat: bool) -> Outcome {
    let mut notices = String::new();
    let (mut good, mut warnings) = (String::new(), String::new());
    let mut errors: Vec<String> = failures.to_vec();
    let mut listed: Vec<&str> = Vec::new();
    for file in checked {
        errors.extend(file.lines(Severity::Error, compat));
        for notice in file.lines(Severity::Notice, compat) {
            let _ = writeln!(notices, "{notice}");
        }
        if listed.contains(&file.name.as_str()) {
            continue;
        }
        listed.push(&file.name);
        let soft = file.lines(Severity::Warning, compat);
        if soft.is_empty() {
            let _ = match file.name.as_str() {
                "-" => writeln!(good, "validation succeed"),
                name => writeln!(good, "\"{name}\" is valid"),
            };
        } else {
            if file.name != "-" {
                let _ = writeln!(warnings, "\"{}\" has warnings: ", file.name);
            }
            for line in soft {
                let _ = writeln!(warnings, "\t* {line}");
            }
            warnings.push('\n');
        }
    }
    let mut stderr = io::stderr().lock();
    stderr.write_all(notices.as_bytes())?;
    stderr.write_all(warnings.as_bytes())?;
    if errors.is_empty() {
        if compat {
            stderr.write_all(good.as_bytes())?;
        } else {
            ui::print(&good)?;
        }
        return Ok(Exit::OK);
    }
    let count = errors.len();
    let mut message = format!("{count} error{} occurred:\n", if count == 1 { "" } else { "s" });
    for error in errors {
        let _ = writeln!(message, "\t* {error}");
    }
    Err(Failure::new(message))
}

impl Checked {
    /// The problems of one severity, a line each: the object, and in our own mode the place, the path and what to do.
    fn lines(&self, severity: Severity, compat: bool) -> Vec<String> {
        let mut lines = Vec::new();
        let mut positions = yaml::Positions::new(&self.text);
        for document in &self.documents {
            let object = format!("{}/{}/{}", document.kind, document.namespace, document.name);
            for problem in document.problems.iter().filter(|problem| problem.severity == severity) {
                let place = match positions.of(problem.span.start as usize) {
                    yaml::Position { line, column } if self.name != "-" => format!("{}:{line}:{column}: ", self.name),
                    yaml::Position { line, column } => format!("line {line}:{column}: "),
                };
                let mut text = String::new();
                let unreadable = !document.readable && problem.layer == Layer::Decode;
                if compat && unreadable {
                    let _ = write!(text, "failed to decode file {}: {place}", self.name);
                } else {
                    if !compat {
                        text.push_str(&place);
                    }
                    if !document.kind.is_empty() || !unreadable {
                        let _ = write!(text, "{}: ", problem.owner.as_ref().unwrap_or(&object));
                    }
                }
                if !problem.path.is_empty() {
                    let _ = write!(text, "{}: ", problem.path);
                }
                text.push_str(&problem.message);
                if !problem.hint.is_empty() {
                    let _ = write!(text, "; {}", problem.hint);
                }
                if !compat {
                    let _ = write!(text, " [{}]", problem.code);
                }
                lines.push(text);
            }
        }
        lines
    }
}
