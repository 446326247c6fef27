//! Semantic versions and ranges of them, read leniently: `v1`, `1.2` and `1.2.x` are fine, `~`, `^`, `-` and `||` too.

use std::cmp::Ordering;
use std::fmt;

/// A version; missing parts are zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub major: u64,
    pub minor: u64,
    pub patch: u64,
    pub prerelease: String,
    pub metadata: String,
    pub original: String,
}

impl Version {
    /// A version, read leniently.
    pub fn parse(text: &str) -> Option<Version> {
        let rest = text.strip_prefix('v').unwrap_or(text);
        let (rest, metadata) = rest.split_once('+').map_or((rest, ""), |(rest, metadata)| (rest, metadata));
        let (numbers, prerelease) = rest.split_once('-').map_or((rest, ""), |(numbers, pre)| (numbers, pre));
        if text.contains('+') && !identifiers(metadata) || rest.contains('-') && !identifiers(prerelease) {
            return None;
        }
        // Numbers within a pre-release don't start with zero.
        if prerelease.split('.').any(|part| part.len() > 1 && part.starts_with('0') && digits(part)) {
            return None;
        }
        let mut parts = numbers.split('.');
        let mut part = |needed: bool| match parts.next() {
            Some(part) if digits(part) => part.parse().ok(),
            None if !needed => Some(0),
            _ => None,
        };
        let version = Version {
            major: part(true)?,
            minor: part(false)?,
            patch: part(false)?,
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
            original: text.to_owned(),
        };
        parts.next().is_none().then_some(version)
    }

