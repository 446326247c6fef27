//! The flags that say what to install, shared by every command that renders an installation.

use std::io::{Read as _, Write as _};
use std::{fs, io};

use super::values::csv_values;
use super::{Compat, Context, Failure};
use crate::cluster::{self, Cluster};
use crate::install::spec::input::InputFile;
use crate::install::spec::package::Package;
use crate::install::spec::schema;
use crate::install::spec::set::{Assignment, Typing};
use crate::install::spec::validate::{Finding, Report, validate};
use crate::install::spec::{Operator, Wish};

#[derive(clap::Args, Debug)]
pub struct OperatorFlags {
    /// File with an IstioOperator, or `-` for standard input (last); repeatable, later files win
    #[arg(long, short = 'f')]
    filename: Vec<String>,
    /// Set a field of the IstioOperator's spec, as in `values.pilot.autoscaleMin=2`; repeatable
    #[arg(long, short = 's')]
    set: Vec<String>,
    /// As --set, but the value is always text
    #[arg(long)]
    set_string: Vec<String>,
    /// As --set, but the value is JSON: a list, a map, null
    #[arg(long)]
    set_json: Vec<String>,
    /// As --set-string, with the text of a file: `values.pilot.jwksResolverExtraRootCA=ca.pem`
    #[arg(long)]
    set_file: Vec<String>,
    /// Folder with `profiles` and `charts` to use instead of the built-in ones
    #[arg(long, short = 'd', default_value = "")]
    manifests: String,
    #[arg(long, default_value = "", hide = true)]
    charts: String,
    /// Control plane revision
    #[arg(long, short = 'r')]
    revision: Option<String>,
}

impl OperatorFlags {
    /// For commands that have only some of the flags.
    pub fn from_parts(set: &[String], manifests: &str, revision: &str) -> Self {
        OperatorFlags {
            filename: Vec::new(),
            set: set.to_vec(),
            set_string: Vec::new(),
            set_json: Vec::new(),
            set_file: Vec::new(),
            manifests: manifests.to_owned(),
            charts: String::new(),
            revision: Some(revision.to_owned()),
        }
    }

    /// The revision that the flag names.
    pub fn revision(&self) -> Option<&str> {
        self.revision.as_deref().filter(|name| !name.is_empty())
    }

    /// Whether anything but the revision is said.
    pub fn has_settings(&self) -> bool {
        let assignments = [&self.filename, &self.set, &self.set_string, &self.set_json, &self.set_file];
        assignments.iter().any(|given| !given.is_empty()) || !self.manifests.is_empty() || !self.charts.is_empty()
    }

    /// As [`OperatorFlags::wish`], with files that were read already.
    pub fn wish_with(&self, files: Vec<InputFile>, context: &Context) -> Result<Wish, Failure> {
        Ok(Wish { files, ..self.wish(context)? })
    }

    /// Reads the files and the assignments. Nothing is merged yet.
    pub fn wish(&self, context: &Context) -> Result<Wish, Failure> {
        let strict = context.compat == Compat::Strict;
        let mut sets = Vec::new();
        for (words, typing) in
            [(&self.set, Typing::Guess), (&self.set_string, Typing::Text), (&self.set_json, Typing::Json)]
        {
            for word in words {
                sets.push(Assignment::parse(word, typing, strict)?);
            }
        }
        for word in &self.set_file {
            sets.push(assignment_of_file(word, strict)?);
        }
        // These two beat every other assignment.
        let manifests = if self.manifests.is_empty() { &self.charts } else { &self.manifests };
        if !manifests.is_empty() {
            sets.push(Assignment::parse(&format!("installPackagePath={manifests}"), Typing::Text, false)?);
        }
        if let Some(revision) = self.revision.as_ref().filter(|name| !name.is_empty() && *name != "default") {
            sets.push(Assignment::parse(&format!("revision={revision}"), Typing::Guess, false)?);
        }
        Ok(Wish { files: read_files(&self.filename)?, sets, server_version: None, strict })
    }
}

/// The files named by `-f` flags, each a comma-separated list.
pub fn read_files(occurrences: &[String]) -> Result<Vec<InputFile>, Failure> {
    let names = csv_values(occurrences).map_err(Failure::usage)?;
    let mut files = Vec::new();
    for (at, name) in names.iter().map(|name| name.trim()).enumerate() {
        if name == "-" && at + 1 < names.len() {
            return Err(
                Failure::new("stdin is only allowed as the last filename").hint("put `-f -` behind the other files")
            );
        }
        let text = read(name).map_err(|error| unreadable(name, &error))?;
        files.push(InputFile { name: name.to_owned(), text });
    }
    Ok(files)
}

