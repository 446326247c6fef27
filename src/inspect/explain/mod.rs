//! `proxy-config explain`: where a request goes, step by step, told from a config dump alone.
//!
//! A pure function from (dump, request) to steps. What only the running proxy knows (chance, external services, tokens)
//! is named as such, never guessed.

mod destination;
mod filter_chain;
mod matcher;
mod model;
mod rbac;
mod request;
mod routing;
mod string_match;

pub use model::Model;
pub use request::{Request, RequestError};
pub use routing::condition;

use crate::envoy::value::Value;

/// What a condition is for this request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    Yes,
    No,
    /// Something that the dump and the request do not tell.
    Depends(String),
}

impl Truth {
    fn of(holds: bool) -> Self {
        if holds { Truth::Yes } else { Truth::No }
    }

    fn not(self) -> Self {
        match self {
            Truth::Yes => Truth::No,
            Truth::No => Truth::Yes,
            depends => depends,
        }
    }

    /// All have to hold.
    fn all(parts: impl IntoIterator<Item = Truth>) -> Self {
        let mut depends = None;
        for part in parts {
            match part {
                Truth::No => return Truth::No,
                Truth::Depends(on) => depends = depends.or(Some(on)),
                Truth::Yes => {}
            }
        }
        depends.map_or(Truth::Yes, Truth::Depends)
    }

    /// One has to hold.
    fn any(parts: impl IntoIterator<Item = Truth>) -> Self {
        Truth::all(parts.into_iter().map(Truth::not)).not()
    }
}

/// One step on the way.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Step {
    /// `listener`, `chain`, `route`, `authz`, `cluster`, `tls`, `endpoint`.
    pub what: &'static str,
    pub text: String,
    /// The Istio object that made it so, as `KIND NAMESPACE/NAME`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub because: String,
}

/// The way of a request, and its end.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Explanation {
    pub steps: Vec<Step>,
    /// Such as `reaches 10.0.0.7:9080` or `404: no virtual host for x`.
    pub result: String,
    /// The status the client sees, where the proxy itself decides; 0 where the answer is the destination's.
    pub status: u16,
    /// What the dump cannot tell, but what matters here.
    pub not_known: Vec<String>,
}

impl Explanation {
    fn step(&mut self, what: &'static str, text: impl Into<String>, because: String) {
        self.steps.push(Step { what, text: text.into(), because });
    }

    fn unknown(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.not_known.contains(&what) {
            self.not_known.push(what);
        }
    }

    fn ends(&mut self, status: u16, result: impl Into<String>) {
        self.status = status;
        self.result = result.into();
    }

    /// One line for each step.
    pub fn text(&self) -> String {
        let mut table = crate::ui::tabwriter::TabWriter::new(3);
        for step in &self.steps {
            if step.because.is_empty() {
                table.row([step.what, &*step.text]);
            } else {
                table.row([step.what, &*step.text, &*step.because]);
            }
        }
        table.row(["result", &*self.result]);
        let mut first = "not known";
        for line in &self.not_known {
            table.row([first, &**line]);
            first = "";
        }
        table.finish()
    }
}

/// Follows a request through a proxy.
pub fn explain(model: &Model, request: &Request) -> Explanation {
    let mut told = Explanation::default();
    // Whoever names an address instead of a host connects to it, unless a load balancer or a redirection is in between.
    let literal = request.host.parse::<std::net::IpAddr>().is_ok() && !request.inbound && !model.is_gateway();
    let ip = request.ip.clone().or_else(|| literal.then(|| request.host.clone()));
    let request = &Request { ip, ..request.clone() };
    let Some(listener) = destination::listener(model, request, &mut told) else { return told };
    let Some(chain) = filter_chain::choose(&listener, request, &mut told) else { return told };
    for filter in chain.list(&["filters"]) {
        let name = filter.text(&["name"]);
        let config = filter.get("typedConfig").unwrap_or(&Value::Null);
        match name {
            "envoy.filters.network.rbac" if !rbac::apply(config, request, &mut told) => {
                told.ends(0, "connection closed: RBAC denies it");
                return told;
            }
            "envoy.filters.network.http_connection_manager" => {
                routing::http(model, config, request, &mut told);
                return told;
            }
            "envoy.filters.network.tcp_proxy" => {
                tcp(model, config, request, &mut told);
                return told;
            }
            _ => {}
        }
    }
    told.ends(0, "connection closed: the chain has no filter that ends it");
    told
}

fn tcp(model: &Model, config: &Value, request: &Request, told: &mut Explanation) {
    let weighted = config.list(&["weightedClusters", "clusters"]);
    if weighted.is_empty() {
        destination::cluster(model, config.text(&["cluster"]), request, told);
        return;
    }
    destination::branches(model, weighted, request, told);
}

/// `KIND NAMESPACE/NAME` of the Istio object in a resource's metadata.
fn origin(resource: &Value) -> String {
    let path = resource.text(&["metadata", "filterMetadata", "istio", "config"]);
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [_, _, _, _, _, namespace, kind, name] => {
            let kind: String = kind.split('-').map(capitalised).collect();
            format!("{kind} {namespace}/{name}")
        }
        _ => String::new(),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