    fn core(&self) -> (u64, u64, u64) {
        (self.major, self.minor, self.patch)
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn identifiers(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl Version {
    /// By precedence: build metadata doesn't count, a pre-release comes before its release.
    pub fn precedence(&self, other: &Version) -> Ordering {
        self.core().cmp(&other.core()).then_with(|| match (self.prerelease.as_str(), other.prerelease.as_str()) {
            ("", "") => Ordering::Equal,
            ("", _) => Ordering::Greater,
            (_, "") => Ordering::Less,
            (a, b) => prerelease(a, b),
        })
    }
}

fn prerelease(a: &str, b: &str) -> Ordering {
    let mut others = b.split('.');
    for part in a.split('.') {
        let Some(other) = others.next() else {
            return Ordering::Greater;
        };
        let order = match (digits(part), digits(other)) {
            (true, true) => part.len().cmp(&other.len()).then_with(|| part.cmp(other)),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => part.cmp(other),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    if others.next().is_some() { Ordering::Less } else { Ordering::Equal }
}

/// Alternatives (`||`) of conditions that must all hold.
#[derive(Clone, Debug)]
pub struct Range(Vec<Vec<Condition>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Tilde,
    Caret,
}

/// Longer spellings come first.
const OPERATORS: &[(&str, Operator)] = &[
    (">=", Operator::GreaterOrEqual),
    ("=>", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    ("=<", Operator::LessOrEqual),
    ("!=", Operator::NotEqual),
    ("~>", Operator::Tilde),
    ("=", Operator::Equal),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
];

#[derive(Clone, Debug)]
struct Condition {
    operator: Operator,
    version: Version,
    /// The major (minor, patch) number is missing or a wildcard.
    any_major: bool,
    any_minor: bool,
    any_patch: bool,
}

impl Range {
    /// A range of versions.
    pub fn parse(text: &str) -> Option<Range> {
        text.split("||").map(conditions).collect::<Option<Vec<_>>>().map(Range)
    }

    /// Whether the version is in the range. A pre-release only is where a condition of the same alternative names one.
    pub fn contains(&self, version: &Version) -> bool {
        self.0.iter().any(|conditions| {
            let prereleases = conditions.iter().any(|condition| !condition.version.prerelease.is_empty());
            (version.prerelease.is_empty() || prereleases)
                && conditions.iter().all(|condition| condition.holds(version))
        })
    }
}

fn conditions(text: &str) -> Option<Vec<Condition>> {
    let text = hyphens(text);
    let mut conditions = Vec::new();
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (operator, after) = OPERATORS
            .iter()
            .find_map(|(sign, operator)| rest.strip_prefix(sign).map(|after| (*operator, after)))
            .unwrap_or((Operator::Equal, rest));
        let after = after.trim_start();
        let end = after.find(|c: char| c == ',' || c.is_whitespace()).unwrap_or(after.len());
        conditions.push(Condition::new(operator, &after[..end])?);
        rest = after[end..].trim_start_matches(|c: char| c == ',' || c.is_whitespace());
    }
    Some(conditions)
}

/// `1.2 - 1.4` as `>=1.2 <=1.4`.
fn hyphens(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match (words.get(at + 1), words.get(at + 2)) {
            (Some(&"-"), Some(last)) => {
                out.push(format!(">={word} <={last}"));
                at += 3;
            }
            _ => {
                out.push((*word).to_owned());
                at += 1;
            }
        }
    }
    out.join(" ")
}

impl Condition {
    fn new(operator: Operator, text: &str) -> Option<Condition> {
        let wild = |part: &str| matches!(part, "x" | "X" | "*");
        let bare = text.strip_prefix('v').unwrap_or(text);
        let (numbers, suffix) = bare.split_at(bare.find(['-', '+']).unwrap_or(bare.len()));
        let parts: Vec<&str> = numbers.split('.').collect();
        let any_at = |at: usize| parts.get(at).is_none_or(|part| wild(part));
        let any_major = any_at(0);
        let any_minor = any_major || any_at(1);
        let any_patch = any_minor || any_at(2);
        if parts.len() > 3 || parts.iter().any(|part| !wild(part) && !digits(part)) {
            return None;
        }
        let number = |at: usize, any: bool| if any { "0" } else { parts.get(at).copied().unwrap_or("0") };
        let full = format!("{}.{}.{}{suffix}", number(0, any_major), number(1, any_minor), number(2, any_patch));
        Some(Condition { operator, version: Version::parse(&full)?, any_major, any_minor, any_patch })
    }

    fn holds(&self, version: &Version) -> bool {
        let wanted = &self.version;
        let order = version.precedence(wanted);
        let same_major = version.major == wanted.major;
        let same_minor = same_major && version.minor == wanted.minor;
        match self.operator {
            Operator::Equal if self.any_patch => self.tilde(version, order),
            Operator::Equal => order == Ordering::Equal,
            Operator::NotEqual => match () {
                () if !same_major => true,
                () if self.any_minor => false,
                () if !same_minor => true,
                () if self.any_patch => {
                    let pre = (version.prerelease.as_str(), wanted.prerelease.as_str());
                    pre != ("", "") && pre.0 != pre.1
                }
                () => order != Ordering::Equal,
            },
            Operator::Greater => match () {
                () if !self.any_patch => order == Ordering::Greater,
                () if !same_major => version.major > wanted.major,
                () => !self.any_minor && version.minor > wanted.minor,
            },
            Operator::Less => order == Ordering::Less,
            Operator::GreaterOrEqual => order != Ordering::Less,
            Operator::LessOrEqual => match () {
                () if !self.any_patch => order != Ordering::Greater,
                () if version.major > wanted.major => false,
                () => !(same_major && version.minor > wanted.minor && !self.any_minor),
            },
            Operator::Tilde => self.tilde(version, order),
            Operator::Caret => match () {
                () if order == Ordering::Less => false,
                () if wanted.major > 0 || self.any_minor => same_major,
                () if version.major > 0 => false,
                () if wanted.minor > 0 || self.any_patch => same_minor,
                () if version.minor > 0 => false,
                () => version.patch == wanted.patch,
            },
        }
    }

    fn tilde(&self, version: &Version, order: Ordering) -> bool {
        if order == Ordering::Less {
            return false;
        }
        let wanted = &self.version;
        // `*` and `~0.0.0` are every version.
        if wanted.core() == (0, 0, 0) && (self.any_major || !self.any_patch) {
            return true;
        }
        version.major == wanted.major && (self.any_minor || version.minor == wanted.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_what_they_say() {
        for (range, version, expected) in [
            (">=1.22", "v1.32.1-gke.5", false),
            (">=1.22-0", "v1.32.1-gke.5", true),
            (">=1.2.0", "1.3.0", true),
            ("^1.2", "1.9.0", true),
            ("^1.2", "2.0.0", false),
            ("^0.2.3", "0.2.9", true),
            ("^0.2.3", "0.3.0", false),
            ("^0.0.3", "0.0.4", false),
            ("~1.2.3", "1.2.9", true),
            ("~1.2.3", "1.3.0", false),
            ("~1", "1.9.0", true),
            ("1.2.x", "1.2.7", true),
            ("1.x", "2.0.0", false),
            ("*", "5.6.7", true),
            ("~0", "0.9.9", true),
            ("~0", "1.9.9", false),
            ("0.x", "5.0.0", false),
            ("~0.0.0", "5.0.0", true),
            ("1.2 - 1.4", "1.4.9", true),
            ("1.2 - 1.4", "1.5.0", false),
            (">1", "1.5.0", false),
            (">1", "2.0.0", true),
            ("<=1.2", "1.2.9", true),
            ("!=1.2.3", "1.2.4", true),
            ("!=1.2.x", "1.2.4", false),
            (">=1, <2 || >=3", "3.1.0", true),
            (">=1, <2 || >=3", "2.1.0", false),
            ("=1.2.3", "1.2.3+build", true),
        ] {
            let parsed = Range::parse(range).expect(range);
            assert_eq!(parsed.contains(&Version::parse(version).expect(version)), expected, "{range} {version}");
        }
        assert!(Range::parse("nope").is_none());
        assert!(Version::parse("1.2.3.4").is_none());
    }
}
