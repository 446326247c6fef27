//! The request that is explained: `[METHOD ]URL` or `HOST:PORT`, and what the flags add.

/// A request, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// `http`, `https`, `grpc`, `tcp` or `tls`.
    pub scheme: String,
    pub host: String,
    pub port: u16,
    /// With the query; empty for TCP.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The address the client connects to, if given.
    pub ip: Option<String>,
    pub sni: Option<String>,
    pub alpn: Vec<String>,
    pub inbound: bool,
    pub source_ip: Option<String>,
    /// The SPIFFE name of the client, without `spiffe://`.
    pub source_principal: Option<String>,
    /// The Host header, where it is not the URL's.
    pub host_header: Option<String>,
    /// Claims of the request's token.
    pub claims: Vec<(String, String)>,
}

/// Why a request cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error("{0:?} is no request: expected [METHOD ]URL or HOST:PORT")]
    Form(String),
    #[error("{0:?} is no port")]
    Port(String),
    #[error("{0:?} is not of the form KEY{1}VALUE")]
    Pair(String, char),
}

/// Schemes and their usual ports.
const SCHEMES: [(&str, u16); 5] = [("http", 80), ("https", 443), ("grpc", 80), ("tcp", 0), ("tls", 443)];

impl Request {
    pub fn parse(text: &str) -> Result<Self, RequestError> {
        let form = || RequestError::Form(text.to_owned());
        let (method, url) = match text.split_once(' ') {
            Some((method, url)) => (method, url.trim()),
            None => ("", text),
        };
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme, rest)) => (scheme, rest),
            None if method.is_empty() && !url.contains('/') && url.contains(':') => ("tcp", url),
            None => ("http", url),
        };
        let default_port =
            SCHEMES.iter().find(|(known, _)| *known == scheme).map(|(_, port)| *port).ok_or_else(form)?;
        let (authority, path) = rest.find('/').map_or((rest, ""), |place| rest.split_at(place));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, port.parse().map_err(|_| RequestError::Port(port.to_owned()))?)
            }
            _ => (authority, default_port),
        };
        if host.is_empty() || port == 0 {
            return Err(form());
        }
        let is_http = matches!(scheme, "http" | "https" | "grpc");
        let default_method = if scheme == "grpc" { "POST" } else { "GET" };
        Ok(Request {
            method: if method.is_empty() { default_method.to_owned() } else { method.to_uppercase() },
            scheme: scheme.to_owned(),
            host: host.trim_matches(['[', ']']).to_lowercase(),
            port,
            path: match (is_http, path) {
                (false, _) => String::new(),
                (true, "") => "/".to_owned(),
                (true, path) => path.to_owned(),
            },
            ..Request::default()
        })
    }

    /// Adds a header `NAME: VALUE`.
    pub fn add_header(&mut self, text: &str) -> Result<(), RequestError> {
        let (name, value) = pair(text, ':')?;
        match name.to_lowercase() {
            name if name == "host" => self.host_header = Some(value),
            name => self.headers.push((name, value)),
        }
        Ok(())
    }

    /// Adds a claim `NAME=VALUE`.
    pub fn add_claim(&mut self, text: &str) -> Result<(), RequestError> {
        self.claims.push(pair(text, '=')?);
        Ok(())
    }

    /// Whether the proxy sees TLS: the client's own, or between proxies the mesh's.
    pub fn is_tls(&self) -> bool {
        matches!(self.scheme.as_str(), "https" | "tls") || (self.inbound && self.source_principal.is_some())
    }

    pub fn server_name(&self) -> Option<&str> {
        self.sni.as_deref().or_else(|| (self.is_tls() && !self.inbound).then_some(self.host.as_str()))
    }

    /// What the inspectors would find: by ALPN of TLS, or by the first bytes of plain text.
    pub fn application_protocols(&self) -> Vec<&str> {
        if !self.alpn.is_empty() {
            return self.alpn.iter().map(String::as_str).collect();
        }
        match (self.scheme.as_str(), self.is_tls()) {
            ("grpc", true) if self.inbound => vec!["istio-h2", "istio", "h2"],
            ("http" | "https", true) if self.inbound => vec!["istio-http/1.1", "istio", "http/1.1"],
            ("tcp" | "tls", true) if self.inbound => vec!["istio-peer-exchange", "istio"],
            ("https", _) => vec!["h2", "http/1.1"],
            ("grpc", false) => vec!["h2c"],
            ("http", false) => vec!["http/1.1"],
            _ => Vec::new(),
        }
    }

    pub fn path_without_query(&self) -> &str {
        self.path.split(['?', '#']).next().unwrap_or_default()
    }

    /// All values of a header; the pseudo headers have one each.
    pub fn header(&self, name: &str) -> Vec<String> {
        match name.to_lowercase().as_str() {
            ":method" => vec![self.method.clone()],
            ":path" => vec![self.path.clone()],
            ":authority" | "host" => vec![self.authority()],
            ":scheme" => vec![if self.scheme == "https" { "https" } else { "http" }.to_owned()],
            name => self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect(),
        }
    }

    /// The Host header: the one that was given, else the URL's.
    pub fn authority(&self) -> String {
        self.host_header.clone().unwrap_or_else(|| {
            let usual = SCHEMES.iter().any(|(scheme, port)| *scheme == self.scheme && *port == self.port);
            if usual { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
        })
    }
}

fn pair(text: &str, separator: char) -> Result<(String, String), RequestError> {
    let (key, value) = text.split_once(separator).ok_or_else(|| RequestError::Pair(text.to_owned(), separator))?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read() {
        let parts = |text: &str| Request::parse(text).map(|r| (r.method, r.scheme, r.host, r.port, r.path));
        let own = |m: &str, s: &str, h: &str, p: u16, path: &str| Ok((m.into(), s.into(), h.into(), p, path.into()));
        assert_eq!(parts("POST http://Reviews:9080/a?b"), own("POST", "http", "reviews", 9080, "/a?b"));
        assert_eq!(parts("https://x"), own("GET", "https", "x", 443, "/"));
        assert_eq!(parts("db:5432"), own("GET", "tcp", "db", 5432, ""));
        assert_eq!(parts("grpc://[fd00::1]:7/s/m"), own("POST", "grpc", "fd00::1", 7, "/s/m"));
        assert!(parts("ftp://x").is_err() && parts("tcp://x").is_err() && parts("").is_err());
    }
}
