//! `proxy-config log --level`: what is asked of Envoy's loggers.

/// The levels that Envoy's loggers have.
const LEVELS: [&str; 8] = ["trace", "debug", "info", "warning", "warn", "error", "critical", "off"];

/// One change: of a logger, or of all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `None`: every logger.
    pub logger: Option<String>,
    pub level: String,
}

impl Change {
    /// The request to the admin interface.
    pub fn path(&self) -> String {
        match &self.logger {
            Some(logger) => format!("logging?{logger}={}", self.level),
            None => format!("logging?level={}", self.level),
        }
    }
}

/// Why `--level` cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LevelError {
    #[error("the proxy has no logger {0}")]
    Logger(String),
    #[error("{0} is no log level")]
    Level(String),
}

/// Reads a list such as `rbac:debug,http=info` or `warning`; `loggers` is Envoy's list of them.
///
/// A level for all loggers cancels what stands before it.
pub fn changes(text: &str, loggers: &str) -> Result<Vec<Change>, LevelError> {
    let mut changes: Vec<Change> = Vec::new();
    for item in text.split(',') {
        let (logger, level) = match item.find([':', '=']) {
            None => (None, item),
            Some(_) => {
                let item = item.rsplit_once("::").map_or(item, |(_, rest)| rest);
                let (logger, level) = item.split_once([':', '=']).unwrap_or((item, ""));
                if logger != "level" && !loggers.contains(logger) {
                    return Err(LevelError::Logger(logger.to_owned()));
                }
                (Some(logger.to_owned()), level)
            }
        };
        if !is_level(level) {
            return Err(LevelError::Level(level.to_owned()));
        }
        if logger.is_none() {
            changes.clear();
        }
        changes.push(Change { logger, level: level.to_owned() });
    }
    Ok(changes)
}

pub fn is_level(level: &str) -> bool {
    LEVELS.contains(&level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read() {
        let paths = |text: &str| {
            changes(text, "active loggers:\n  rbac: info\n  http: info\n")
                .map(|changes| changes.iter().map(Change::path).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(paths("rbac:debug,http=info").as_deref(), Ok("logging?rbac=debug logging?http=info"));
        assert_eq!(paths("rbac:debug,info").as_deref(), Ok("logging?level=info"));
        assert_eq!(paths("x::rbac:off").as_deref(), Ok("logging?rbac=off"));
        assert_eq!(paths("nope:debug"), Err(LevelError::Logger("nope".to_owned())));
        assert_eq!(paths("rbac:none"), Err(LevelError::Level("none".to_owned())));
    }
}
