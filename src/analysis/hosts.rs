//! Host names: their full form, matching with wildcards, and the registry of services.
//!
//! One index of Services and ServiceEntries serves every rule that resolves a host.

use std::borrow::Cow;
use std::collections::HashMap;

use super::kind::Kind;
use super::snapshot::{Resource, Snapshot};
use super::view::View;

/// The full name of a host as written in a namespace: short names get the namespace and the cluster's domain.
pub fn fqdn<'h>(namespace: &str, host: &'h str) -> Cow<'h, str> {
    if host.starts_with('*') || host.contains('.') {
        Cow::Borrowed(host)
    } else {
        Cow::Owned(format!("{host}.{namespace}.svc.cluster.local"))
    }
}

/// The namespace and short name of a host, in full or as written in `namespace`.
pub fn short<'h>(namespace: &'h str, host: &'h str) -> (&'h str, &'h str) {
    match host.strip_suffix(".svc.cluster.local").and_then(|rest| rest.rsplit_once('.')) {
        Some((name, namespace)) if !name.is_empty() && !namespace.is_empty() => (namespace, name),
        _ => (namespace, host),
    }
}

/// Whether two hosts, either of which may begin with a wildcard, have a host in common.
pub fn overlap(a: &str, b: &str) -> bool {
    match (a.strip_prefix('*'), b.strip_prefix('*')) {
        (None, None) => a == b,
        (Some(suffix), None) => b.ends_with(suffix),
        (None, Some(suffix)) => a.ends_with(suffix),
        (Some(x), Some(y)) => x.ends_with(y) || y.ends_with(x),
    }
}

/// Whether every host that `b` stands for is one that `a` stands for.
pub fn covers(a: &str, b: &str) -> bool {
    match (a.strip_prefix('*'), b.strip_prefix('*')) {
        (Some(suffix), other) => other.unwrap_or(b).ends_with(suffix),
        (None, None) => a == b,
        (None, Some(_)) => false,
    }
}

/// Who may see a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    Everyone,
    Namespace(&'a str),
    Nobody,
}

impl<'a> Scope<'a> {
    /// An entry of an exportTo list written in a namespace.
    fn of(written: &'a str, namespace: &'a str) -> Self {
        match written {
            "*" => Scope::Everyone,
            "." => Scope::Namespace(namespace),
            "~" => Scope::Nobody,
            other => Scope::Namespace(other),
        }
    }
}

/// A service under one of its hosts and scopes.
#[derive(Clone, Debug)]
pub struct HostEntry<'a> {
    pub scope: Scope<'a>,
    pub service: Resource<'a>,
}

impl<'a> HostEntry<'a> {
    /// The numbers of the service's ports, in order.
    pub fn ports(&self) -> impl Iterator<Item = i64> + use<'a> {
        let field = port_field(self.service.kind);
        self.service.spec().get("ports").items().map(move |port| port.get(field).int().unwrap_or(0))
    }
}

fn port_field(kind: Kind) -> &'static str {
    if kind == Kind::ServiceEntry { "number" } else { "port" }
}

impl std::fmt::Debug for Resource<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.origin())
    }
}

/// Services and ServiceEntries by host.
pub struct HostIndex<'a> {
    exact: HashMap<Cow<'a, str>, Vec<HostEntry<'a>>>,
    /// Hosts that begin with a wildcard, and their entries.
    wildcards: Vec<(&'a str, HostEntry<'a>)>,
    /// Names of the Services of each namespace.
    by_namespace: HashMap<&'a str, Vec<&'a str>>,
    /// The namespace of the Service of a name; `None` where several have it.
    by_name: HashMap<&'a str, Option<&'a str>>,
}

impl<'a> HostIndex<'a> {
    pub fn build(snapshot: &Snapshot<'a>) -> Self {
        let mut index = HostIndex {
            exact: HashMap::new(),
            wildcards: Vec::new(),
            by_namespace: HashMap::new(),
            by_name: HashMap::new(),
        };
        for entry in snapshot.all(Kind::ServiceEntry) {
            let mut public = false;
            for host in entry.spec().get("hosts").strings() {
                let scopes = scopes(entry.spec().get("exportTo").strings(), entry.namespace);
                public |= scopes.contains(&Scope::Everyone);
                let scopes = if public { vec![Scope::Everyone] } else { scopes };
                let host = if snapshot.is_reference() { Cow::Borrowed(host) } else { fqdn(entry.namespace, host) };
                for scope in scopes {
                    index.add(host.clone(), HostEntry { scope, service: entry });
                }
            }
        }
        for service in snapshot.all(Kind::Service) {
            index.by_namespace.entry(service.namespace).or_default().push(service.name);
            index.by_name.entry(service.name).and_modify(|home| *home = None).or_insert(Some(service.namespace));
            let written = service.annotation("networking.istio.io/exportTo");
            let scopes = scopes(written.split(',').map(str::trim).filter(|part| !part.is_empty()), service.namespace);
            let host = fqdn(service.namespace, service.name);
            for scope in scopes {
                index.replace(host.clone(), HostEntry { scope, service });
            }
        }
        index
    }

    fn add(&mut self, host: Cow<'a, str>, entry: HostEntry<'a>) {
        match host {
            Cow::Borrowed(host) if host.starts_with('*') => self.wildcards.push((host, entry)),
            host => self.exact.entry(host).or_default().push(entry),
        }
    }

    /// A Service takes the place of what has the same host and scope.
    fn replace(&mut self, host: Cow<'a, str>, entry: HostEntry<'a>) {
        let entries = self.exact.entry(host).or_default();
        entries.retain(|other| other.scope != entry.scope);
        entries.push(entry);
    }

