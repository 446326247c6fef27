//! Routes and domains in a few words.

use crate::envoy::dump::route::RouteMatch;

/// `prefix*`, `PathPrefix:prefix`, the exact path, or `regex …`; nothing where the path is not looked at.
pub fn path(matches: Option<&RouteMatch>) -> String {
    let Some(matches) = matches else { return String::new() };
    if !matches.prefix.is_empty() {
        return format!("{}*", &*matches.prefix);
    }
    if !matches.path_separated_prefix.is_empty() {
        return format!("PathPrefix:{}", &*matches.path_separated_prefix);
    }
    if !matches.path.is_empty() {
        return matches.path.to_string();
    }
    match &matches.safe_regex {
        Some(expression) => format!("regex {}", &*expression.regex),
        None => String::new(),
    }
}

/// The domains worth showing: without ports, without the forms that only lengthen another; two of them and a count.
pub fn domains(all: &[impl AsRef<str>]) -> String {
    if let [only] = all {
        return only.as_ref().to_owned();
    }
    let bare: Vec<&str> = all.iter().map(AsRef::as_ref).filter(|domain| is_bare(domain)).collect();
    let known: std::collections::HashSet<&str> = bare.iter().copied().collect();
    let shorter = |domain: &&str| {
        !["", ".cluster.local"].iter().any(|rest| {
            let suffix = format!(".svc{rest}");
            domain.strip_suffix(&*suffix).is_some_and(|short| known.contains(short))
        })
    };
    let kept: Vec<&str> = bare.iter().copied().filter(shorter).collect();
    match kept.as_slice() {
        [first, second, rest @ ..] if !rest.is_empty() => format!("{first}, {second} + {} more...", rest.len()),
        few => few.join(", "),
    }
}

/// Without a port; more than two colons and a closing bracket are an IPv6 address.
fn is_bare(domain: &str) -> bool {
    let colons = domain.matches(':').count();
    colons == 0 || (colons > 2 && domain.ends_with(']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_lose_ports_and_longer_forms() {
        assert_eq!(domains(&["a", "a:80", "a.ns", "a.ns.svc", "a.ns.svc.cluster.local"]), "a, a.ns");
        assert_eq!(domains(&["a", "b", "c", "[fd00:1::1]", "[fd00:1::1]:80"]), "a, b + 2 more...");
        assert_eq!(domains(&["*:80"]), "*:80");
        assert_eq!(domains(&[] as &[&str]), "");
    }
}
