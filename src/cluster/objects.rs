//! Objects as JSON trees: read, listed in pages, applied by the server, replaced, deleted.

use http::Method;
use serde_json::{Value, json};

use super::request::{Payload, query};
use super::{Cluster, Error, Resource};

/// Objects a page.
const PAGE: &str = "500";
/// How often an object is read anew when others write it at the same time.
const CONFLICTS: usize = 5;
/// What the server says of a path that no kind of it has.
const UNKNOWN_PATH: [&str; 2] = ["the server could not find the requested resource", "404 page not found"];
/// Asks for metadata instead of whole objects.
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/// Which objects of a collection are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// None: every namespace.
    pub namespace: Option<&'a str>,
    /// A label selector; empty: all.
    pub labels: &'a str,
    /// A field selector; empty: all.
    pub fields: &'a str,
    /// Names, labels and annotations are enough.
    pub metadata_only: bool,
}

/// How an object is applied.
#[derive(Clone, Copy, Debug)]
pub struct Apply<'a> {
    pub field_manager: &'a str,
    /// Take fields over from other managers.
    pub force: bool,
    /// Let the server compute the result and write nothing.
    pub dry_run: bool,
}

/// Whether dependents go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    Background,
    Foreground,
}

impl Cluster {
    /// One object, or nothing when it is not there.
    pub async fn get(&self, resource: &Resource, namespace: Option<&str>, name: &str) -> Result<Option<Value>, Error> {
        match self.get_path(&resource.path(namespace, name)).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every selected object, page by page. Items carry `apiVersion` and `kind`, which lists leave out.
    pub async fn list(&self, resource: &Resource, selection: &Selection<'_>) -> Result<Vec<Value>, Error> {
        let mut items = Vec::new();
        self.fold(resource, selection, &mut items, |items, item| items.push(item)).await?;
        Ok(items)
    }

    /// Takes in every selected object as its page arrives: of many large objects only what is wanted need be kept.
    /// Starts over with an empty `sum` when the list changes too fast to be read in one go.
    pub async fn fold<T: Default>(
        &self,
        resource: &Resource,
        selection: &Selection<'_>,
        sum: &mut T,
        add: impl Fn(&mut T, Value),
    ) -> Result<(), Error> {
        let collection = resource.collection(selection.namespace);
        let accept = if selection.metadata_only { METADATA_LIST } else { "" };
        let mut token = String::new();
        loop {
            let pairs = [
                ("labelSelector", selection.labels),
                ("fieldSelector", selection.fields),
                ("limit", PAGE),
                ("continue", token.as_str()),
            ];
            let page = match self.send(Method::GET, &format!("{collection}{}", query(&pairs)), None, accept).await {
                // The snapshot behind the token has expired: what was read may be stale, so start over.
                Err(Error::Api { code: 410, .. }) if !token.is_empty() => {
                    *sum = T::default();
                    token.clear();
                    continue;
                }
                page => page?,
            };
            let mut page = page;
            token = page["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
            if let Some(Value::Array(found)) = page.get_mut("items").map(Value::take) {
                found.into_iter().for_each(|item| add(sum, named(item, resource)));
            }
            if token.is_empty() {
                return Ok(());
            }
        }
    }

    /// Server-side apply. Gives the object as the server has it, or with `dry_run` as it would be.
    pub async fn apply(&self, resource: &Resource, object: &Value, how: &Apply<'_>) -> Result<Value, Error> {
        let pairs = [
            ("fieldManager", how.field_manager),
            ("force", if how.force { "true" } else { "" }),
            ("dryRun", if how.dry_run { "All" } else { "" }),
        ];
        let path = format!("{}{}", resource.path(namespace_of(object), name_of(object)), query(&pairs));
        let payload = Payload { content_type: "application/apply-patch+yaml", bytes: object.to_string().into_bytes() };
        match self.send(Method::PATCH, &path, Some(&payload), "").await {
            // Applying creates what is missing, so this is not about the object.
            Err(Error::Api { code: 404, message, .. }) if UNKNOWN_PATH.iter().any(|words| message.contains(words)) => {
                Err(Error::NoSuchKind { kind: format!("{} ({})", resource.kind, resource.api_version()) })
            }
            answer => answer,
        }
    }

    /// Creates an object; a name that is taken is an error ([`Error::is_already_exists`]).
    pub async fn create(&self, resource: &Resource, object: &Value, field_manager: &str) -> Result<Value, Error> {
        let path =
            format!("{}{}", resource.collection(namespace_of(object)), query(&[("fieldManager", field_manager)]));
        self.send(Method::POST, &path, Some(&Payload::json(object)), "").await
    }

    /// Replaces an object as a whole; its `resourceVersion`, if present, must still be the live one.
    pub async fn replace(&self, resource: &Resource, object: &Value, field_manager: &str) -> Result<Value, Error> {
        let path = format!(
            "{}{}",
            resource.path(namespace_of(object), name_of(object)),
            query(&[("fieldManager", field_manager)])
        );
        self.send(Method::PUT, &path, Some(&Payload::json(object)), "").await
    }

    /// Changes an object as it was read and replaces it. When somebody else wrote in between (or a first try did arrive
    /// after all), the object is read anew and changed again.
    pub async fn change(
        &self,
        resource: &Resource,
        live: &Value,
        field_manager: &str,
        change: impl Fn(&mut Value),
    ) -> Result<(), Error> {
        let mut object = live.clone();
        let mut tries = 0;
        loop {
            change(&mut object);
            match self.replace(resource, &object, field_manager).await {
                Err(error) if error.is_conflict() && tries < CONFLICTS => tries += 1,
                result => return result.map(|_| ()),
            }
            match self.get(resource, namespace_of(live), name_of(live)).await? {
                Some(newer) => object = newer,
                None => return Ok(()), // nothing is left to change
            }
        }
    }

    /// A JSON merge patch of one object.
    pub async fn merge_patch(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        patch: &Value,
        field_manager: &str,
    ) -> Result<Value, Error> {
        let path = format!("{}{}", resource.path(namespace, name), query(&[("fieldManager", field_manager)]));
        let payload = Payload { content_type: "application/merge-patch+json", bytes: patch.to_string().into_bytes() };
        self.send(Method::PATCH, &path, Some(&payload), "").await
    }

    /// Deletes an object; whether it was there. With a UID, only that very object.
    pub async fn delete(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
        propagation: Propagation,
        uid: Option<&str>,
    ) -> Result<bool, Error> {
        let policy = match propagation {
            Propagation::Background => "Background",
            Propagation::Foreground => "Foreground",
        };
        let mut options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": policy});
        if let Some(uid) = uid {
            options["preconditions"] = json!({"uid": uid});
        }
        let path = resource.path(namespace, name);
        match self.send(Method::DELETE, &path, Some(&Payload::json(&options)), "").await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A POST to any path below an object, such as `…/token`.
    pub async fn post_path(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.send(Method::POST, path, Some(&Payload::json(body)), "").await
    }
}

/// `metadata.name`, empty when absent.
pub fn name_of(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// `metadata.namespace`.
pub fn namespace_of(object: &Value) -> Option<&str> {
    object["metadata"]["namespace"].as_str()
}

fn named(mut item: Value, resource: &Resource) -> Value {
    if let Value::Object(map) = &mut item {
        map.insert("apiVersion".to_owned(), resource.api_version().into());
        map.insert("kind".to_owned(), resource.kind.clone().into());
    }
    item
}
