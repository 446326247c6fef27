//! The HTTP part: host and path as Envoy sees them, virtual host, route, HTTP filters, action.

use super::{Explanation, Model, Request, Truth, destination, origin, rbac, string_match};
use crate::envoy::value::Value;

/// Follows a request through an HTTP connection manager.
pub fn http(model: &Model, manager: &Value, request: &Request, told: &mut Explanation) {
    let Some(request) = seen(manager, request, told) else { return };
    if manager.get("scopedRoutes").is_some() {
        told.unknown("the route configuration: it is chosen by a scope");
        told.ends(0, "goes where the scoped routes say");
        return;
    }
    let name = manager.text(&["rds", "routeConfigName"]);
    let found = if name.is_empty() { manager.get("routeConfig").cloned() } else { model.route(name) };
    let none = Value::Null;
    let config = found.as_ref().unwrap_or(&none);
    let way = way(config, &request, told);
    let (scopes, refusal) = if found.is_some() {
        told_way(config, &way, &request, told)
    } else {
        told.step("route", format!("{name}: not received"), String::new());
        (Vec::new(), Some((404, format!("404: the route configuration {name:?} is not in the dump"))))
    };
    // The filters come first: what has no route can still be denied.
    for filter in manager.list(&["httpFilters"]) {
        if !http_filter(filter, &scopes, &request, told) {
            told.ends(403, "403: RBAC denies it");
            return;
        }
    }
    match (way, refusal) {
        (Way::Route { route, .. }, _) => action(model, route, &request, told),
        (_, Some((status, why))) => told.ends(status, why),
        (_, None) => {}
    }
}

/// The request as everything after the connection manager sees it; nothing where it ends here.
fn seen(manager: &Value, request: &Request, told: &mut Explanation) -> Option<Request> {
    let request = match seen_path(manager, &request.path) {
        SeenPath::As(path) => Request { path, ..request.clone() },
        SeenPath::Refused(why) => {
            told.ends(400, format!("400: {why}"));
            return None;
        }
        SeenPath::Redirected(path) => {
            told.ends(307, format!("307: redirected to the unescaped path {path}"));
            return None;
        }
    };
    Some(Request { host_header: Some(seen_host(manager, &request)), ..request })
}

/// Status and reason.
type Refusal = Option<(u16, String)>;

/// Tells the way; what the settings of filters are looked for in, the most specific first, and why it leads nowhere.
fn told_way<'v, 'a>(
    config: &'v Value<'a>,
    way: &Way<'v, 'a>,
    request: &Request,
    told: &mut Explanation,
) -> (Vec<&'v Value<'a>>, Refusal) {
    let (name, host_name) = (config.text(&["name"]), |host: &'v Value<'a>| host.text(&["name"]));
    match way {
        Way::Route { host, place, route } => {
            let (rule, rules) = (place + 1, host.list(&["routes"]).len());
            let text = format!("{name} / {} / rule {rule} of {rules}: {}", host_name(host), condition(route));
            told.step("route", text, origin(route));
            (vec![*route, *host, config], None)
        }
        Way::Secure(host) => {
            told.step("route", format!("{name} / {}: demands TLS", host_name(host)), String::new());
            (vec![*host, config], Some((301, "301: redirected to https".to_owned())))
        }
        Way::NoRoute(host) => {
            let path = request.path_without_query();
            told.step("route", format!("{name} / {}: no route for {path}", host_name(host)), String::new());
            (vec![*host, config], Some((404, "404: no route of the virtual host matches".to_owned())))
        }
        Way::Tree(host) => {
            told.step("route", format!("{name} / {}: chosen by a matcher tree", host_name(host)), String::new());
            told.unknown("which route the matcher tree of the virtual host chooses");
            (vec![*host, config], Some((0, "goes where the matcher tree of the virtual host says".to_owned())))
        }
        Way::NoHost => {
            let host = request.authority().to_lowercase();
            told.step("route", format!("{name}: no virtual host for {host}"), String::new());
            (vec![config], Some((404, format!("404: no virtual host has the domain {host}"))))
        }
    }
}

