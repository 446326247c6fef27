//! The kinds of fields that borrowed resources are made of, with protojson's tolerance: `null` is unset, numbers may be
//! strings, enums may be numbers.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::envoy::json::Text;

/// A list; `null` is an empty one, but `null` *in* it is an error.
#[derive(Debug, Clone)]
pub struct List<T>(pub Vec<T>);

impl<T> List<T> {
    pub fn new() -> Self {
        List(Vec::new())
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        List::new()
    }
}

impl<T> std::ops::Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(List::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<NotNull<T>>()? {
            list.push(item.0);
        }
        Ok(List(list))
    }
}

/// A list by the rules of the older reader: `null` in it is an item with nothing set.
pub fn older_list<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(items: D) -> Result<List<T>, D::Error> {
    let items = Option::<Vec<Option<T>>>::deserialize(items)?.unwrap_or_default();
    Ok(List(items.into_iter().map(Option::unwrap_or_default).collect()))
}

/// The same of items that mean nothing where nothing of them is set.
pub fn filled_list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(items: D) -> Result<List<T>, D::Error> {
    let items = Option::<Vec<Option<T>>>::deserialize(items)?.unwrap_or_default();
    Ok(List(items.into_iter().flatten().collect()))
}

/// Types that read `null` as empty must not do so in lists.
struct NotNull<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for NotNull<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<T>::deserialize(deserializer)? {
            Some(value) => Ok(NotNull(value)),
            None => Err(D::Error::custom("a list has no place for null")),
        }
    }
}

/// A number of 32 bits without sign, given as a number or as text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uint32(pub u32);

impl<'de> Deserialize<'de> for Uint32 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Uint32Visitor)
    }
}

struct Uint32Visitor;

impl<'de> Visitor<'de> for Uint32Visitor {
    type Value = Uint32;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a number between 0 and 4294967295")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Uint32(0))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        u32::try_from(value).map(Uint32).map_err(|_| E::invalid_value(serde::de::Unexpected::Unsigned(value), &self))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        if value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value) {
            return Ok(Uint32(value as u32));
        }
        Err(E::invalid_value(serde::de::Unexpected::Float(value), &self))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        let number = serde_json::from_str::<f64>(value).ok().filter(|_| value.trim() == value);
        number.ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(value), &self)).and_then(|n| self.visit_f64(n))
    }
}

/// An enum's value by name or number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum EnumValue<'a> {
    #[default]
    Unset,
    Name(Cow<'a, str>),
    Number(i32),
}

impl EnumValue<'_> {
    /// The value's number; `None` for a name that `names` does not have. A value's number is its place in `names`.
    pub fn number(&self, names: &[&str]) -> Option<i32> {
        match self {
            EnumValue::Unset => Some(0),
            EnumValue::Number(number) => Some(*number),
            EnumValue::Name(name) => names.iter().position(|known| known == name).and_then(|n| i32::try_from(n).ok()),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for EnumValue<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EnumVisitor)
    }
}

struct EnumVisitor;

impl<'de> Visitor<'de> for EnumVisitor {
    type Value = EnumValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("the name or number of an enum value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(EnumValue::Unset)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        i32::try_from(value)
            .map(EnumValue::Number)
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(value), &self))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        i32::try_from(value)
            .map(EnumValue::Number)
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Unsigned(value), &self))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        if value.fract() == 0.0 && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&value) {
            return Ok(EnumValue::Number(value as i32));
        }
        Err(E::invalid_value(serde::de::Unexpected::Float(value), &self))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(EnumValue::Name(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(EnumValue::Name(Cow::Owned(value.to_owned())))
    }
}

/// The string at a key of a `Struct`, which may hold anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum StructField<'a> {
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for StructField<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StructFieldVisitor)
    }
}

struct StructFieldVisitor;

impl<'de> Visitor<'de> for StructFieldVisitor {
    type Value = StructField<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(StructField::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(StructField::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(StructField::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(StructField::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(StructField::Other)
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(StructField::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(StructField::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(StructField::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(StructField::Other)
    }
}

/// Where a resource's Istio configuration comes from: `metadata.filter_metadata.istio.config`.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct Metadata<'a> {
    #[serde(default, borrow, alias = "filterMetadata")]
    filter_metadata: Option<FilterMetadata<'a>>,
}

#[derive(Debug, Clone, Default, serde::Deserialize)]
struct FilterMetadata<'a> {
    #[serde(default, borrow)]
    istio: Option<IstioMetadata<'a>>,
}

#[derive(Debug, Clone, Default, serde::Deserialize)]
struct IstioMetadata<'a> {
    #[serde(default, borrow)]
    config: StructField<'a>,
}

impl<'a> Metadata<'a> {
    /// The path of the Istio object, such as `/apis/networking.istio.io/v1/namespaces/a/destination-rule/b`.
    pub fn config(&self) -> &StructField<'a> {
        static ABSENT: StructField<'static> = StructField::Absent;
        self.filter_metadata.as_ref().and_then(|filters| filters.istio.as_ref()).map_or(&ABSENT, |istio| &istio.config)
    }
}

/// `envoy.config.core.v3.Address`.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct Address<'a> {
    #[serde(default, borrow, alias = "socketAddress")]
    pub socket_address: Option<SocketAddress<'a>>,
    #[serde(default, borrow)]
    pub pipe: Option<Pipe<'a>>,
    #[serde(default, borrow, alias = "envoyInternalAddress")]
    pub envoy_internal_address: Option<InternalAddress<'a>>,
}

/// An address of IP and port.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct SocketAddress<'a> {
    #[serde(default, borrow)]
    pub address: Text<'a>,
    #[serde(default, alias = "portValue")]
    pub port_value: Uint32,
}

/// A Unix socket.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct Pipe<'a> {
    #[serde(default, borrow)]
    pub path: Text<'a>,
}

/// A listener of the same Envoy, by name.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct InternalAddress<'a> {
    #[serde(default, borrow, alias = "serverListenerName")]
    pub server_listener_name: Text<'a>,
    #[serde(default, borrow, alias = "endpointId")]
    pub endpoint_id: Text<'a>,
}

impl Address<'_> {
    /// The port of a socket address; 0 for all others.
    pub fn port(&self) -> u32 {
        self.socket_address.as_ref().map_or(0, |socket| socket.port_value.0)
    }
}
