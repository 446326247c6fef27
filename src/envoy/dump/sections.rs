//! From the text of a dump to its sections: the one that is asked for is read on the way, all others are skipped.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

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

/// Reads the section of one kind that counts: the last one.
pub fn section<'a, S: Section<'a>>(text: &'a [u8]) -> Result<S, DumpError> {
    sections(text)?.pop().ok_or(DumpError::Missing(S::TYPE))
}

/// Reads all sections of one kind, in the order of the dump.
pub fn sections<'a, S: Section<'a>>(text: &'a [u8]) -> Result<Vec<S>, DumpError> {
    let found: Vec<Wanted<S>> = elements(text)?;
    Ok(found.into_iter().filter_map(|Wanted(section)| section).collect())
}

/// Reads each section as the kind it is, in one pass; what is of none of the kinds is left out.
pub fn all_sections<'a, A: AnySection<'a>>(text: &'a [u8]) -> Result<Vec<A>, DumpError> {
    let found: Vec<Known<A>> = elements(text)?;
    Ok(found.into_iter().filter_map(|Known(section)| section).collect())
}

/// A section of one of several kinds.
pub trait AnySection<'a>: Sized {
    /// Reads the section of this message; `None` for a kind that is not asked for.
    fn read<D: Deserializer<'a>>(message: &str, deserializer: D) -> Option<Result<Self, D::Error>>;
}

fn unreadable(error: serde_json::Error) -> DumpError {
    DumpError::Unreadable(error.to_string())
}

/// The elements of `configs`.
fn elements<'a, E: Deserialize<'a>>(text: &'a [u8]) -> Result<Vec<E>, DumpError> {
    let text =
        std::str::from_utf8(text).map_err(|error| DumpError::Unreadable(format!("the text is not UTF-8: {error}")))?;
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

/// The section if it is one of those asked for.
struct Wanted<S>(Option<S>);

impl<'de, S: Section<'de>> Deserialize<'de> for Wanted<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Known::<One<S>>::deserialize(deserializer).map(|Known(found)| Wanted(found.map(|One(section)| section)))
    }
}

/// The one kind that is asked for.
struct One<S>(S);

impl<'a, S: Section<'a>> AnySection<'a> for One<S> {
    fn read<D: Deserializer<'a>>(message: &str, deserializer: D) -> Option<Result<Self, D::Error>> {
        (message == S::TYPE).then(|| S::deserialize(deserializer).map(One))
    }
}

/// The section if it is of one of the kinds asked for.
struct Known<A>(Option<A>);

impl<'de, A: AnySection<'de>> Deserialize<'de> for Known<A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KnownVisitor(PhantomData)).map(Known)
    }
}

struct KnownVisitor<A>(PhantomData<A>);

impl<'de, S: AnySection<'de>> Visitor<'de> for KnownVisitor<S> {
    type Value = Option<S>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a section: an object with `@type`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some(Text(first)) = map.next_key()? else { return Ok(None) };
        if first == "@type" {
            let Text(url) = map.next_value()?;
            let Some(message) = url.strip_prefix(TYPE_PREFIX) else { return skip(map, "").map(|()| None) };
            return match S::read(message, MapAccessDeserializer::new(&mut map)) {
                Some(section) => section.map(Some),
                None => skip(map, message).map(|()| None),
            };
        }
        // Rare: the type stands behind other members, so they have to wait.
        let mut waiting: Vec<(Cow<'de, str>, &'de RawValue)> = vec![(first, map.next_value()?)];
        while let Some(Text(key)) = map.next_key()? {
            waiting.push((key, map.next_value()?));
        }
        let mut url = None;
        for (_, raw) in waiting.extract_if(.., |(key, _)| key == "@type") {
            url = Some(serde_json::from_str::<Text>(raw.get()).map_err(A::Error::custom)?);
        }
        let message = url.as_ref().and_then(|url| url.strip_prefix(TYPE_PREFIX)).unwrap_or_default();
        let fields = MapDeserializer::<_, serde_json::Error>::new(waiting.into_iter());
        S::read(message, fields).transpose().map_err(A::Error::custom)
    }
}

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
