//! Paths into a tree, as `--set` and overlays write them: `components.ingressGateways[0].label.a\.b`, `ports.[name:http]`.

use std::fmt;

/// One step of a path: a key, or a selector with its brackets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step(pub String);

/// Steps from the root of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(pub Vec<Step>);

/// What a selector picks in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector<'s> {
    /// An element by position; negative means a new one at the end.
    Index(i64),
    /// The first element whose key has this value.
    Key(&'s str, String),
    /// Brackets around anything else.
    Other(&'s str),
}

impl Step {
    /// The selector, if the step is one.
    pub fn selector(&self) -> Option<Selector<'_>> {
        let inner = self.0.strip_prefix('[')?.strip_suffix(']')?;
        if let Ok(index) = inner.strip_prefix('+').unwrap_or(inner).parse::<i64>() {
            return Some(Selector::Index(index));
        }
        match unescaped_colon(inner) {
            Some((key, value)) if !key.is_empty() && !value.is_empty() && key.bytes().all(is_key_byte) => {
                Some(Selector::Key(key, value.replace("\\:", ":")))
            }
            _ => Some(Selector::Other(inner)),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn unescaped_colon(text: &str) -> Option<(&str, &str)> {
    let at = text.match_indices(':').map(|(at, _)| at).find(|at| !text[..*at].ends_with('\\'))?;
    Some((&text[..at], &text[at + 1..]))
}

impl Path {
    /// Reads a path. Dots separate steps unless a backslash precedes them; empty steps are dropped; a bracket opens a step of its own.
    pub fn parse(text: &str) -> Path {
        let mut steps = Vec::new();
        for segment in split_unescaped(text) {
            let segment = segment.replace("\\.", ".");
            match segment.find('[') {
                Some(at) if at > 0 && segment.ends_with(']') => {
                    steps.push(Step(segment[..at].to_owned()));
                    steps.push(Step(segment[at..].to_owned()));
                }
                _ if segment.is_empty() => {}
                _ => steps.push(Step(segment)),
            }
        }
        Path(steps)
    }

    /// As [`Path::parse`], after cleaning the text like a file path, as the reference does (`//` is `/`, `x/../` is nothing).
    pub fn parse_cleaned(text: &str) -> Path {
        Path::parse(&clean(text))
    }

    /// This path and one more key.
    #[must_use]
    pub fn child(&self, key: impl Into<String>) -> Path {
        let mut steps = self.0.clone();
        steps.push(Step(key.into()));
        Path(steps)
    }

    /// This path and one more list index.
    #[must_use]
    pub fn item(&self, index: usize) -> Path {
        self.child(format!("[{index}]"))
    }

    /// The path of these plain keys.
    pub fn keys(keys: &[&str]) -> Path {
        Path(keys.iter().map(|key| Step((*key).to_owned())).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `other` is this path or lies below it.
    pub fn contains(&self, other: &Path) -> bool {
        other.0.len() >= self.0.len() && self.0.iter().zip(&other.0).all(|(a, b)| a == b)
    }
}

/// The path as `--set` takes it: dots in keys escaped, no dot before a selector.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            if at > 0 && !step.0.starts_with('[') {
                f.write_str(".")?;
            }
            f.write_str(&step.0.replace('.', "\\."))?;
        }
        Ok(())
    }
}

fn split_unescaped(text: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices('.') {
        if !text[..at].ends_with('\\') {
            segments.push(&text[start..at]);
            start = at + 1;
        }
    }
    segments.push(&text[start..]);
    segments
}

/// Go's `filepath.Clean` for a relative or absolute slash path.
fn clean(text: &str) -> String {
    let rooted = text.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if !rooted => parts.push(".."),
                _ => {}
            },
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Vec<String> {
        Path::parse(text).0.into_iter().map(|step| step.0).collect()
    }

    #[test]
    fn brackets_and_escapes_make_steps() {
        let cases: [(&str, &[&str]); 8] = [
            ("a.b.c", &["a", "b", "c"]),
            ("a[0].b", &["a", "[0]", "b"]),
            ("a.[0].b", &["a", "[0]", "b"]),
            (".a..b.", &["a", "b"]),
            (r"a.b\.c/d", &["a", "b.c/d"]),
            (r"a.[name:foo\.bar]", &["a", "[name:foo.bar]"]),
            ("a[0][1]", &["a", "[0][1]"]),
            ("a.[name", &["a", "[name"]),
        ];
        for (text, expected) in cases {
            assert_eq!(steps(text), expected, "{text}");
        }
    }

    #[test]
    fn selectors_are_told_apart() {
        let of = |text: &str| Step(text.to_owned()).selector().map(|selector| format!("{selector:?}"));
        assert_eq!(of("[3]").as_deref(), Some("Index(3)"));
        assert_eq!(of("[+0]").as_deref(), Some("Index(0)"));
        assert_eq!(of("[-1]").as_deref(), Some("Index(-1)"));
        assert_eq!(of("[name:x]").as_deref(), Some(r#"Key("name", "x")"#));
        assert_eq!(of(r"[name:a\:b]").as_deref(), Some(r#"Key("name", "a:b")"#));
        assert_eq!(of("[--log=a:b]").as_deref(), Some(r#"Other("--log=a:b")"#));
        assert_eq!(of("key"), None);
    }

    #[test]
    fn a_printed_path_reads_back() {
        for text in [r"a.b\.c[0].d", "components.ingressGateways[name:x].label"] {
            assert_eq!(Path::parse(text).to_string(), text);
        }
    }

    #[test]
    fn the_reference_cleans_paths_like_file_names() {
        assert_eq!(clean("values.a//b/./c"), "values.a/b/c");
        assert_eq!(clean("spec.values.image/../logLevel"), "logLevel");
    }
}
