//! Labels and the selectors made of them.

use super::hosts;
use super::report::{Fault, Report, Verdict};
use crate::api::view::View;
use crate::yaml::Node;

/// The name part of a label key, and a label's value: letters and digits, with `-_.` inside.
fn is_name(text: &str) -> bool {
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    ends(text.bytes().next())
        && ends(text.bytes().next_back())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// A label key: a name of 63 characters at most, perhaps behind a DNS prefix and a slash.
pub fn key(text: &str) -> Verdict {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    let good_prefix = prefix.is_none_or(|prefix| prefix.len() <= 253 && prefix.split('.').all(is_unbounded_label));
    if good_prefix && name.len() <= 63 && is_name(name) {
        Ok(())
    } else {
        Err(Fault::new("label-key", format!("{text:?} is not a label key")))
    }
}

/// Prefix parts have the form of DNS labels, whatever their length.
fn is_unbounded_label(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && text.bytes().next().is_some_and(|byte| byte != b'-')
        && !text.ends_with('-')
}

pub fn value(text: &str) -> Verdict {
    if text.is_empty() || is_name(text) {
        Ok(())
    } else {
        Err(Fault::new("label-value", format!("{text:?} is not a label value")))
    }
}

/// Checks a field of labels.
pub fn labels_field<'d>(report: &mut Report<'d>, view: View<'d>, name: &'static str) {
    for (label, node) in view.entries(name) {
        report.check(label, key(label.text()));
        report.check(node, value(node.as_str().unwrap_or_default()));
    }
}

/// A selector of pods by `matchLabels`, if given.
pub fn selector<'d>(report: &mut Report<'d>, selector: Option<View<'d>>) {
    if let Some(selector) = selector {
        check(report, selector, "matchLabels");
    }
}

/// A selector by `labels`, if given. Its errors end the validation of the whole object: `false`.
pub fn workload_selector<'d>(report: &mut Report<'d>, selector: Option<View<'d>>) -> bool {
    selector.is_none_or(|selector| check(report, selector, "labels"))
}

fn check<'d>(report: &mut Report<'d>, selector: View<'d>, field: &'static str) -> bool {
    let mut good = true;
    for (key, value) in selector.entries(field) {
        good &= entry(report, key, value);
    }
    if selector.is_empty(field) {
        report.warning(
            "selector-empty",
            selector.here(),
            "the selector has no labels, so it selects every workload of the namespace",
        );
    }
    good
}

fn entry<'d>(report: &mut Report<'d>, key: Node<'d>, value: Node<'d>) -> bool {
    let mut good = true;
    if key.text().is_empty() {
        report.error("selector-key-empty", key, "a label key of the selector is empty");
        good = false;
    }
    let text = value.as_str().unwrap_or_default();
    if key.text().contains('*') || text.contains('*') {
        report.error(
            "selector-wildcard",
            key,
            format!("{}={text} has a wildcard; selectors match labels literally", key.text()),
        );
        good = false;
    }
    good
}

/// A namespace name, if given.
pub fn is_namespace(text: &str) -> bool {
    hosts::is_label(text)
}
