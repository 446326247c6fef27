//! Raw resources of a dump as canonical values, on all cores.

use std::collections::BTreeSet;

use rayon::prelude::*;
use serde_json::value::RawValue;

use super::decode::Decoder;
use super::dump::DumpError;
use super::json::Json;
use super::value::Value;

/// Canonical values, and the names of what they had to leave out.
#[derive(Debug, Default)]
pub struct Canonical<'a> {
    pub values: Vec<Value<'a>>,
    pub unknown: BTreeSet<String>,
}

/// The messages whose type the reference overwrites wherever they stand in a dump.
pub const CLUSTER: &str = "envoy.config.cluster.v3.Cluster";
pub const LISTENER: &str = "envoy.config.listener.v3.Listener";
pub const ROUTE: &str = "envoy.config.route.v3.RouteConfiguration";

/// Resources as messages of one type, whatever type they claim.
pub fn resources<'a>(raws: &[&'a RawValue], name: &str) -> Result<Canonical<'a>, DumpError> {
    read(raws, |decoder, json| decoder.content(json, name))
}

/// A section that was read as a tree.
pub fn section<'a>(json: Json<'a>, name: &str) -> Result<Canonical<'a>, DumpError> {
    let mut decoder = Decoder::default();
    let value = decoder.message(json, name).map_err(|error| DumpError::Unreadable(error.to_string()))?;
    Ok(Canonical { values: vec![value], unknown: decoder.unknown })
}

fn read<'a>(
    raws: &[&'a RawValue],
    decode: impl Fn(&mut Decoder, Json<'a>) -> Result<Value<'a>, super::decode::DecodeError> + Sync,
) -> Result<Canonical<'a>, DumpError> {
    let parts: Result<Vec<_>, DumpError> = raws
        .par_iter()
        .map(|raw| {
            let unreadable = |error: String| DumpError::Unreadable(error);
            let json = serde_json::from_str(raw.get()).map_err(|error| unreadable(error.to_string()))?;
            let mut decoder = Decoder::default();
            let value = decode(&mut decoder, json).map_err(|error| unreadable(error.to_string()))?;
            Ok((value, decoder.unknown))
        })
        .collect();
    let mut canonical = Canonical::default();
    for (value, unknown) in parts? {
        canonical.values.push(value);
        canonical.unknown.extend(unknown);
    }
    Ok(canonical)
}

/// Raw resources with what a view needs of each, on all cores.
pub fn viewed<'a, V>(raws: Vec<&'a RawValue>) -> Result<Vec<(V, &'a RawValue)>, DumpError>
where
    V: serde::Deserialize<'a> + Send,
{
    raws.into_par_iter()
        .map(|raw| {
            let view = serde_json::from_str(raw.get()).map_err(|error| DumpError::Unreadable(error.to_string()))?;
            Ok((view, raw))
        })
        .collect()
}
