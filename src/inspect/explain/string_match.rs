//! Envoy's matchers of strings and headers, three-valued.

use regex::Regex;

use super::{Request, Truth};
use crate::envoy::value::Value;

/// `envoy.type.matcher.v3.StringMatcher`.
pub fn string(matcher: &Value, text: &str) -> Truth {
    let ignore_case = matcher.get("ignoreCase").and_then(Value::as_bool) == Some(true);
    let fold = |text: &str| if ignore_case { text.to_lowercase() } else { text.to_owned() };
    let test = |key: &str, holds: fn(&str, &str) -> bool| {
        matcher.get(key).and_then(Value::as_str).map(|wanted| Truth::of(holds(&fold(text), &fold(wanted))))
    };
    test("exact", |text, wanted| text == wanted)
        .or_else(|| test("prefix", |text, wanted| text.starts_with(wanted)))
        .or_else(|| test("suffix", |text, wanted| text.ends_with(wanted)))
        .or_else(|| test("contains", |text, wanted| text.contains(wanted)))
        .or_else(|| matcher.at(&["safeRegex", "regex"]).and_then(Value::as_str).map(|regex| whole(regex, text)))
        .unwrap_or_else(|| Truth::Depends("a matcher of strings that this program does not know".to_owned()))
}

/// Whether a regular expression matches the whole text.
pub fn whole(expression: &str, text: &str) -> Truth {
    match Regex::new(&format!("^(?:{expression})$")) {
        Ok(regex) => Truth::of(regex.is_match(text)),
        Err(_) => Truth::Depends(format!("the regular expression {expression}")),
    }
}

/// `envoy.config.route.v3.HeaderMatcher`. Of repeated headers any may match; inverted, none may.
pub fn header(matcher: &Value, request: &Request) -> Truth {
    let values = request.header(matcher.text(&["name"]));
    let flag = |key: &str| matcher.get(key).and_then(Value::as_bool) == Some(true);
    let invert = flag("invertMatch");
    let result = if let Some(present) = matcher.get("presentMatch").and_then(Value::as_bool) {
        let seen = !values.is_empty() || flag("treatMissingHeaderAsEmpty");
        return Truth::of((seen == present) != invert);
    } else if values.is_empty() && !flag("treatMissingHeaderAsEmpty") {
        return Truth::No;
    } else if values.is_empty() {
        value(matcher, "")
    } else {
        Truth::any(values.iter().map(|text| value(matcher, text)))
    };
    if invert { result.not() } else { result }
}

fn value(matcher: &Value, text: &str) -> Truth {
    if let Some(inner) = matcher.get("stringMatch") {
        return string(inner, text);
    }
    if let Some(range) = matcher.get("rangeMatch") {
        let bound = |key: &str| range.get(key).and_then(Value::as_f64).unwrap_or(0.0);
        return Truth::of(text.parse::<i64>().is_ok_and(|n| (bound("start")..bound("end")).contains(&(n as f64))));
    }
    // The older fields, one for each kind.
    let old = |key: &str, new: &'static str| {
        matcher.get(key).map(|wanted| string(&Value::Object(vec![(new.into(), wanted.clone())]), text))
    };
    old("exactMatch", "exact")
        .or_else(|| old("prefixMatch", "prefix"))
        .or_else(|| old("suffixMatch", "suffix"))
        .or_else(|| old("containsMatch", "contains"))
        .or_else(|| old("safeRegexMatch", "safeRegex"))
        // Without any condition the header only has to be there.
        .unwrap_or(Truth::Yes)
}

/// The condition in words.
pub fn told(matcher: &Value) -> String {
    let name = matcher.text(&["name"]);
    let inner = matcher.get("stringMatch").unwrap_or(matcher);
    let words = [
        ("exact", "="),
        ("exactMatch", "="),
        ("prefix", "starts with"),
        ("prefixMatch", "starts with"),
        ("suffix", "ends with"),
        ("suffixMatch", "ends with"),
        ("contains", "contains"),
        ("containsMatch", "contains"),
    ];
    let found = words.iter().find_map(|(key, word)| Some(format!("{name} {word} {}", inner.get(key)?.as_str()?)));
    let regex =
        inner.at(&["safeRegex", "regex"]).or_else(|| inner.at(&["safeRegexMatch", "regex"])).and_then(Value::as_str);
    let text =
        found.or_else(|| regex.map(|regex| format!("{name} ~ {regex}"))).unwrap_or_else(|| format!("{name} present"));
    if matcher.get("invertMatch").and_then(Value::as_bool) == Some(true) { format!("not ({text})") } else { text }
}
