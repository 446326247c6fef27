//! Routes of a VirtualService that no request reaches (IST0130, IST0131).

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::check::{Check, params};
use super::codes::{IST0130, IST0131};
use super::fixes;
use super::snapshot::Resource;
use super::view::View;
use crate::yaml::Value;

/// Checks the http, tcp and tls routes of a VirtualService.
pub fn check<'a>(check: &mut Check<'_, 'a>, service: &Resource<'a>) {
    for protocol in ["http", "tcp", "tls"] {
        let routes: Vec<View<'a>> = service.spec().get(protocol).items().collect();
        let labels: Vec<String> =
            routes.iter().enumerate().map(|(index, route)| label(*route, index, protocol == "http")).collect();
        Shadowing { service, routes, labels, http: protocol == "http" }.run(check);
    }
}

/// The name of a route or match as findings print it.
fn label(node: View<'_>, index: usize, named: bool) -> String {
    match node.get("name").str() {
        name if named && !name.is_empty() => format!("\"{name}\""),
        _ => format!("#{index}"),
    }
}

struct Shadowing<'r, 'a> {
    service: &'r Resource<'a>,
    routes: Vec<View<'a>>,
    labels: Vec<String>,
    http: bool,
}

/// A match that was seen first where it stands.
struct Seen<'a> {
    route: usize,
    node: View<'a>,
    label: String,
}

impl<'a> Shadowing<'_, 'a> {
    fn run(&self, check: &mut Check<'_, 'a>) {
        // One match, or none, has nothing to be in the shade of.
        if self.routes.len() < 2 && self.routes.first().is_none_or(|route| route.get("match").len() < 2) {
            return;
        }
        let mut catch_all: Option<usize> = None;
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut seen: Vec<Seen<'a>> = Vec::new();
        for (index, route) in self.routes.iter().enumerate() {
            let matches: Vec<View<'a>> = route.get("match").items().collect();
            if matches.is_empty() {
                if let Some(earlier) = catch_all {
                    self.unreachable(check, index, earlier);
                }
                catch_all = Some(index);
                continue;
            }
            let mut duplicates = 0;
            let mut behind = false;
            for (number, node) in matches.iter().enumerate() {
                if let Some(earlier) = catch_all {
                    if check.reference() || !behind {
                        self.unreachable(check, index, earlier);
                    }
                    behind = true;
                    continue;
                }
                let label = label(*node, number, self.http);
                match known.entry(canonical(*node)) {
                    Entry::Occupied(earlier) => {
                        duplicates += 1;
                        self.ineffective(check, index, *node, &label, self.label(*earlier.get()));
                    }
                    Entry::Vacant(free) => {
                        free.insert(index);
                        seen.push(Seen { route: index, node: *node, label });
                    }
                }
            }
            if duplicates == matches.len() {
                let reason = "all of its matches are those of earlier rules";
                self.report_unreachable(check, index, None, reason);
            }
        }
        if self.http {
            self.overlaps(check, &seen);
        }
    }

    fn label(&self, index: usize) -> &str {
        self.labels.get(index).map_or("", String::as_str)
    }

    fn unreachable(&self, check: &mut Check<'_, 'a>, index: usize, earlier: usize) {
        let reason = format!("rule {} before it has no match and takes every request", self.label(earlier));
        self.report_unreachable(check, index, Some(earlier), &reason);
    }

    fn report_unreachable(&self, check: &mut Check<'_, 'a>, index: usize, earlier: Option<usize>, reason: &str) {
        let Some(route) = self.routes.get(index) else { return };
        let at = if check.reference() { View::NONE } else { *route };
        let fix = fixes::delete_item(check.snapshot, self.service, *route, "Delete the rule that is never reached");
        let report =
            check.report(&IST0130, self.service, at, params! { ruleno: self.label(index), reason: reason }).fix(fix);
        if let Some(earlier) = earlier.and_then(|earlier| self.routes.get(earlier)) {
            report.related(self.service, *earlier, "takes every request");
        }
    }

    fn ineffective(&self, check: &mut Check<'_, 'a>, index: usize, node: View<'a>, label: &str, earlier: &str) {
        let several = self.routes.get(index).is_some_and(|route| route.get("match").len() > 1);
        let fix = if several {
            fixes::delete_item(check.snapshot, self.service, node, "Delete the match that is there twice")
        } else {
            None
        };
        let at = if check.reference() { View::NONE } else { node };
        let params = params! { ruleno: self.label(index), matchno: label, dupno: earlier };
        check.report(&IST0131, self.service, at, params).fix(fix);
    }

    /// Matches that an earlier, wider one covers.
    fn overlaps(&self, check: &mut Check<'_, 'a>, seen: &[Seen<'a>]) {
        let prefix = |seen: &Seen<'a>| seen.node.get("uri").get("prefix").str();
        if check.reference() {
            let with_prefix: Vec<&Seen<'a>> = seen.iter().filter(|seen| !prefix(seen).is_empty()).collect();
            for (number, a) in with_prefix.iter().enumerate() {
                for b in with_prefix.iter().skip(number + 1) {
                    if prefix(a) != prefix(b) && prefix(b).starts_with(prefix(a)) && resembles(a.node, b.node) {
                        let matchno = format!("{} of prefix {}", b.label, prefix(b));
                        let dupno = format!("{} of prefix {} on {}", a.label, prefix(a), self.label(a.route));
                        check.report(
                            &IST0131,
                            self.service,
                            View::NONE,
                            params! { ruleno: self.label(b.route), matchno: matchno, dupno: dupno },
                        );
                    }
                }
            }
            return;
        }
        for (number, b) in seen.iter().enumerate() {
            if let Some(a) = seen.iter().take(number).find(|a| covers(a.node, b.node)) {
                let dupno = format!("{} of rule {}", a.label, self.label(a.route));
                let params = params! { ruleno: self.label(b.route), matchno: b.label.as_str(), dupno: dupno };
                check.report(&IST0131, self.service, b.node, params).related(self.service, a.node, "covers it");
            }
        }
    }
}