    /// Names of the Services of a namespace.
    pub fn services_of(&self, namespace: &str) -> &[&'a str] {
        self.by_namespace.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// The namespace of the only Service of a name.
    pub fn only_home_of(&self, name: &str) -> Option<&'a str> {
        self.by_name.get(name).copied().flatten()
    }

    /// Looks a host up as the reference does: the rule's own exportTo chooses the scopes.
    pub fn lookup_reference(&self, namespace: &str, export_to: View<'a>, host: &str) -> Option<&HostEntry<'a>> {
        let full = fqdn(namespace, host);
        if let Some(entries) = self.exact.get(full.as_ref()) {
            let within = |scope: Scope<'_>| entries.iter().find(|entry| entry.scope == scope);
            if let Some(entry) = within(Scope::Everyone) {
                return Some(entry);
            }
            let found = if export_to.is_empty() {
                within(Scope::Namespace(namespace))
            } else {
                export_to.strings().find_map(|scope| within(Scope::of(scope, namespace)))
            };
            if found.is_some() {
                return found;
            }
        }
        // A destination host that is itself a wildcard names a wildcard entry.
        let bare = host.strip_prefix('*').unwrap_or(host);
        let visible = |scope: &Scope<'_>| *scope == Scope::Everyone || *scope == Scope::Namespace(namespace);
        self.wildcards
            .iter()
            .find(|(pattern, entry)| {
                visible(&entry.scope) && bare.ends_with(pattern.strip_prefix('*').unwrap_or(pattern))
            })
            .map(|(_, entry)| entry)
    }

    /// Looks a host up as it is seen from a namespace. Any domain of the cluster is accepted for a known Service.
    pub fn lookup(&self, caller: &str, home: &str, host: &str) -> Option<&HostEntry<'a>> {
        let full = fqdn(home, host);
        self.visible(full.as_ref(), caller).or_else(|| {
            let (name, rest) = full.split_once('.')?;
            let (namespace, domain) = rest.split_once(".svc.")?;
            let known = format!("{name}.{namespace}.svc.cluster.local");
            if namespace.contains('.') || domain.is_empty() { None } else { self.visible(&known, caller) }
        })
    }

    fn visible(&self, host: &str, caller: &str) -> Option<&HostEntry<'a>> {
        let seen = |scope: &Scope<'_>| *scope == Scope::Everyone || *scope == Scope::Namespace(caller);
        if let Some(entry) = self.exact.get(host).and_then(|entries| entries.iter().find(|entry| seen(&entry.scope))) {
            return Some(entry);
        }
        self.wildcards
            .iter()
            .filter(|(pattern, entry)| seen(&entry.scope) && covers(pattern, host))
            .max_by_key(|(pattern, _)| pattern.len())
            .map(|(_, entry)| entry)
    }

    /// Whether any host known to the registry matches a pattern.
    pub fn any_matches(&self, pattern: &str) -> bool {
        self.exact.keys().any(|host| overlap(pattern, host))
            || self.wildcards.iter().any(|(host, _)| overlap(pattern, host))
    }

    /// The entry of a host whoever may see it.
    pub fn any_scope(&self, host: &str) -> Option<&HostEntry<'a>> {
        self.exact.get(host).and_then(|entries| entries.first())
    }

    /// Whether a host, or one that it stands for, is defined in a namespace, or anywhere.
    pub fn is_defined(&self, host: &str, namespace: Option<&str>) -> bool {
        let inside = |entry: &HostEntry<'a>| namespace.is_none_or(|namespace| entry.service.namespace == namespace);
        let exact = match host.starts_with('*') {
            true => self.exact.iter().any(|(known, entries)| overlap(host, known) && entries.iter().any(inside)),
            false => self.exact.get(host).is_some_and(|entries| entries.iter().any(inside)),
        };
        exact || self.wildcards.iter().any(|(known, entry)| inside(entry) && overlap(host, known))
    }

    /// The number of different hosts.
    pub fn count(&self) -> usize {
        self.exact.len()
    }

    /// All hosts, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.exact.keys().map(Cow::as_ref)
    }
}

/// The scopes of an exportTo list; none written, or one `*`, means everyone.
fn scopes<'a>(written: impl Iterator<Item = &'a str>, namespace: &'a str) -> Vec<Scope<'a>> {
    let scopes: Vec<Scope<'a>> = written.map(|scope| Scope::of(scope, namespace)).collect();
    if scopes.is_empty() || scopes.contains(&Scope::Everyone) { vec![Scope::Everyone] } else { scopes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_overlap_as_the_table_says() {
        let table = [
            ("a.com", "a.com", true),
            ("a.com", "b.com", false),
            ("*.com", "a.com", true),
            ("a.com", "*.com", true),
            ("*.a.com", "*.com", true),
            ("*.com", "*.a.com", true),
            ("*.a.com", "*.b.com", false),
            ("*", "a.com", true),
        ];
        for (a, b, expected) in table {
            assert_eq!(overlap(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn short_names_are_taken_apart_greedily() {
        assert_eq!(short("here", "a.b.svc.cluster.local"), ("b", "a"));
        assert_eq!(short("here", "a.b.c.svc.cluster.local"), ("c", "a.b"));
        assert_eq!(short("here", "a.b"), ("here", "a.b"));
        assert_eq!(fqdn("ns", "a"), "a.ns.svc.cluster.local");
        assert_eq!(fqdn("ns", "a.ns"), "a.ns");
    }
}
