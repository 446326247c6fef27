//! Known findings: a file that lists them, so that only new ones count.
//!
//! A finding is known by its code, its object and its sentence. Lines are left out, for they move.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::finding::Finding;
use super::snapshot::Snapshot;

/// A short text that stays the same as long as the finding does.
pub fn fingerprint(origin: &str, finding: &Finding) -> String {
    let mut hash = Sha256::new();
    for part in [finding.code.id, origin, &finding.sentence()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the baseline is not one that `analyze --update-baseline` wrote: {0}")]
pub struct Unreadable(String);

/// Known findings and how often each may occur.
#[derive(Debug, Default)]
pub struct Baseline {
    known: BTreeMap<String, usize>,
}

impl Baseline {
    /// Reads what [`Baseline::write`] wrote.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let value: Value = serde_json::from_str(text).map_err(|error| Unreadable(error.to_string()))?;
        let list = value
            .get("findings")
            .and_then(Value::as_array)
            .ok_or_else(|| Unreadable("it has no list of findings".into()))?;
        let mut known = BTreeMap::new();
        for entry in list {
            let id = entry
                .get("fingerprint")
                .and_then(Value::as_str)
                .ok_or_else(|| Unreadable("a finding has no fingerprint".into()))?;
            *known.entry(id.to_string()).or_default() += 1;
        }
        Ok(Baseline { known })
    }

    /// Takes known findings out, and says how many were known and how many of the baseline did not occur any more.
    pub fn subtract(mut self, snapshot: &Snapshot<'_>, findings: &mut Vec<Finding>) -> (usize, usize) {
        let before = findings.len();
        findings.retain(|finding| match self.known.get_mut(&fingerprint(&origin(snapshot, finding), finding)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        });
        (before - findings.len(), self.known.values().sum())
    }

    /// A baseline of these findings.
    pub fn write(snapshot: &Snapshot<'_>, findings: &[Finding]) -> String {
        let list: Vec<Value> = findings
            .iter()
            .map(|finding| {
                let origin = origin(snapshot, finding);
                json!({"fingerprint": fingerprint(&origin, finding), "code": finding.code.id, "origin": origin, "message": finding.sentence()})
            })
            .collect();
        let mut text = serde_json::to_string_pretty(&json!({"version": 1, "findings": list})).unwrap_or_default();
        text.push('\n');
        text
    }
}

fn origin(snapshot: &Snapshot<'_>, finding: &Finding) -> String {
    finding.resource.and_then(|id| snapshot.resource(id)).map(|resource| resource.origin()).unwrap_or_default()
}
