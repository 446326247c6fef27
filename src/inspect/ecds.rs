//! `proxy-config ecds`: extension configurations that the control plane sends apart from their filters.

use crate::envoy::decode::TYPE_PREFIX;
use crate::envoy::value::Value;
use crate::ui::tabwriter::TabWriter;

const EXTENSION: &str = "envoy.config.core.v3.TypedExtensionConfig";

/// An entry is no extension configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an extension is no {TYPE_PREFIX}{EXTENSION} but {0:?}")]
pub struct EcdsError(String);

/// Joins canonical ECDS sections into one object with all their filters.
pub fn joined(sections: Vec<Value<'_>>) -> Value<'_> {
    let filters = sections.into_iter().flat_map(|section| match section {
        Value::Object(fields) => fields.into_iter().filter(|(name, _)| name == "ecdsFilters").collect(),
        _ => Vec::new(),
    });
    let all: Vec<Value> =
        filters.flat_map(|(_, list)| if let Value::List(items) = list { items } else { Vec::new() }).collect();
    Value::Object(if all.is_empty() { Vec::new() } else { vec![("ecdsFilters".into(), Value::List(all))] })
}

/// Checks that every filter is an extension configuration.
pub fn check(joined: &Value) -> Result<(), EcdsError> {
    for entry in joined.list(&["ecdsFilters"]) {
        let url = entry.text(&["ecdsFilter", "@type"]);
        if url.rsplit('/').next() != Some(EXTENSION) {
            return Err(EcdsError(url.to_owned()));
        }
    }
    Ok(())
}

/// Names and types, by type.
pub fn table(joined: &Value) -> TabWriter {
    let extension = |entry| Value::get(entry, "ecdsFilter");
    let mut rows: Vec<(&str, &str)> = joined
        .list(&["ecdsFilters"])
        .iter()
        .filter_map(extension)
        .map(|extension| (extension.text(&["typedConfig", "@type"]), extension.text(&["name"])))
        .collect();
    super::go_sort::sort_by_less(&mut rows, |a, b| a < b);
    let mut table = TabWriter::new(5);
    table.push("ECDS NAME\tTYPE\n");
    for (url, name) in rows {
        table.row([name, url.strip_prefix(TYPE_PREFIX).unwrap_or(url)]);
    }
    table
}