/// Fields of a match that hold any number of entries.
const MAPS: &[&str] = &["headers", "withoutHeaders", "queryParams", "sourceLabels"];

/// A text that is equal for structurally equal matches, names left out.
fn canonical(node: View<'_>) -> String {
    let mut value = node.to_value();
    if let Some(fields) = value.as_object_mut() {
        fields.shift_remove("name");
        // Written out or left out, these are the same.
        let absent = |name: &str, value: &Value| match value {
            Value::Null | Value::Bool(false) => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(entries) => entries.is_empty() && MAPS.contains(&name),
            _ => false,
        };
        fields.retain(|name, value| !absent(name, value));
    }
    value.sort_all_objects();
    value.to_string()
}

/// The text istioctl compares: the form and the value; regular expressions count as absent.
fn text(matcher: View<'_>) -> String {
    for form in ["exact", "prefix"] {
        if matcher.get(form).is_set() {
            return format!("{form}:{}", matcher.get(form).str());
        }
    }
    String::new()
}

/// istioctl's idea of a match whose other conditions make no difference.
fn resembles(a: View<'_>, b: View<'_>) -> bool {
    let method =
        |node: View<'_>| if node.get("method").is_set() { text(node.get("method")) } else { "exact:GET".to_string() };
    let near = |x: &str, y: &str| x == y || x.starts_with(y);
    let maps = ["headers", "queryParams", "withoutHeaders"].iter().all(|field| {
        let (x, y) = (a.get(field), b.get(field));
        x.len() == y.len()
            && x.entries().all(|(key, value)| y.key(key).is_set() && near(&text(value), &text(y.key(key))))
    });
    a.get("port").int().unwrap_or(0) == b.get("port").int().unwrap_or(0)
        && near(&method(a), &method(b))
        && near(&text(a.get("authority")), &text(b.get("authority")))
        && maps
}