/// How far a request comes in a route configuration.
enum Way<'v, 'a> {
    NoHost,
    /// The virtual host takes nothing but TLS.
    Secure(&'v Value<'a>),
    NoRoute(&'v Value<'a>),
    /// The virtual host chooses by a matcher tree, which is not followed.
    Tree(&'v Value<'a>),
    Route {
        host: &'v Value<'a>,
        place: usize,
        route: &'v Value<'a>,
    },
}

fn way<'v, 'a>(config: &'v Value<'a>, request: &Request, told: &mut Explanation) -> Way<'v, 'a> {
    let mut name = request.authority().to_lowercase();
    if flag(config, "ignorePortInHostMatching") {
        name = without_port(&name).to_owned();
    }
    let Some(host) = virtual_host(config, &name) else { return Way::NoHost };
    match host.text(&["requireTls"]) {
        "ALL" if request.scheme == "http" => return Way::Secure(host),
        "EXTERNAL_ONLY" if request.scheme == "http" => {
            told.unknown("whether the client counts as internal: others are redirected to https");
        }
        _ => {}
    }
    match route(host, request, told) {
        Some((place, route)) => Way::Route { host, place, route },
        None if host.get("matcher").is_some() => Way::Tree(host),
        None => Way::NoRoute(host),
    }
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool) == Some(true)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|b| b.is_ascii_digit()) && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}

fn query(path: &str) -> &str {
    path.find('?').and_then(|place| path.get(place..)).unwrap_or_default()
}

/// What becomes of a path before anything looks at it.
enum SeenPath {
    As(String),
    Refused(&'static str),
    Redirected(String),
}

/// Escaped slashes first, then dots and escapes, then slashes next to each other.
fn seen_path(manager: &Value, given: &str) -> SeenPath {
    if given.contains('#') {
        return SeenPath::Refused("the path has a fragment");
    }
    let (mut path, query) = given.split_at(given.find('?').unwrap_or(given.len()));
    let unescaped = unescaped_slashes(path);
    let escaped = unescaped != path;
    let action = manager.text(&["pathWithEscapedSlashesAction"]);
    match action {
        "REJECT_REQUEST" if escaped => return SeenPath::Refused("the path has an escaped slash"),
        "UNESCAPE_AND_FORWARD" | "UNESCAPE_AND_REDIRECT" => path = &unescaped,
        _ => {}
    }
    let mut path = path.to_owned();
    if flag(manager, "normalizePath") {
        path = without_dots(&without_escapes(&path));
    }
    if flag(manager, "mergeSlashes") {
        while path.contains("//") {
            path = path.replace("//", "/");
        }
    }
    if escaped && action == "UNESCAPE_AND_REDIRECT" {
        return SeenPath::Redirected(path);
    }
    SeenPath::As(format!("{path}{query}"))
}

fn unescaped_slashes(path: &str) -> String {
    path.replace("%2F", "/").replace("%2f", "/").replace("%5C", "\\").replace("%5c", "\\")
}

/// Backslashes as slashes, and without the escapes of what needs none (letters, digits, `-`, `.`, `_`, `~`).
fn without_escapes(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(letter) = rest.chars().next() {
        let code =
            rest.strip_prefix('%').and_then(|rest| rest.get(..2)).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code.map(char::from).filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')) {
            Some(plain) => {
                out.push(plain);
                rest = rest.get(3..).unwrap_or_default();
            }
            None => {
                out.push(if letter == '\\' { '/' } else { letter });
                rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            }
        }
    }
    out
}

/// The path without `.` and `..`.
fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut folder = false;
    for part in path.split('/').skip(1) {
        folder = matches!(part, "." | "..");
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let end = if folder && !parts.is_empty() { "/" } else { "" };
    format!("/{}{end}", parts.join("/"))
}