/// A file that cannot be read. A profile's file name is taken for what it looks like.
fn unreadable(name: &str, error: &io::Error) -> Failure {
    let failure = Failure::new(format!("open {name}: {}", reason(error)));
    let stem = std::path::Path::new(name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    match error.kind() {
        io::ErrorKind::NotFound if Package::Embedded.profiles().iter().any(|profile| profile == stem) => {
            failure.hint(format!("for the built-in profile: --set profile={stem}"))
        }
        io::ErrorKind::IsADirectory => failure.hint("name the files in it, one -f each"),
        _ => failure,
    }
}

fn assignment_of_file(word: &str, strict: bool) -> Result<Assignment, Failure> {
    let (path, file) =
        word.split_once('=').ok_or_else(|| Failure::usage(format!("--set-file {word:?}: write PATH=FILE")))?;
    let text =
        read(file).map_err(|error| Failure::new(format!("--set-file {word:?}: open {file}: {}", reason(&error))))?;
    let mut assignment = Assignment::parse(&format!("{path}="), Typing::Text, strict)?;
    assignment.word = word.to_owned();
    assignment.value = text.into();
    Ok(assignment)
}

/// The text of a file, or of standard input. A byte-order mark is dropped.
fn read(name: &str) -> io::Result<String> {
    let mut text = String::new();
    if name == "-" {
        io::stdin().lock().read_to_string(&mut text)?;
    } else {
        text = fs::read_to_string(name)?;
    }
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}

/// Merges and validates. Problems end the command unless `force`, which is none for a command without that flag; warnings go to stderr.
pub fn operator(wish: &Wish, force: Option<bool>) -> Result<Operator, Failure> {
    let mut operator = wish.merged()?;
    let Report { errors, warnings } = validate(&operator);
    warn(wish.strict, operator.warnings.iter().cloned().chain(warnings.iter().map(ToString::to_string)));
    let problems: Vec<String> = errors.iter().map(ToString::to_string).collect();
    match problems.as_slice() {
        [] => {}
        _ if force == Some(true) => warn(wish.strict, problems.iter().cloned()),
        [problem] => return Err(Failure::new(problem.clone()).hints(remedies(&errors, force.is_some()))),
        _ => {
            let text = format!("{} problems:\n  {}", problems.len(), problems.join("\n  "));
            return Err(Failure::new(text).hints(remedies(&errors, force.is_some())));
        }
    }
    operator.merge_unvalidated();
    Ok(operator)
}

/// Says on stderr what the user should know. The reference keeps it to itself.
pub fn warn(strict: bool, warnings: impl IntoIterator<Item = String>) {
    if strict {
        return;
    }
    let mut stderr = std::io::stderr().lock();
    for warning in warnings {
        let _ = writeln!(stderr, "Warning: {warning}");
    }
}

/// What to do about problems: only what helps with one of them.
fn remedies(errors: &[Finding], may_force: bool) -> Vec<String> {
    let any = |test: fn(&Finding) -> bool| errors.iter().any(test);
    let mut hints = Vec::new();
    let mut add = |holds: bool, hint: &str| hints.extend(holds.then(|| hint.to_owned()));
    add(any(|found| found.is_assigned() && found.text.starts_with("spec.spec")), "a path of --set starts below `spec`");
    let not_text = |found: &Finding| {
        let got = ["the number", "true", "false"];
        got.iter().any(|got| found.text.contains(&format!(": want text, got {got}")))
    };
    add(errors.iter().any(|found| found.is_assigned() && not_text(found)), "--set-string takes its value as text");
    add(
        errors.iter().any(|found| !found.is_assigned() && not_text(found)),
        "quotes make text of a number or a word like on",
    );
    let at_the_top = |found: &Finding| {
        found.text.split_once(": unknown field").is_some_and(|(path, _)| schema::is_field_of_spec(path))
    };
    add(any(at_the_top), "what is to be installed stands below `spec:`");
    let values = |found: &Finding| found.text.starts_with("spec.values.") && found.text.contains("unknown field");
    add(any(values), "`spec.unvalidatedValues` takes values that are not checked");
    // Who is told what was meant needs no way around it.
    if may_force && hints.is_empty() && !any(|found| found.text.contains("did you mean")) {
        hints.push("--force goes on in spite of problems".to_owned());
    }
    hints
}

/// The version of the API server, verbatim.
pub fn server_version(context: &Context) -> Result<String, Failure> {
    let target = context.target()?;
    let version = cluster::block_on(async { Cluster::connect(&target).await?.version().await })?
        .map_err(|error| Failure::from(error).hint("without --cluster-specific no cluster is asked"))?;
    Ok(version.git_version)
}
