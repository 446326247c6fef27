//! Where a value of the merged document came from, for messages: file, line and column, a word of the command line, or a profile.

use std::fmt;

use serde_json::Value;

use super::input::InputFile;
use super::path::{Path, Step};
use super::set::Assignment;

/// One layer of the merge.
#[derive(Clone, Debug)]
pub enum Layer {
    Profile { name: String, document: Value },
    File(InputFile),
    Set(Assignment),
}

/// Every layer, the lowest first.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub layers: Vec<Layer>,
}

/// The place a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Profile(String),
    File { name: String, line: usize, column: usize },
    Set(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Profile(name) => write!(f, "profile {name}"),
            Place::File { name, line, column } => write!(f, "{name}:{line}:{column}"),
            Place::Set(word) => write!(f, "--set {word}"),
        }
    }
}

/// Fields of `spec` that are copied below `spec.values`.
pub const COPIED: [(&str, &[&str]); 5] = [
    ("hub", &["global", "hub"]),
    ("tag", &["global", "tag"]),
    ("revision", &["revision"]),
    ("compatibilityVersion", &["compatibilityVersion"]),
    ("meshConfig", &["meshConfig"]),
];

impl Sources {
    /// The place of the value at this path (from the root of the document), the highest layer first.
    pub fn place(&self, path: &Path) -> Option<Place> {
        self.direct(path).or_else(|| self.direct(&copied_from(path)?))
    }

    /// Whether the user (not a profile) gave something at this path.
    pub fn is_from_user(&self, path: &Path) -> bool {
        matches!(self.place(path), Some(Place::File { .. } | Place::Set(_)))
    }

    fn direct(&self, path: &Path) -> Option<Place> {
        self.layers.iter().rev().find_map(|layer| match layer {
            Layer::Set(assignment) => assigns(assignment, path).then(|| Place::Set(assignment.word.clone())),
            Layer::File(file) => {
                let keys: Vec<&str> = path.0.iter().map(Step::as_str).collect();
                let at = file.position(&keys)?;
                Some(Place::File { name: file.label().to_owned(), line: at.line, column: at.column })
            }
            Layer::Profile { name, document } => reaches(document, path).then(|| Place::Profile(name.clone())),
        })
    }
}

/// Whether an assignment made the value at this path, something in it, or the tree it is in.
fn assigns(assignment: &Assignment, path: &Path) -> bool {
    let Some((spec, below)) = path.0.split_first() else { return false };
    let is_selector = |step: &Step| step.0.starts_with('[');
    spec.as_str() == "spec"
        && !below.is_empty()
        && below.iter().zip(&assignment.path.0).all(|(a, b)| a == b || (is_selector(a) && is_selector(b)))
}

fn reaches(document: &Value, path: &Path) -> bool {
    path.0
        .iter()
        .try_fold(document, |value, step| match step.0.strip_prefix('[').and_then(|step| step.strip_suffix(']')) {
            Some(index) if value.is_array() => value.get(index.parse::<usize>().ok()?),
            _ => value.get(&step.0),
        })
        .is_some()
}

/// `spec.hub` for `spec.values.global.hub`, and so on.
fn copied_from(path: &Path) -> Option<Path> {
    let below = path.0.strip_prefix(Path::keys(&["spec", "values"]).0.as_slice())?;
    COPIED.iter().find_map(|(field, place)| {
        let rest = below.strip_prefix(Path::keys(place).0.as_slice())?;
        let mut steps = Path::keys(&["spec", field]).0;
        steps.extend_from_slice(rest);
        Some(Path(steps))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::set::Typing;
    use super::*;

    #[test]
    fn the_highest_layer_that_has_a_value_is_its_place() {
        let text = "kind: IstioOperator\nspec:\n  hub: x\n  components:\n    ingressGateways:\n    - name: a\n      bogus: 1\n";
        let sources = Sources {
            layers: vec![
                Layer::Profile { name: "default".into(), document: json!({"spec": {"hub": "h", "tag": "t"}}) },
                Layer::File(InputFile { name: "in.yaml".into(), text: text.into() }),
                Layer::Set(
                    Assignment::parse("components.ingressGateways.[name:a].k8s.x=1", Typing::Guess, false).unwrap(),
                ),
            ],
        };
        let place = |path: &str| sources.place(&Path::parse(path)).map(|place| place.to_string());
        assert_eq!(place("spec.hub").as_deref(), Some("in.yaml:3:3"));
        assert_eq!(place("spec.values.global.hub").as_deref(), Some("in.yaml:3:3"));
        assert_eq!(place("spec.tag").as_deref(), Some("profile default"));
        assert_eq!(place("spec.components.ingressGateways[0].bogus").as_deref(), Some("in.yaml:7:7"));
        let set = "--set components.ingressGateways.[name:a].k8s.x=1";
        assert_eq!(place("spec.components.ingressGateways[0].k8s.x").as_deref(), Some(set));
        assert_eq!(place("spec.nothing"), None);
    }
}
