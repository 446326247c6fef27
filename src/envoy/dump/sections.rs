//! From the text of a dump to its sections: the one that is asked for is read on the way, all others are skipped.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::place;
use crate::envoy::decode::TYPE_PREFIX;
use crate::envoy::json::Text;
use crate::envoy::schema::camel_case;

/// One kind of section of a config dump.
pub trait Section<'a>: Deserialize<'a> {
    /// The message, such as `envoy.admin.v3.ClustersConfigDump`.
    const TYPE: &'static str;
}

/// Why a dump cannot give what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DumpError {
    #[error("error unmarshalling config dump response from Envoy: {0}")]
    Unreadable(String),
    #[error("config dump has no configuration type {TYPE_PREFIX}{0}")]
    Missing(&'static str),
}

impl DumpError {
    /// Nothing in place of a section that is missing.
    pub fn or_nothing<T: Default>(self) -> Result<T, DumpError> {
        match self {
            DumpError::Missing(_) => Ok(T::default()),
            error => Err(error),
        }
    }
}

/// The resources of a section, as text; none where the dump lacks it.
pub fn raws<'a, S: Section<'a>>(
    dump: &'a [u8],
    resources: fn(S) -> Vec<&'a RawValue>,
) -> Result<Vec<&'a RawValue>, DumpError> {
    section(dump).map(resources).or_else(DumpError::or_nothing)
}

/// Reads the section of one kind that counts: the last one.
pub fn section<'a, S: Section<'a>>(text: &'a [u8]) -> Result<S, DumpError> {
    sections(text)?.pop().ok_or(DumpError::Missing(S::TYPE))
}

/// Reads all sections of one kind, in the order of the dump.
pub fn sections<'a, S: Section<'a>>(text: &'a [u8]) -> Result<Vec<S>, DumpError> {
    let found: Vec<Wanted<S>> = elements(text)?;
    Ok(found.into_iter().filter_map(|Wanted(section)| section).collect())
}

fn unreadable(error: serde_json::Error) -> DumpError {
    DumpError::Unreadable(place::of_text(&error))
}

/// The elements of `configs`.
fn elements<'a, E: Deserialize<'a>>(text: &'a [u8]) -> Result<Vec<E>, DumpError> {
    let text = place::as_text(text).map_err(DumpError::Unreadable)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let found = deserializer.deserialize_any(TopLevel(PhantomData)).map_err(unreadable)?;
    deserializer.end().map_err(unreadable)?;
    Ok(found)
}

struct TopLevel<E>(PhantomData<E>);

impl<'de, E: Deserialize<'de>> Visitor<'de> for TopLevel<E> {
    type Value = Vec<E>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a config dump: an object with a list `configs`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(Text(key)) = map.next_key()? {
            if key != "configs" {
                map.next_value::<IgnoredAny>()?;
            } else if found.is_none() {
                found = Some(map.next_value::<Configs<E>>()?.0);
            } else {
                return Err(A::Error::duplicate_field("configs"));
            }
        }
        Ok(found.unwrap_or_default())
    }
}

/// The list of sections; `null` is an empty one, but `null` in it is an error.
struct Configs<E>(Vec<E>);

impl<'de, E: Deserialize<'de>> Deserialize<'de> for Configs<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ConfigsVisitor(PhantomData)).map(Configs)
    }
}

struct ConfigsVisitor<E>(PhantomData<E>);

impl<'de, E: Deserialize<'de>> Visitor<'de> for ConfigsVisitor<E> {
    type Value = Vec<E>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("the list of sections")
    }

    fn visit_unit<Error>(self) -> Result<Self::Value, Error> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::new();
        while let Some(element) = items.next_element()? {
            found.push(element);
        }
        Ok(found)
    }
}

/// The section if it is of the kind asked for.
struct Wanted<S>(Option<S>);

impl<'de, S: Section<'de>> Deserialize<'de> for Wanted<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(WantedVisitor(PhantomData)).map(Wanted)
    }
}

struct WantedVisitor<S>(PhantomData<S>);

impl<'de, S: Section<'de>> Visitor<'de> for WantedVisitor<S> {
    type Value = Option<S>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(SECTION)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some(Text(first)) = map.next_key()? else { return Ok(None) };
        if first == "@type" {
            let Text(url) = map.next_value()?;
            return match url.strip_prefix(TYPE_PREFIX) {
                Some(message) if message == S::TYPE => S::deserialize(MapAccessDeserializer::new(map)).map(Some),
                message => skip(map, message.unwrap_or_default()).map(|()| None),
            };
        }
        // Rare: the type stands behind other members, so they have to wait.
        let section = RawSection::gathered(Some(first), map)?;
        if section.message() == S::TYPE {
            section.read().map(Some).map_err(|error| A::Error::custom(place::reason(&error)))
        } else {
            Ok(None)
        }
    }
}

const SECTION: &str = "a section: an object with `@type`";

/// Skips a section that nobody asked for; Envoy's own sections may not have a field twice even then.
fn skip<'de, A: MapAccess<'de>>(mut map: A, message: &str) -> Result<(), A::Error> {
    let known = message.starts_with("envoy.admin.v3.");
    let mut seen: HashSet<String> = HashSet::new();
    while let Some(Text(key)) = map.next_key()? {
        if known && !seen.insert(camel_case(&key)) {
            return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
        }
        map.next_value::<IgnoredAny>()?;
    }
    Ok(())
}

/// All sections of a dump, still as text: for who reads several, but one at a time.
#[derive(Debug)]
pub struct Sections<'a> {
    dump: &'a [u8],
    found: Vec<RawSection<'a>>,
}

impl<'a> Sections<'a> {
    pub fn of(dump: &'a [u8]) -> Result<Self, DumpError> {
        Ok(Sections { dump, found: elements(dump)? })
    }

    /// Reads the section of one kind that counts: the last one.
    pub fn read<S: Section<'a>>(&self) -> Result<S, DumpError> {
        let last = self.found.iter().rfind(|section| section.message() == S::TYPE);
        let read = last.ok_or(DumpError::Missing(S::TYPE))?.read();
        // What a section tells of a mistake in it counts lines from some field; the whole dump tells the place.
        read.map_err(|error| section::<S>(self.dump).err().unwrap_or_else(|| unreadable(error)))
    }
}

/// A section as text: its members by name.
#[derive(Debug)]
struct RawSection<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
    url: Cow<'a, str>,
}

impl<'a> RawSection<'a> {
    /// The members of a map, of which the name of the first may have been read already.
    fn gathered<A: MapAccess<'a>>(first: Option<Cow<'a, str>>, mut map: A) -> Result<Self, A::Error> {
        let mut section = RawSection { members: Vec::new(), url: Cow::Borrowed("") };
        let mut key = match first {
            Some(first) => Some(Text(first)),
            None => map.next_key()?,
        };
        while let Some(Text(name)) = key {
            match &*name {
                "@type" => section.url = map.next_value::<Text>()?.0,
                _ => section.members.push((name, map.next_value()?)),
            }
            key = map.next_key()?;
        }
        Ok(section)
    }

    /// The name of its message; empty if it is of no type at all.
    fn message(&self) -> &str {
        self.url.strip_prefix(TYPE_PREFIX).unwrap_or_default()
    }

    fn read<S: Section<'a>>(&self) -> Result<S, serde_json::Error> {
        let members = self.members.iter().map(|(name, raw)| (name.clone(), *raw));
        S::deserialize(MapDeserializer::<_, serde_json::Error>::new(members))
    }
}

impl<'de> Deserialize<'de> for RawSection<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = RawSection<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(SECTION)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        RawSection::gathered(None, map)
    }
}
