//! Selections: `NAMESPACE,…/WORKLOAD,…/POD,…/LABEL=VALUE,…/ANNOTATION=VALUE,…/CONTAINER,…`.
//!
//! One meaning everywhere: every part that is given must match. In a list of names one must match, of labels and
//! annotations all. Names are whole-word shell patterns: `*`, `?`, `[a-z]`. An empty part or `*` takes anything.

use std::collections::BTreeMap;

use regex::Regex;

use super::workloads::Container;

/// Why a selection cannot be meant.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum Error {
    #[error("{0}: labels and annotations are selected with KEY=VALUE")]
    NoPair(String),
    #[error("{0}: the key of a label or annotation cannot be a pattern")]
    KeyPattern(String),
    #[error("{0}: more than the six parts NAMESPACE/WORKLOAD/POD/LABELS/ANNOTATIONS/CONTAINER")]
    TooLong(String),
    #[error("{0} is no pattern")]
    Pattern(String),
}

/// One selection.
#[derive(Debug, Default)]
pub struct Filter {
    namespaces: Vec<Regex>,
    workloads: Vec<Regex>,
    pods: Vec<Regex>,
    labels: Vec<(String, Regex)>,
    annotations: Vec<(String, Regex)>,
    containers: Vec<Regex>,
}

impl Filter {
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut parts = text.trim().split('/');
        let mut part = || parts.next().unwrap_or_default();
        let filter = Filter {
            namespaces: names(part())?,
            workloads: names(part())?,
            pods: names(part())?,
            labels: pairs(part())?,
            annotations: pairs(part())?,
            containers: names(part())?,
        };
        match parts.next() {
            Some(_) => Err(Error::TooLong(text.to_owned())),
            None => Ok(filter),
        }
    }

    pub fn matches(&self, container: &Container) -> bool {
        let name =
            |patterns: &[Regex], name: &str| patterns.is_empty() || patterns.iter().any(|one| one.is_match(name));
        let labels = |wanted: &[(String, Regex)], has: &BTreeMap<String, String>| {
            wanted.iter().all(|(key, pattern)| has.get(key).is_some_and(|value| pattern.is_match(value)))
        };
        name(&self.namespaces, &container.namespace)
            && name(&self.workloads, &container.workload)
            && name(&self.pods, &container.pod)
            && labels(&self.labels, &container.labels)
            && labels(&self.annotations, &container.annotations)
            && name(&self.containers, &container.name)
    }

    pub fn names_containers(&self) -> bool {
        !self.containers.is_empty()
    }
}

fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty() && *word != "*")
}

fn names(list: &str) -> Result<Vec<Regex>, Error> {
    // In a list one must match; a `*` among them takes anything.
    if list.split(',').any(|word| word.trim() == "*") {
        return Ok(Vec::new());
    }
    words(list).map(glob).collect()
}

fn pairs(list: &str) -> Result<Vec<(String, Regex)>, Error> {
    let pair = |word: &str| match word.split('=').collect::<Vec<_>>().as_slice() {
        [key, _] if key.contains('*') => Err(Error::KeyPattern(word.to_owned())),
        [key, value] => Ok(((*key).to_owned(), glob(value)?)),
        _ => Err(Error::NoPair(word.to_owned())),
    };
    words(list).map(pair).collect()
}

/// A shell pattern of a whole word.
pub fn glob(pattern: &str) -> Result<Regex, Error> {
    let mut text = String::from("^(?s:");
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' => text.push_str(".*"),
            '?' => text.push('.'),
            '[' => match rest.as_str().split_once(']') {
                Some((set, after)) if !set.is_empty() => {
                    let (not, set) = match set.strip_prefix(['!', '^']) {
                        Some(set) => ("^", set),
                        None => ("", set),
                    };
                    text.push_str(&format!("[{not}{}]", set.replace('\\', "\\\\").replace('[', "\\[")));
                    rest = after.chars();
                }
                _ => return Err(Error::Pattern(pattern.to_owned())),
            },
            other => text.push_str(&regex::escape(&other.to_string())),
        }
    }
    text.push_str(")$");
    Regex::new(&text).map_err(|_| Error::Pattern(pattern.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container() -> Container {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Container {
            namespace: "ns1".to_owned(),
            workload: "inv1".to_owned(),
            pod: "inv1-rs-p1".to_owned(),
            name: "istio-proxy".to_owned(),
            labels: map(&[("app", "inv1"), ("tier", "gold")]),
            annotations: map(&[("rev", "1.6.1")]),
            ..Container::default()
        }
    }

    #[test]
    fn every_part_that_is_given_must_match() {
        let cases = [
            ("", true),
            ("ns1", true),
            ("ns2,ns1", true),
            ("ns", false),
            ("n*", true),
            ("n?[0-9]", true),
            ("n?[!0-9]", false),
            ("ns1/inv1", true),
            ("ns1/inv2", false),
            ("ns1//inv", false),
            ("//inv1*", true),
            ("///tier=g*", true),
            ("///tier=gold,app=other", false),
            ("////rev=1.6*", true),
            ("/////istio-proxy", true),
            ("ns1/////app", false),
            ("*/*/*/*/*/*", true),
        ];
        for (text, takes) in cases {
            let filter = Filter::parse(text).expect("good");
            assert_eq!(filter.matches(&container()), takes, "{text}");
        }
    }

    #[test]
    fn bad_selections_are_refused() {
        let refused = |text: &str| Filter::parse(text).err();
        assert_eq!(refused("///foo"), Some(Error::NoPair("foo".to_owned())));
        assert_eq!(refused("///f*o=1"), Some(Error::KeyPattern("f*o=1".to_owned())));
        assert_eq!(refused("a/b/c/d=1/e=1/f/g"), Some(Error::TooLong("a/b/c/d=1/e=1/f/g".to_owned())));
        assert_eq!(refused("[a"), Some(Error::Pattern("[a".to_owned())));
    }
}
