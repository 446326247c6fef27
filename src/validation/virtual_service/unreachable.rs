//! Rules that traffic never reaches, since an earlier one takes it.

use std::collections::HashMap;

use crate::api::canonical;
use crate::api::view::View;
use crate::validation::report::Report;

/// A match that stays in force, with the route it belongs to.
struct Live<'d> {
    matched: View<'d>,
    route: String,
    label: String,
}

/// Checks the routes of one protocol, in order.
pub fn check<'d>(report: &mut Report<'d>, spec: View<'d>, field: &'static str, protocol: &str) {
    let http = field == "http";
    // One match alone cannot stand in another's way.
    if spec.count(field) < 2 && spec.list(field).all(|route| route.count("match") < 2) {
        return;
    }
    let mut catch_all: Option<String> = None;
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut live: Vec<Live<'d>> = Vec::new();
    for (index, route) in spec.list(field).enumerate() {
        let label = label(route, index, http);
        if route.is_empty("match") {
            match &catch_all {
                Some(earlier) => {
                    let message = format!(
                        "{protocol} route {label} is never reached: route {earlier} before it has no match and takes everything"
                    );
                    report.warning("vs-rule-unreachable", route.here(), message);
                }
                None => catch_all = Some(label),
            }
            continue;
        }
        let mut duplicates = 0;
        for (at, matched) in route.list("match").enumerate() {
            let match_label = super::unreachable::label(matched, at, http);
            if let Some(earlier) = &catch_all {
                let message = format!(
                    "{protocol} route {label} is never reached: route {earlier} before it has no match and takes everything"
                );
                report.warning("vs-rule-unreachable", matched.here(), message);
                continue;
            }
            let key = canonical::text_without(matched, if http { "name" } else { "" });
            if let Some(earlier) = seen.get(&key) {
                let message = format!(
                    "match {match_label} of {protocol} route {label} has no effect: route {earlier} has the same match"
                );
                report.warning("vs-match-ineffective", matched.here(), message);
                duplicates += 1;
            } else {
                seen.insert(key, label.clone());
                live.push(Live { matched, route: label.clone(), label: match_label });
            }
        }
        if duplicates > 0 && duplicates == route.count("match") {
            let message =
                format!("{protocol} route {label} is never reached: all its matches are used by routes before it");
            report.warning("vs-rule-unreachable", route.here(), message);
        }
    }
    if http {
        covered(report, &live);
    }
}

/// A name in quotes if there is one, else the position.
fn label(view: View<'_>, index: usize, http: bool) -> String {
    let name = if http { view.text("name") } else { "" };
    if name.is_empty() { format!("#{index}") } else { format!("{name:?}") }
}

/// Matches whose path prefix starts with the prefix of an earlier match that asks for no more.
fn covered<'d>(report: &mut Report<'d>, live: &[Live<'d>]) {
    let prefixes: Vec<(&Live<'d>, &str)> = live
        .iter()
        .map(|live| (live, live.matched.message_or_empty("uri")))
        .filter(|(_, uri)| uri.has("prefix") && !uri.text("prefix").is_empty())
        .map(|(live, uri)| (live, uri.text("prefix")))
        .collect();
    for (at, (later, prefix)) in prefixes.iter().enumerate() {
        for (earlier, shorter) in prefixes.iter().take(at) {
            if prefix != shorter && prefix.starts_with(shorter) && asks_no_more(earlier.matched, later.matched) {
                let message = format!(
                    "match {} of route {} (prefix {prefix:?}) has no effect: match {} of route {} takes prefix {shorter:?} before it",
                    later.label, later.route, earlier.label, earlier.route
                );
                report.warning("vs-match-ineffective", later.matched.here(), message);
            }
        }
    }
}

fn asks_no_more(earlier: View<'_>, later: View<'_>) -> bool {
    earlier.number("port") == later.number("port")
        && covers(&method(earlier), &method(later))
        && covers(&form(earlier.message_or_empty("authority")), &form(later.message_or_empty("authority")))
        && ["headers", "queryParams", "withoutHeaders"].iter().all(|field| map_covers(earlier, later, field))
}

fn covers(earlier: &str, later: &str) -> bool {
    earlier.starts_with(later)
}

fn method(matched: View<'_>) -> String {
    if matched.has("method") { form(matched.message_or_empty("method")) } else { "exact:GET".to_owned() }
}

/// A matcher as text; a regular expression counts as nothing.
fn form(matcher: View<'_>) -> String {
    for kind in ["exact", "prefix"] {
        if matcher.has(kind) {
            return format!("{kind}:{}", matcher.text(kind));
        }
    }
    String::new()
}

fn map_covers(earlier: View<'_>, later: View<'_>, field: &str) -> bool {
    earlier.count(field) == later.count(field)
        && later.messages(field).all(|(key, matcher)| {
            let same = earlier.messages(field).find(|(other, _)| other.text() == key.text());
            same.is_some_and(|(_, other)| covers(&form(other), &form(matcher)))
        })
}
