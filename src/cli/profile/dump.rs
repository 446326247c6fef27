//! `profile dump`: a profile with everything it rests on.

use serde_json::{Value, json};

use super::super::operator::read_files;
use super::super::{Context, Exit, Failure, Outcome};
use super::merged;
use crate::install::spec::flatten::assignments;
use crate::install::spec::path::Path;
use crate::{ui, yaml};

/// Print a profile, merged with what it rests on
#[derive(clap::Args, Debug)]
pub struct Dump {
    /// Print this part of the spec only, as in `components.pilot`
    #[arg(long, short = 'p', default_value = "")]
    config_path: String,
    /// IstioOperator file to print instead of a profile, merged over its profile; repeatable
    #[arg(long, short = 'f')]
    filename: Vec<String>,
    /// Folder with `profiles` and `charts` to use instead of the built-in ones
    #[arg(long, short = 'd', default_value = "")]
    manifests: String,
    /// Format: yaml, json or flags (words for --set)
    #[arg(long, short = 'o', default_value = "yaml")]
    output: String,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Dump {
    pub fn run(self, _context: &Context) -> Outcome {
        let profile = match self.words.as_slice() {
            [] => "",
            [name] if self.filename.is_empty() => name,
            [_] => return Err(Failure::new("a profile or --filename, not both")),
            _ => return Err(Failure::new("profile dump takes one profile")),
        };
        let document = merged(profile, read_files(&self.filename)?, &self.manifests)?;
        let path = Path::parse(&self.config_path);
        let spec = document.get("spec").unwrap_or(&Value::Null);
        let part = path.0.iter().try_fold(spec, |value, step| match step.as_str().strip_prefix('[') {
            Some(index) => value.get(index.trim_end_matches(']').parse::<usize>().ok()?),
            None => value.get(step.as_str()),
        });
        let part = part.ok_or_else(|| Failure::new(format!("path {} not found in the profile", self.config_path)))?;
        let text = match self.output.as_str() {
            "flags" => assignments(part, &path).iter().map(|line| format!("{line}\n")).collect(),
            "json" => json_text(&shown(part, &path, &document))?,
            "yaml" => yaml::to_string(&shown(part, &path, &document)),
            other => {
                return Err(Failure::new(format!("unknown output format: {other}")).hint("formats: yaml, json, flags"));
            }
        };
        ui::print(&text)?;
        Ok(Exit::OK)
    }
}

/// The part alone, or the whole document when the part is the whole spec.
fn shown(part: &Value, path: &Path, document: &Value) -> Value {
    if !path.is_empty() {
        return part.clone();
    }
    json!({"apiVersion": document.get("apiVersion"), "kind": document.get("kind"), "metadata": document.get("metadata"), "spec": part})
}

fn json_text(value: &Value) -> Result<String, Failure> {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    serde::Serialize::serialize(value, &mut serde_json::Serializer::with_formatter(&mut out, formatter))?;
    Ok(format!("{}\n", String::from_utf8_lossy(&out)))
}