/// The Host header after the port and a last dot are taken off, where the connection manager does so.
fn seen_host(manager: &Value, request: &Request) -> String {
    let mut host = request.authority();
    if flag(manager, "stripTrailingHostDot") {
        let (name, port) = host.split_at(without_port(&host).len());
        host = format!("{}{port}", name.strip_suffix('.').unwrap_or(name));
    }
    let name = without_port(&host);
    let matching = format!("{name}:{}", request.port) == host;
    if flag(manager, "stripAnyHostPort") || (flag(manager, "stripMatchingHostPort") && matching) {
        return name.to_owned();
    }
    host
}

/// The one virtual host for a host: exact, else the longest `*suffix`, else the longest `prefix*`, else `*`.
fn virtual_host<'v, 'a>(config: &'v Value<'a>, host: &str) -> Option<&'v Value<'a>> {
    let mut best: Option<((u8, usize), &Value)> = None;
    for virtual_host in config.list(&["virtualHosts"]) {
        for domain in virtual_host.list(&["domains"]).iter().filter_map(Value::as_str) {
            let domain = domain.to_lowercase();
            let grade = if domain == host {
                Some((3, 0))
            } else if domain == "*" {
                Some((0, 0))
            } else if let Some(suffix) = domain.strip_prefix('*') {
                (host.len() > suffix.len() && host.ends_with(suffix)).then_some((2, suffix.len()))
            } else if let Some(prefix) = domain.strip_suffix('*') {
                (host.len() > prefix.len() && host.starts_with(prefix)).then_some((1, prefix.len()))
            } else {
                None
            };
            if let Some(grade) = grade
                && best.as_ref().is_none_or(|(known, _)| grade > *known)
            {
                best = Some((grade, virtual_host));
            }
        }
    }
    best.map(|(_, virtual_host)| virtual_host)
}

/// The first route whose conditions hold, and its place.
fn route<'v, 'a>(host: &'v Value<'a>, request: &Request, told: &mut Explanation) -> Option<(usize, &'v Value<'a>)> {
    for (place, route) in host.list(&["routes"]).iter().enumerate() {
        match matches(route, request) {
            Truth::Yes => return Some((place, route)),
            Truth::No => {}
            Truth::Depends(on) => {
                told.unknown(format!("rule {} ({}) would come first, depending on {on}", place + 1, condition(route)))
            }
        }
    }
    None
}

/// Conditions that a request does not tell, and what they depend on.
const DEPENDING: [(&str, &str); 4] = [
    ("runtimeFraction", "chance"),
    ("tlsContext", "the client's certificate"),
    ("dynamicMetadata", "metadata of earlier filters"),
    ("filterState", "state of earlier filters"),
];

fn matches(route: &Value, request: &Request) -> Truth {
    let none = Value::Null;
    let rule = route.get("match").unwrap_or(&none);
    let mut parts = vec![path(rule, request)];
    parts.extend(rule.list(&["headers"]).iter().map(|matcher| string_match::header(matcher, request)));
    parts.extend(rule.list(&["queryParameters"]).iter().map(|matcher| query_parameter(matcher, request)));
    if rule.get("grpc").is_some() {
        let content = request.header("content-type");
        parts.push(Truth::of(
            request.scheme == "grpc" || content.iter().any(|kind| kind.starts_with("application/grpc")),
        ));
    }
    for (key, on) in DEPENDING {
        if rule.get(key).is_some() && !certain(rule, key) {
            parts.push(Truth::Depends(on.to_owned()));
        }
    }
    Truth::all(parts)
}

/// A fraction of all is no chance.
fn certain(rule: &Value, key: &str) -> bool {
    let Some(fraction) = rule.at(&[key, "defaultValue"]) else { return false };
    let all = match fraction.text(&["denominator"]) {
        "TEN_THOUSAND" => 10_000.0,
        "MILLION" => 1_000_000.0,
        _ => 100.0,
    };
    key == "runtimeFraction" && fraction.get("numerator").and_then(Value::as_f64).unwrap_or(0.0) >= all
}

