//! URLs as Go's `net/url` reads them: what it refuses, and the scheme it finds.

/// The scheme of a URL (lower case, empty if relative), or why it is not one. A fragment may follow.
pub fn scheme(text: &str) -> Result<String, String> {
    let (url, fragment) = text.split_once('#').unwrap_or((text, ""));
    let scheme = parse(url, false)?;
    escapes(fragment)?;
    Ok(scheme)
}

/// As [`scheme`], but only what may stand in a request line: absolute, or a path.
pub fn request_scheme(text: &str) -> Result<String, String> {
    parse(text, true)
}

fn parse(url: &str, request: bool) -> Result<String, String> {
    if url.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("it has control characters".into());
    }
    if url.is_empty() && request {
        return Err("it is empty".into());
    }
    if url == "*" {
        return Ok(String::new());
    }
    let (scheme, rest) = cut_scheme(url)?;
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            return Ok(scheme);
        }
        if request {
            return Err("it is neither absolute nor a path".into());
        }
        if rest.split('/').next().is_some_and(|first| first.contains(':')) {
            return Err("its first part has a colon".into());
        }
    }
    let authority =
        (!scheme.is_empty() || (!request && !rest.starts_with("///"))).then(|| rest.strip_prefix("//")).flatten();
    let path = match authority {
        Some(rest) => {
            let (authority, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len())).unwrap_or((rest, ""));
            check_authority(&scheme, authority)?;
            path
        }
        None => rest,
    };
    escapes(path)?;
    Ok(scheme)
}

fn cut_scheme(url: &str) -> Result<(String, &str), String> {
    for (at, byte) in url.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("its scheme is missing".into()),
            b':' => {
                let (scheme, rest) = url.split_at_checked(at).unwrap_or((url, ""));
                return Ok((scheme.to_ascii_lowercase(), rest.get(1..).unwrap_or_default()));
            }
            _ => break,
        }
    }
    Ok((String::new(), url))
}

fn check_authority(scheme: &str, authority: &str) -> Result<(), String> {
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (user, host),
        None => ("", authority),
    };
    let user_letter = |letter: char| letter.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(letter);
    if !user.chars().all(user_letter) {
        return Err("its user part has characters that must be escaped".into());
    }
    escapes(user)?;
    check_host(scheme, host)
}

fn check_host(scheme: &str, host: &str) -> Result<(), String> {
    let port = match host.rfind('[') {
        Some(0) => {
            let end = host.rfind(']').ok_or("its host lacks a `]`")?;
            let inside = host.get(1..end).unwrap_or_default();
            let (address, zone) = inside.split_once("%25").unwrap_or((inside, "none"));
            if address.parse::<std::net::Ipv6Addr>().is_err() || zone.is_empty() {
                return Err(format!("[{inside}] is not an IPv6 address"));
            }
            host.get(end + 1..).unwrap_or_default()
        }
        Some(_) => return Err("its host has a `[` that is not at the start".into()),
        None => {
            // Some databases are addressed by several hosts with ports, the web is not.
            let colon = if matches!(scheme, "http" | "https") { host.find(':') } else { host.rfind(':') };
            colon.and_then(|at| host.get(at..)).unwrap_or_default()
        }
    };
    let good_port = port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
    if !good_port {
        return Err(format!("{port:?} is not a port"));
    }
    let mut rest = host;
    while let Some(letter) = rest.chars().next() {
        if letter == '%' {
            // Of ASCII only the percent sign itself may be escaped in a host.
            let code = rest.get(1..3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
            if !code.is_some_and(|code| code >= 0x80 || code == b'%') {
                return Err("its host has a bad % escape".into());
            }
            rest = rest.get(3..).unwrap_or_default();
            continue;
        }
        let good = !letter.is_ascii() || letter.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"".contains(letter);
        if !good {
            return Err(format!("its host has the character {letter:?}"));
        }
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    Ok(())
}

/// Every percent sign starts an escape.
fn escapes(text: &str) -> Result<(), String> {
    let good = |at: usize| {
        text.get(at + 1..at + 3).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
    };
    match text.match_indices('%').find(|(at, _)| !good(*at)) {
        None => Ok(()),
        Some(_) => Err("it has a bad % escape".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{request_scheme, scheme};

    #[test]
    fn urls_as_go_reads_them() {
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(scheme("https://a.b:8080/x?y#z"), ok("https"));
        assert_eq!(scheme("HTTP://[::1]:80"), ok("http"));
        assert_eq!(scheme("a/b"), ok(""));
        assert_eq!(request_scheme("a:80/x"), ok("a"));
        assert_eq!(request_scheme("/x"), ok(""));
        assert_eq!(scheme("db://a:1,b:2/"), ok("db"));
        for text in [
            "a b://",
            ":x",
            "http://a b/",
            "http://a:b/",
            "%zz",
            "http://[::1",
            "1:2",
            "http://a\n",
            "http://x{y}",
            "http://a:80:80/",
            "oci://a[",
            "oci://[::1%25]",
        ] {
            assert!(scheme(text).is_err(), "{text}");
        }
        for text in ["", "a/b", "#x", "http://a%41b"] {
            assert!(request_scheme(text).is_err(), "{text}");
        }
    }
}
