//! Raw resources of a dump as canonical values: on all cores, and where they are only printed a batch at a time, so that
//! a dump of a gigabyte needs little more memory than its text.

use std::collections::BTreeSet;

use rayon::prelude::*;
use serde_json::value::RawValue;

use super::decode::Decoder;
use super::dump::{DumpError, place};
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

/// Resources of a dump that are read as messages of one type, whatever type they claim.
pub struct Resources<'a> {
    dump: &'a [u8],
    raws: Vec<&'a RawValue>,
    message: &'static str,
    edit: Edit<'a>,
    by_older_rules: bool,
}

/// Changes the canonical form of the resource at a place.
type Edit<'a> = Box<dyn Fn(usize, &mut Value<'a>) + Sync + 'a>;

/// How much text is made into values and printed at a time.
const BATCH: usize = 4 << 20;

impl<'a> Resources<'a> {
    pub fn new(dump: &'a [u8], raws: Vec<&'a RawValue>, message: &'static str) -> Self {
        Resources { dump, raws, message, edit: Box::new(|_, _| ()), by_older_rules: false }
    }

    /// Has `edit` change each canonical form before it is seen.
    #[must_use]
    pub fn edited(self, edit: impl Fn(usize, &mut Value<'a>) + Sync + 'a) -> Self {
        Resources { edit: Box::new(edit), ..self }
    }

    /// Has them read by the rules of the older reader, as the answer to `/clusters` is.
    #[must_use]
    pub fn by_older_rules(self) -> Self {
        Resources { by_older_rules: true, ..self }
    }

    pub fn is_empty(&self) -> bool {
        self.raws.is_empty()
    }

    /// All of them at once.
    pub fn read(&self) -> Result<Canonical<'a>, DumpError> {
        let parts: Vec<_> = self.on_all_cores(0, &self.raws, |value, unknown| (value, unknown))?;
        let mut canonical = Canonical::default();
        for (value, unknown) in parts {
            canonical.values.push(value);
            canonical.unknown.extend(unknown);
        }
        Ok(canonical)
    }

    /// Reads all of them and keeps none: the names of what they leave out.
    pub fn check(&self) -> Result<BTreeSet<String>, DumpError> {
        let unknown = self.on_all_cores(0, &self.raws, |_, unknown| unknown)?;
        Ok(unknown.into_iter().flatten().collect())
    }

    /// Hands out what `print` makes of each, in order.
    pub fn print<E: From<DumpError>>(
        &self,
        print: impl Fn(Value<'a>) -> String + Sync,
        mut write: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut first = 0;
        while let Some(rest) = self.raws.get(first..).filter(|rest| !rest.is_empty()) {
            let mut size = 0;
            let fits = |raw: &&&RawValue| {
                let begins_inside = size < BATCH;
                size += raw.get().len();
                begins_inside
            };
            let batch: Vec<&RawValue> = rest.iter().take_while(fits).copied().collect();
            for text in self.on_all_cores(first, &batch, |value, _| print(value))? {
                write(&text)?;
            }
            first += batch.len();
        }
        Ok(())
    }

    /// What `make` makes of some of the resources; `first` is the place of the first of them.
    fn on_all_cores<T: Send>(
        &self,
        first: usize,
        raws: &[&'a RawValue],
        make: impl Fn(Value<'a>, BTreeSet<String>) -> T + Sync,
    ) -> Result<Vec<T>, DumpError> {
        each(raws, |place, raw| {
            let (mut value, unknown) = self.value(raw)?;
            (self.edit)(first + place, &mut value);
            Ok(make(value, unknown))
        })
    }

    fn value(&self, raw: &'a RawValue) -> Result<(Value<'a>, BTreeSet<String>), DumpError> {
        let json = serde_json::from_str(raw.get()).map_err(|error| place::of_resource(self.dump, raw, &error))?;
        let mut decoder = Decoder::default();
        decoder.by_older_rules = self.by_older_rules;
        let value = decoder.content(json, self.message).map_err(|error| place::of_field(self.dump, raw, &error))?;
        Ok((value, decoder.unknown))
    }
}

/// A section that was read as a tree.
pub fn section<'a>(json: Json<'a>, name: &str) -> Result<Canonical<'a>, DumpError> {
    let mut decoder = Decoder::default();
    let value = decoder.message(json, name).map_err(|error| DumpError::Unreadable(error.to_string()))?;
    Ok(Canonical { values: vec![value], unknown: decoder.unknown })
}

/// Raw resources of a dump with what a view needs of each, on all cores.
pub fn viewed<'a, V>(dump: &[u8], raws: Vec<&'a RawValue>) -> Result<Vec<(V, &'a RawValue)>, DumpError>
where
    V: serde::Deserialize<'a> + Send,
{
    let views: Vec<V> =
        each(&raws, |_, raw| serde_json::from_str(raw.get()).map_err(|error| place::of_resource(dump, raw, &error)))?;
    Ok(views.into_iter().zip(raws).collect())
}

/// What `make` makes of each resource and its place, on all cores.
fn each<'a, T: Send>(
    raws: &[&'a RawValue],
    make: impl Fn(usize, &'a RawValue) -> Result<T, DumpError> + Sync,
) -> Result<Vec<T>, DumpError> {
    let made: Result<Vec<T>, DumpError> = raws.par_iter().enumerate().map(|(place, raw)| make(place, raw)).collect();
    // Of several errors the cores come upon any; the one to tell is the first.
    made.map_err(|any| raws.iter().enumerate().find_map(|(place, raw)| make(place, raw).err()).unwrap_or(any))
}