/// Whether every request that `b` matches is one that `a` matches.
fn covers(a: View<'_>, b: View<'_>) -> bool {
    let ignore_case = |node: View<'_>| node.get("ignoreUriCase").bool();
    if ignore_case(b) && !ignore_case(a) {
        return false;
    }
    let texts = ["uri", "scheme", "method", "authority"];
    let maps = ["headers", "queryParams"];
    let equal = |field: &str| a.get(field).to_value() == b.get(field).to_value();
    let implied = |field: &str| !a.get(field).is_set() || equal(field);
    texts.iter().all(|field| accepts(a.get(field), b.get(field), *field == "uri" && ignore_case(a)))
        && maps.iter().all(|field| {
            a.get(field)
                .entries()
                .all(|(key, value)| b.get(field).key(key).is_set() && accepts_present(value, b.get(field).key(key)))
        })
        && a.get("withoutHeaders")
            .entries()
            .all(|(key, value)| b.get("withoutHeaders").key(key).to_value() == value.to_value())
        && ["port", "sourceNamespace", "sourceLabels", "gateways", "statPrefix"]
            .iter()
            .all(|field| *field == "statPrefix" || implied(field))
}

/// Whether a string match accepts everything another one accepts; an absent one accepts everything.
fn accepts(a: View<'_>, b: View<'_>, ignore_case: bool) -> bool {
    if !a.is_set() || a.is_empty() {
        return true;
    }
    if !b.is_set() {
        return false;
    }
    let fold = |text: &str| if ignore_case { text.to_lowercase() } else { text.to_string() };
    let (prefix, exact) = (a.get("prefix"), a.get("exact"));
    if prefix.is_set() {
        let theirs = if b.get("prefix").is_set() { b.get("prefix") } else { b.get("exact") };
        return theirs.is_set() && fold(theirs.str()).starts_with(&fold(prefix.str()));
    }
    if exact.is_set() {
        return b.get("exact").is_set() && fold(exact.str()) == fold(b.get("exact").str());
    }
    a.to_value() == b.to_value() && b.to_value() != Value::Null
}

/// As [`accepts`], where an empty match means that the header is there.
fn accepts_present(a: View<'_>, b: View<'_>) -> bool {
    a.is_empty() || accepts(a, b, false)
}

#[cfg(test)]
mod tests {
    use super::covers;
    use crate::analysis::view::View;
    use crate::yaml::parse_document;

    #[test]
    fn a_match_covers_another_on_every_dimension_or_not_at_all() {
        let table = [
            ("uri: {prefix: /api}", "uri: {prefix: /api/v2}", true),
            ("uri: {prefix: /}", "uri: {exact: /x}", true),
            ("uri: {prefix: /api}\nmethod: {exact: GET}", "uri: {prefix: /api/v2}", false),
            ("uri: {prefix: /api}", "uri: {prefix: /api/v2}\nmethod: {exact: GET}", true),
            ("uri: {prefix: /a}\nport: 80", "uri: {prefix: /ab}", false),
            ("uri: {prefix: /a}\nsourceLabels: {a: b}", "uri: {prefix: /ab}", false),
            ("uri: {regex: /a.*}", "uri: {prefix: /ab}", false),
            ("uri: {exact: /a}", "uri: {prefix: /a}", false),
            ("headers: {x: {}}", "headers: {x: {exact: y}}", true),
            ("headers: {x: {exact: z}}", "headers: {x: {exact: y}}", false),
        ];
        for (a, b, expected) in table {
            let (x, y) = (parse_document(a).expect("YAML"), parse_document(b).expect("YAML"));
            assert_eq!(covers(View::new(x.root()), View::new(y.root())), expected, "{a} / {b}");
        }
    }
}
