//! `proxy-config explain`.

use super::source::{Text, ask_word, check_port, read};
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::inspect::explain::{Model, Request, explain};

/// Tell where a request goes: listener, filter chain, route, authorization, cluster, TLS, endpoint
#[derive(clap::Args, Debug)]
pub struct Explain {
    /// `[POD] REQUEST`; a request is `[METHOD ]URL` (http, https, grpc, tcp, tls) or `HOST:PORT`
    #[arg(value_name = "WORDS")]
    words: Vec<String>,
    /// Read a saved config dump (taken with include_eds) instead of asking a pod; `-` is standard input
    #[arg(long, short = 'f', default_value = "")]
    file: String,
    /// A header `NAME: VALUE` of the request, repeatable
    #[arg(long, short = 'H')]
    header: Vec<String>,
    /// The address the client connects to
    #[arg(long)]
    ip: Option<String>,
    /// The server name of the client's TLS
    #[arg(long)]
    sni: Option<String>,
    /// Application protocols of the client's TLS, repeatable
    #[arg(long)]
    alpn: Vec<String>,
    /// The request comes to the proxy's own workload
    #[arg(long)]
    inbound: bool,
    /// The address of the client
    #[arg(long)]
    source_ip: Option<String>,
    /// The client's identity, such as cluster.local/ns/a/sa/b
    #[arg(long)]
    source_principal: Option<String>,
    /// A claim `NAME=VALUE` of the request's token, repeatable
    #[arg(long)]
    claim: Vec<String>,
    /// A dump of the destination's proxy, to go on there
    #[arg(long, default_value = "")]
    to_file: String,
    /// End with 2 if the answer is an error
    #[arg(long)]
    check: bool,
    /// Format: short, json or yaml
    #[arg(long, short = 'o', default_value = "short")]
    output: String,
    /// Port of Envoy's admin interface
    #[arg(long, default_value = "15000", value_parser = parse_int)]
    proxy_admin_port: i64,
}

impl Explain {
    pub fn run(self, context: &Context) -> Outcome {
        let port = check_port(self.proxy_admin_port)?;
        let (pod, text) = match (self.words.as_slice(), self.file.is_empty()) {
            ([request], false) => (None, request),
            ([pod, request], true) => (Some(pod), request),
            _ => {
                return Err(Failure::new("explain takes a pod or --file, and one request")
                    .hint("a request with blanks needs quotes: 'GET http://reviews:9080/'"));
            }
        };
        let request = self.request(text)?;
        let dump = match pod {
            None => read(&self.file)?,
            Some(pod) => Text::Owned(ask_word(context, pod, port, "config_dump?include_eds=true")?),
        };
        let mut told = vec![explain(&Model::read(&dump)?, &request)];
        if !self.to_file.is_empty() {
            let dump = read(&self.to_file)?;
            let there = Request { inbound: true, ..request };
            told.push(explain(&Model::read(&dump)?, &there));
        }
        let shown = match self.output.as_str() {
            "short" => told.iter().map(|one| one.text()).collect::<Vec<_>>().join("\nat the destination:\n"),
            "json" => format!("{}\n", serde_json::to_string_pretty(&told)?),
            "yaml" => crate::yaml::to_string(&serde_json::to_value(&told)?),
            other => return Err(Failure::new(format!("output format {other:?} not supported"))),
        };
        crate::ui::print(&shown)?;
        let failed = told.iter().any(|one| one.status >= 400);
        Ok(if self.check && failed { Exit(2) } else { Exit::OK })
    }

    fn request(&self, text: &str) -> Result<Request, Failure> {
        let mut request = Request::parse(text)?;
        for header in &self.header {
            request.add_header(header)?;
        }
        for claim in &self.claim {
            request.add_claim(claim)?;
        }
        request.ip.clone_from(&self.ip);
        request.sni.clone_from(&self.sni);
        request.alpn.clone_from(&self.alpn);
        request.inbound = self.inbound;
        request.source_ip.clone_from(&self.source_ip);
        let bare = |name: &String| name.strip_prefix("spiffe://").unwrap_or(name).to_owned();
        request.source_principal = self.source_principal.as_ref().map(bare);
        Ok(request)
    }
}
