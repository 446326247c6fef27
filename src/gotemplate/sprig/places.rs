//! Paths and URLs.

use crate::gotemplate::function::{Call, Function, Outcome, Type};
use crate::gotemplate::value::{Map, Value};
use crate::gotemplate::{Fault, quote};

use Type::Text;

pub(super) const TABLE: &[Function] = &[
    Function::new("base", &[Text], |call| Ok(base(call.text(0)).into())),
    Function::new("dir", &[Text], |call| Ok(dir(call.text(0)).into())),
    Function::new("clean", &[Text], |call| Ok(clean(call.text(0)).into())),
    Function::new("ext", &[Text], |call| Ok(extension(call.text(0)).into())),
    Function::new("isAbs", &[Text], |call| Ok(call.text(0).starts_with('/').into())),
    Function::new("osBase", &[Text], |call| Ok(base(call.text(0)).into())),
    Function::new("osDir", &[Text], |call| Ok(dir(call.text(0)).into())),
    Function::new("osClean", &[Text], |call| Ok(clean(call.text(0)).into())),
    Function::new("osExt", &[Text], |call| Ok(extension(call.text(0)).into())),
    Function::new("osIsAbs", &[Text], |call| Ok(call.text(0).starts_with('/').into())),
    Function::new("urlParse", &[Text], url_parse),
    Function::new("urlJoin", &[Type::Map], url_join),
    Function::new("env", &[Text], |call| Ok(std::env::var(call.text(0)).unwrap_or_default().into())),
    Function::new("expandenv", &[Text], |call| Ok(expand_env(call.text(0)).into())),
    // Rendering opens no socket; a name nobody knows gives the same.
    Function::new("getHostByName", &[Text], |_| Ok("".into())),
];

fn base(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    match (path.is_empty(), trimmed.is_empty()) {
        (true, _) => ".".into(),
        (_, true) => "/".into(),
        _ => trimmed.rsplit('/').next().unwrap_or(trimmed).into(),
    }
}

fn dir(path: &str) -> String {
    clean(path.rfind('/').map_or("", |at| &path[..=at]))
}

/// The shortest path that means the same.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(last) if *last != ".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}

fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rfind('.').map_or("", |at| &name[at..])
}

/// `$NAME` and `${NAME}` from the process environment.
fn expand_env(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some((name, after)) = rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            out.push_str(&std::env::var(name).unwrap_or_default());
            rest = after;
            continue;
        }
        let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if end == 0 {
            out.push('$');
        } else {
            out.push_str(&std::env::var(&rest[..end]).unwrap_or_default());
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// What may stand in a host besides letters and digits.
const HOST_SIGNS: &str = "-_.~!$&'()*+,;=:[]<>\"%";

fn url_parse(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.text(0);
    let bad = |reason: &str| Fault::new(format!("unable to parse url: parse {}: {reason}", quote::quoted(text)));
    if text.chars().any(|c| c.is_ascii_control()) {
        return Err(bad("net/url: invalid control character in URL"));
    }
    let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (scheme, rest) = scheme(rest).ok_or_else(|| bad("missing protocol scheme"))?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (mut opaque, mut userinfo, mut host, mut path) = ("", "", "", rest);
    if let Some(after) = rest.strip_prefix("//") {
        let end = after.find('/').unwrap_or(after.len());
        let authority = &after[..end];
        path = &after[end..];
        (userinfo, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        if let Some(wrong) =
            host.chars().find(|c| c.is_ascii() && !c.is_ascii_alphanumeric() && !HOST_SIGNS.contains(*c))
        {
            return Err(bad(&format!("invalid character {} in host name", quote::quoted(&wrong.to_string()))));
        }
    } else if !scheme.is_empty() && !rest.starts_with('/') {
        (opaque, path) = (rest, "");
    }
    let path = percent_decoded(path).ok_or_else(|| bad("invalid URL escape"))?;
    let entries = [
        ("scheme", scheme.to_ascii_lowercase()),
        ("host", host.to_owned()),
        ("hostname", hostname(host).to_owned()),
        ("path", path),
        ("query", query.to_owned()),
        ("opaque", opaque.to_owned()),
        ("fragment", percent_decoded(fragment).ok_or_else(|| bad("invalid URL escape"))?),
        ("userinfo", userinfo.to_owned()),
    ];
    Ok(entries.into_iter().map(|(key, value)| (key, Value::str(value))).collect::<Map>().into())
}

/// The scheme and what follows it; none where the text starts like a path. `None` when the scheme is empty.
fn scheme(text: &str) -> Option<(&str, &str)> {
    for (at, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return None,
            ':' => return Some((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Some(("", text))
}

/// Without port and brackets.
fn hostname(host: &str) -> &str {
    if let Some(inner) = host.strip_prefix('[') {
        return inner.split(']').next().unwrap_or(inner);
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            out.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            out.push(byte);
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

fn url_join(call: &mut Call<'_, '_>) -> Outcome {
    let map = call.map(0);
    let get = |key: &str| match map.get(key) {
        None => Ok(String::new()),
        Some(Value::Str(text)) => Ok(text.to_string()),
        Some(other) => Err(Fault::new(format!(
            "unable to parse {key} key, must be of type string, but {} found",
            other.type_name()
        ))),
    };
    let (scheme, opaque, host, path) = (get("scheme")?, get("opaque")?, get("host")?, get("path")?);
    let (query, fragment, userinfo) = (get("query")?, get("fragment")?, get("userinfo")?);
    let mut url = String::new();
    if !scheme.is_empty() {
        url.push_str(&scheme);
        url.push(':');
    }
    if opaque.is_empty() {
        if !host.is_empty() || !userinfo.is_empty() {
            url.push_str("//");
            if !userinfo.is_empty() {
                url.push_str(&userinfo);
                url.push('@');
            }
            url.push_str(&host);
            if !path.is_empty() && !path.starts_with('/') {
                url.push('/');
            }
        }
        url.push_str(&escaped_path(&path));
    } else {
        url.push_str(&opaque);
    }
    if !query.is_empty() {
        url.push('?');
        url.push_str(&query);
    }
    if !fragment.is_empty() {
        url.push('#');
        url.push_str(&fragment);
    }
    Ok(url.into())
}

fn escaped_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