fn path(rule: &Value, request: &Request) -> Truth {
    let fold = |text: &str| {
        if rule.get("caseSensitive").and_then(Value::as_bool) == Some(false) {
            text.to_lowercase()
        } else {
            text.to_owned()
        }
    };
    let path = fold(request.path_without_query());
    let given = |key: &str| rule.get(key).and_then(Value::as_str).map(fold);
    if let Some(prefix) = given("prefix") {
        return Truth::of(path.starts_with(&prefix));
    }
    if let Some(exact) = given("path") {
        return Truth::of(path == exact);
    }
    if let Some(prefix) = given("pathSeparatedPrefix") {
        return Truth::of(path.strip_prefix(&*prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    }
    if let Some(regex) = rule.at(&["safeRegex", "regex"]).and_then(Value::as_str) {
        return string_match::whole(regex, request.path_without_query());
    }
    if rule.get("connectMatcher").is_some() {
        return Truth::of(request.method == "CONNECT");
    }
    if rule.get("pathMatchPolicy").is_some() { Truth::Depends("a path template".to_owned()) } else { Truth::Yes }
}

/// Only the first value of a repeated name counts.
fn query_parameter(matcher: &Value, request: &Request) -> Truth {
    let name = matcher.text(&["name"]);
    let pairs = query(&request.path).trim_start_matches('?').split('&');
    let value = pairs.filter_map(|pair| pair.split_once('=').or(Some((pair, "")))).find(|(key, _)| *key == name);
    if let Some(present) = matcher.get("presentMatch").and_then(Value::as_bool) {
        return Truth::of(value.is_some() == present);
    }
    let Some((_, value)) = value else { return Truth::No };
    match matcher.get("stringMatch") {
        Some(inner) => string_match::string(inner, value),
        None => Truth::Yes,
    }
}

/// The conditions of a route in words.
pub fn condition(route: &Value) -> String {
    let rule = route.get("match").unwrap_or(&Value::Null);
    let mut parts = Vec::new();
    for (key, after) in [("prefix", "*"), ("path", ""), ("pathSeparatedPrefix", "/*")] {
        if let Some(text) = rule.get(key).and_then(Value::as_str) {
            parts.push(format!("{text}{after}"));
        }
    }
    if let Some(regex) = rule.at(&["safeRegex", "regex"]).and_then(Value::as_str) {
        parts.push(format!("~ {regex}"));
    }
    if let Some(policy) = rule.get("pathMatchPolicy") {
        let template = policy.text(&["typedConfig", "pathTemplate"]);
        parts.push(if template.is_empty() { policy.text(&["name"]) } else { template }.to_owned());
    }
    if rule.get("connectMatcher").is_some() {
        parts.push("CONNECT".to_owned());
    }
    if rule.get("grpc").is_some() {
        parts.push("gRPC".to_owned());
    }
    parts.extend(rule.list(&["headers"]).iter().map(string_match::told));
    let query = rule.list(&["queryParameters"]).iter();
    parts.extend(query.map(|matcher| format!("query {}", string_match::told(matcher))));
    for (key, on) in DEPENDING {
        if rule.get(key).is_some() && !certain(rule, key) {
            parts.push(format!("by {on}"));
        }
    }
    if parts.is_empty() { "every request".to_owned() } else { parts.join(", ") }
}

/// Whether a filter lets the request pass. Configuration for one route wins over that of the virtual host and of all.
fn http_filter(filter: &Value, scopes: &[&Value], request: &Request, told: &mut Explanation) -> bool {
    let name = filter.text(&["name"]);
    let own = scopes.iter().find_map(|scope| scope.at(&["typedPerFilterConfig", name]));
    if flag(filter, "disabled") && own.is_none() || own.is_some_and(|own| flag(own, "disabled")) {
        return true;
    }
    let config = filter.get("typedConfig").unwrap_or(&Value::Null);
    match name {
        "envoy.filters.http.rbac" => match own {
            Some(own) => own.get("rbac").is_none_or(|rbac_config| rbac::apply(rbac_config, request, told)),
            None => rbac::apply(config, request, told),
        },
        "envoy.filters.http.jwt_authn" if request.claims.is_empty() => {
            told.unknown("a JWT may be demanded; --claim tells what the token says");
            true
        }
        "envoy.filters.http.ext_authz" => {
            told.unknown("an external authorization service may refuse");
            true
        }
        "envoy.filters.http.fault"
            if own.or(Some(config)).is_some_and(|fault| fault.get("abort").or(fault.get("delay")).is_some()) =>
        {
            told.unknown("a fault is injected into some requests");
            true
        }
        "envoy.filters.http.local_ratelimit"
        | "envoy.filters.http.ratelimit"
        | "envoy.filters.http.lua"
        | "envoy.filters.http.wasm" => {
            told.unknown(format!("what the filter {name} does"));
            true
        }
        _ => true,
    }
}

fn action(model: &Model, route: &Value, request: &Request, told: &mut Explanation) {
    if let Some(redirect) = route.get("redirect") {
        let status = match redirect.text(&["responseCode"]) {
            "FOUND" => 302,
            "SEE_OTHER" => 303,
            "TEMPORARY_REDIRECT" => 307,
            "PERMANENT_REDIRECT" => 308,
            _ => 301,
        };
        let scheme = if flag(redirect, "httpsRedirect") { "https" } else { redirect.text(&["schemeRedirect"]) };
        let target = [scheme, redirect.text(&["hostRedirect"]), redirect.text(&["pathRedirect"])];
        told.ends(
            status,
            format!(
                "{status}: redirected to {}",
                target.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
            ),
        );
        return;
    }
    if let Some(response) = route.get("directResponse") {
        let status =
            response.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok()).unwrap_or(200);
        told.ends(status, format!("{status}: answered by the proxy itself"));
        return;
    }
    if route.get("nonForwardingAction").or(route.get("filterAction")).is_some() {
        told.unknown("what the filter that answers in place of a route does");
        told.ends(0, "answered by a filter");
        return;
    }
    let none = Value::Null;
    let to = route.get("route").unwrap_or(&none);
    for (key, label) in
        [("timeout", "timeout"), ("prefixRewrite", "path becomes"), ("hostRewriteLiteral", "host becomes")]
    {
        if let Some(text) = to.get(key).and_then(Value::as_str).filter(|text| *text != "0s") {
            told.step("", format!("{label} {text}"), String::new());
        }
    }
    if let Some(retries) = to.at(&["retryPolicy", "numRetries"]).and_then(Value::as_u64).filter(|count| *count > 0) {
        told.step("", format!("{retries} retries on {}", to.text(&["retryPolicy", "retryOn"])), String::new());
    }
    for mirror in to.list(&["requestMirrorPolicies"]) {
        told.step("", format!("mirrored to {}", mirror.text(&["cluster"])), String::new());
    }
    let weighted = to.list(&["weightedClusters", "clusters"]);
    if !weighted.is_empty() {
        destination::branches(model, weighted, request, told);
    } else if let Some(header) = to.get("clusterHeader").and_then(Value::as_str) {
        match request.header(header).first() {
            Some(name) => destination::cluster(model, name, request, told),
            None => told.ends(503, format!("503: the header {header} that names the cluster is missing")),
        }
    } else if let Some(name) = to.get("cluster").and_then(Value::as_str) {
        destination::cluster(model, name, request, told);
    } else {
        told.unknown("the route chooses its cluster by a plugin");
        told.ends(0, "goes where a plugin of the proxy says");
    }
}
