//! Lists and maps. A map is shared: whoever changes it changes what all others see.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::Value;

/// An immutable list. It knows its Go type, so a list of strings can tell that it is `[]string`.
#[derive(Clone)]
pub struct List(Rc<ListBody>);

struct ListBody {
    items: Vec<Value>,
    type_name: &'static str,
}

/// The type of lists out of YAML, JSON and `list`.
pub const ANY_LIST: &str = "[]interface {}";
/// The type of lists out of `splitList` and its like.
pub const STRING_LIST: &str = "[]string";

impl List {
    pub fn new(items: Vec<Value>) -> Self {
        List::typed(items, ANY_LIST)
    }

    /// A list with another Go type, such as `[]string` or `[]v1.Container`.
    pub fn typed(items: Vec<Value>, type_name: &'static str) -> Self {
        List(Rc::new(ListBody { items, type_name }))
    }

    /// A `[]string`.
    pub fn strings<S: Into<Arc<str>>>(items: impl IntoIterator<Item = S>) -> Self {
        List::typed(items.into_iter().map(|text| Value::Str(text.into())).collect(), STRING_LIST)
    }

    pub fn items(&self) -> &[Value] {
        &self.0.items
    }

    pub fn type_name(&self) -> &'static str {
        self.0.type_name
    }

    pub fn len(&self) -> usize {
        self.0.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.items.is_empty()
    }
}

/// What Go calls the map's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapKind {
    /// `map[string]interface {}`
    Generic,
    /// `map[string]string`
    Text,
    /// A named type or another element type, such as `common.Values`.
    Named(&'static str),
}

/// A shared, mutable map with string keys, iterated in key order.
#[derive(Clone)]
pub struct Map(Rc<MapBody>);

struct MapBody {
    kind: MapKind,
    entries: RefCell<BTreeMap<Arc<str>, Value>>,
}

impl Map {
    pub fn new() -> Self {
        Map::of_kind(MapKind::Generic, BTreeMap::new())
    }

    /// A map of another Go type.
    pub fn of_kind(kind: MapKind, entries: BTreeMap<Arc<str>, Value>) -> Self {
        Map(Rc::new(MapBody { kind, entries: RefCell::new(entries) }))
    }

    /// A `map[string]string`.
    pub fn text<K: Into<Arc<str>>, V: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Map::of_kind(MapKind::Text, entries.into_iter().map(|(k, v)| (k.into(), Value::Str(v.into()))).collect())
    }

    pub fn kind(&self) -> MapKind {
        self.0.kind
    }

    pub fn get(&self, key: &str) -> Option<Value> {
        self.0.entries.borrow().get(key).cloned()
    }

    pub fn contains(&self, key: &str) -> bool {
        self.0.entries.borrow().contains_key(key)
    }

    pub fn insert(&self, key: impl Into<Arc<str>>, value: Value) {
        // The old value is dropped after the borrow ends: dropping may walk into this very map.
        let old = self.0.entries.borrow_mut().insert(key.into(), value);
        drop(old);
    }

    pub fn remove(&self, key: &str) -> Option<Value> {
        self.0.entries.borrow_mut().remove(key)
    }

    pub fn len(&self) -> usize {
        self.0.entries.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries as they are now, in key order. A copy, so that the map may change while it is walked.
    pub fn entries(&self) -> Vec<(Arc<str>, Value)> {
        self.0.entries.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    pub fn keys(&self) -> Vec<Arc<str>> {
        self.0.entries.borrow().keys().cloned().collect()
    }

    /// The entries themselves, for work that changes no map.
    pub(super) fn borrow(&self) -> Ref<'_, BTreeMap<Arc<str>, Value>> {
        self.0.entries.borrow()
    }

    /// Whether both are the very same map.
    pub fn same(&self, other: &Map) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    pub fn type_name(&self) -> &'static str {
        match self.0.kind {
            MapKind::Generic => "map[string]interface {}",
            MapKind::Text => "map[string]string",
            MapKind::Named(name) => name,
        }
    }
}

impl Default for Map {
    fn default() -> Self {
        Map::new()
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        Map::of_kind(MapKind::Generic, entries.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }
}

/// Templates can nest values as deep as they like, so containers are taken apart in a loop instead of by recursion.
fn dismantle(mut pending: Vec<Value>) {
    while let Some(value) = pending.pop() {
        match value {
            Value::Map(Map(body)) => {
                if let Ok(mut body) = Rc::try_unwrap(body) {
                    pending.extend(std::mem::take(body.entries.get_mut()).into_values().filter(Value::is_container));
                }
            }
            Value::List(List(body)) => {
                if let Ok(mut body) = Rc::try_unwrap(body) {
                    pending.extend(std::mem::take(&mut body.items).into_iter().filter(Value::is_container));
                }
            }
            _ => {}
        }
    }
}

impl Drop for ListBody {
    fn drop(&mut self) {
        if self.items.iter().any(Value::is_container) {
            dismantle(std::mem::take(&mut self.items));
        }
    }
}

impl Drop for MapBody {
    fn drop(&mut self) {
        let entries = self.entries.get_mut();
        if entries.values().any(Value::is_container) {
            dismantle(std::mem::take(entries).into_values().collect());
        }
    }
}
