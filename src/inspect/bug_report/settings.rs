//! What the user wants of a report: flags laid over a configuration file.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::filter::{self, Filter};

/// Namespaces that no report looks into.
pub const NEVER: &str = "kube-node-lease,kube-public,kube-system,local-path-storage";

/// Why the settings of a report cannot be meant.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum Error {
    #[error("--{flag}: {text} is no time such as 2026-01-31T15:04:05Z")]
    Time { flag: &'static str, text: String },
    #[error("--start-time and --duration exclude each other")]
    StartAndDuration,
    #[error("--start-time lies after --end-time")]
    Backwards,
    #[error(transparent)]
    Filter(#[from] filter::Error),
    #[error("{key}: unknown key")]
    Unknown { key: String },
    #[error("the file holds no mapping of keys")]
    NoMap,
}

/// Keys of the configuration file.
const KEYS: &[&str] = &[
    "kubeConfigPath",
    "context",
    "istioNamespace",
    "dryRun",
    "fullSecrets",
    "proxyAdminPort",
    "commandTimeout",
    "include",
    "exclude",
    "startTime",
    "endTime",
    "since",
    "timeFilterApplied",
    "criticalErrors",
    "ignoredErrors",
    "requestConcurrency",
    "tailLines",
    "skipClusterDump",
    "skipAnalyze",
    "skipProxyDebug",
    "skipNetstat",
    "skipCoredumps",
];

/// A configuration file; a key that means nothing is an error.
pub fn read_file(text: &str) -> Result<Map<String, Value>, Box<dyn std::error::Error>> {
    let map = match crate::yaml::from_str(text)? {
        Value::Object(map) => map,
        Value::Null => Map::new(),
        _ => return Err(Box::new(Error::NoMap)),
    };
    match map.keys().find(|key| !KEYS.contains(&key.as_str())) {
        Some(key) => Err(Box::new(Error::Unknown { key: key.clone() })),
        None => Ok(map),
    }
}

/// Which of the time a log tells is wanted; both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
}

impl Window {
    /// From the three flags. Empty texts and a length of zero are absent.
    pub fn new(start: &str, end: &str, nanoseconds: i64, now: Timestamp) -> Result<Self, Error> {
        let read = |flag, text: &str| match text {
            "" => Ok(None),
            text => text.parse::<Timestamp>().map(Some).map_err(|_| Error::Time { flag, text: text.to_owned() }),
        };
        let (start, end) = (read("start-time", start)?, read("end-time", end)?);
        if start.is_some() && nanoseconds != 0 {
            return Err(Error::StartAndDuration);
        }
        let until = end.unwrap_or(now);
        let start = match nanoseconds {
            0 => start,
            length => until.checked_sub(jiff::SignedDuration::from_nanos(length)).ok(),
        };
        if start.is_some_and(|start| start > until) {
            return Err(Error::Backwards);
        }
        Ok(Window { start, end })
    }

    pub fn is_everything(&self) -> bool {
        self.start.is_none() && self.end.is_none()
    }

    pub fn holds(&self, time: Timestamp) -> bool {
        self.start.is_none_or(|start| time >= start) && self.end.is_none_or(|end| time <= end)
    }
}

/// Which containers are wanted.
#[derive(Debug, Default)]
pub struct Choice {
    include: Vec<Filter>,
    exclude: Vec<Filter>,
}

impl Choice {
    /// Namespaces of Kubernetes itself are excluded whatever the user says.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self, Error> {
        let read = |texts: &[String]| texts.iter().map(|text| Filter::parse(text)).collect::<Result<Vec<_>, _>>();
        let mut choice = Choice { include: read(include)?, exclude: read(exclude)? };
        choice.exclude.push(Filter::parse(NEVER)?);
        Ok(choice)
    }

    /// Whether this one is in the report: chosen by some include (if there are any) and by no exclude.
    pub fn takes(&self, container: &super::workloads::Container) -> bool {
        (self.include.is_empty() || self.include.iter().any(|filter| filter.matches(container)))
            && !self.exclude.iter().any(|filter| filter.matches(container))
    }

    /// Whether containers were asked for by name, and so the logs of applications too.
    pub fn names_containers(&self) -> bool {
        self.include.iter().any(Filter::names_containers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_window_is_read_from_the_flags() {
        let now = at("2026-01-02T00:00:00Z");
        let hour = 3_600_000_000_000;
        assert_eq!(Window::new("", "", 0, now), Ok(Window::default()));
        let last_hour = Window::new("", "", hour, now).expect("good");
        assert_eq!(last_hour, Window { start: Some(at("2026-01-01T23:00:00Z")), end: None });
        assert_eq!(Window::new("2026-01-01T00:00:00Z", "", hour, now), Err(Error::StartAndDuration));
        assert_eq!(Window::new("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", 0, now), Err(Error::Backwards));
        assert_eq!(Window::new("foo", "", 0, now), Err(Error::Time { flag: "start-time", text: "foo".to_owned() }));
    }

    #[test]
    fn a_file_with_an_unknown_key_is_refused() {
        assert!(read_file("include: [ns1]\ntailLines: 3\n").is_ok());
        assert_eq!(read_file("inclde: []").map_err(|error| error.to_string()), Err("inclde: unknown key".to_owned()));
    }
}
