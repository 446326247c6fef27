//! Lists and maps. A map is shared: whoever changes it changes what all others see.

use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::Value;
use crate::gotemplate::Fault;

/// An immutable list. It knows its Go type, so a list of strings can tell that it is `[]string`.
#[derive(Clone)]
pub struct List(Rc<ListBody>);

struct ListBody {
    items: Vec<Value>,
    type_name: &'static str,
    methods: &'static [(&'static str, ListMethod)],
}

/// What a method of a list does with its arguments.
pub type ListMethod = fn(&List, &[Value]) -> Result<Value, Fault>;

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
        List::with_methods(items, type_name, &[])
    }

    /// A list of a type that has methods.
    pub fn with_methods(
        items: Vec<Value>,
        type_name: &'static str,
        methods: &'static [(&'static str, ListMethod)],
    ) -> Self {
        List(Rc::new(ListBody { items, type_name, methods }))
    }

    /// The method of its type with this name.
    pub(in crate::gotemplate) fn method(&self, name: &str) -> Option<ListMethod> {
        self.0.methods.iter().find(|(known, _)| *known == name).map(|(_, method)| *method)
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

/// What a method of a map does with its arguments.
pub type MapMethod = fn(&Map, &[Value]) -> Result<Value, Fault>;

/// A Go type of maps.
pub struct MapType {
    pub name: &'static str,
    /// Methods hide entries of the same name.
    pub methods: &'static [(&'static str, MapMethod)],
}

/// `map[string]interface {}`
pub static GENERIC_MAP: MapType = MapType { name: "map[string]interface {}", methods: &[] };
/// `map[string]string`
pub static TEXT_MAP: MapType = MapType { name: "map[string]string", methods: &[] };

/// A shared, mutable map with string keys, iterated in key order. Who shares it may see it as another type.
#[derive(Clone)]
pub struct Map {
    kind: &'static MapType,
    body: Rc<MapBody>,
}

struct MapBody {
    entries: RefCell<BTreeMap<Arc<str>, Value>>,
    watch: Option<Watch>,
}

/// Notices when a map that was made with it is changed.
#[derive(Clone, Debug, Default)]
pub struct Watch(Rc<Cell<bool>>);

impl Watch {
    /// Whether a change was made so far.
    pub fn saw_change(&self) -> bool {
        self.0.get()
    }
}

impl Map {
    pub fn new() -> Self {
        Map::typed(&GENERIC_MAP, BTreeMap::new())
    }

    /// A map of another Go type.
    pub fn typed(kind: &'static MapType, entries: BTreeMap<Arc<str>, Value>) -> Self {
        Map { kind, body: Rc::new(MapBody { entries: RefCell::new(entries), watch: None }) }
    }

    pub(super) fn watched(entries: BTreeMap<Arc<str>, Value>, watch: Watch) -> Self {
        let body = MapBody { entries: RefCell::new(entries), watch: Some(watch) };
        Map { kind: &GENERIC_MAP, body: Rc::new(body) }
    }

    /// The same map, seen as another type.
    #[must_use]
    pub fn seen_as(&self, kind: &'static MapType) -> Self {
        Map { kind, body: Rc::clone(&self.body) }
    }

    /// A `map[string]string`.
    pub fn text<K: Into<Arc<str>>, V: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Map::typed(&TEXT_MAP, entries.into_iter().map(|(k, v)| (k.into(), Value::Str(v.into()))).collect())
    }

    pub fn kind(&self) -> &'static MapType {
        self.kind
    }

    /// Whether it is a `map[string]string`.
    pub fn is_text(&self) -> bool {
        std::ptr::eq(self.kind, &TEXT_MAP)
    }

    /// The method of its type with this name.
    pub(in crate::gotemplate) fn method(&self, name: &str) -> Option<MapMethod> {
        self.kind.methods.iter().find(|(known, _)| *known == name).map(|(_, method)| *method)
    }

    pub fn get(&self, key: &str) -> Option<Value> {
        self.body.entries.borrow().get(key).cloned()
    }

    pub fn contains(&self, key: &str) -> bool {
        self.body.entries.borrow().contains_key(key)
    }

    pub fn insert(&self, key: impl Into<Arc<str>>, value: Value) {
        self.note_change();
        // The old value is dropped after the borrow ends: dropping may walk into this very map.
        let old = self.body.entries.borrow_mut().insert(key.into(), value);
        drop(old);
    }

    pub fn remove(&self, key: &str) -> Option<Value> {
        self.note_change();
        self.body.entries.borrow_mut().remove(key)
    }

    fn note_change(&self) {
        if let Some(Watch(seen)) = &self.body.watch {
            seen.set(true);
        }
    }

    pub fn len(&self) -> usize {
        self.body.entries.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries as they are now, in key order. A copy, so that the map may change while it is walked.
    pub fn entries(&self) -> Vec<(Arc<str>, Value)> {
        self.body.entries.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    pub fn keys(&self) -> Vec<Arc<str>> {
        self.body.entries.borrow().keys().cloned().collect()
    }

    /// The entries themselves, for work that changes no map.
    pub(in crate::gotemplate) fn borrow(&self) -> Ref<'_, BTreeMap<Arc<str>, Value>> {
        self.body.entries.borrow()
    }

    /// Whether both are the very same map.
    pub fn same(&self, other: &Map) -> bool {
        Rc::ptr_eq(&self.body, &other.body)
    }

    pub fn type_name(&self) -> &'static str {
        self.kind.name
    }
}

impl Default for Map {
    fn default() -> Self {
        Map::new()
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        Map::typed(&GENERIC_MAP, entries.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }
}

/// Templates can nest values as deep as they like, so containers are taken apart in a loop instead of by recursion.
fn dismantle(mut pending: Vec<Value>) {
    while let Some(value) = pending.pop() {
        match value {
            Value::Map(Map { body, .. }) => {
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
