//! Ports: numbers, names, protocols, Unix sockets.

use super::hosts;
use super::report::{Fault, Verdict};

/// 1 to 65535.
pub fn port(number: i64) -> Verdict {
    if (1..=65535).contains(&number) {
        Ok(())
    } else {
        Err(Fault::new("port-range", format!("port {number} is not between 1 and 65535")))
    }
}

pub fn name(text: &str) -> Verdict {
    if hosts::is_label(text) {
        Ok(())
    } else {
        Err(Fault::new("port-name", format!("port name {text:?} is not a DNS label")))
    }
}

/// A protocol the mesh knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Tcp,
    Udp,
    Grpc,
    GrpcWeb,
    Http,
    HttpProxy,
    Http2,
    Https,
    Tls,
    Mongo,
    Redis,
    Mysql,
}

const PROTOCOLS: &[(&str, Protocol)] = &[
    ("tcp", Protocol::Tcp),
    ("udp", Protocol::Udp),
    ("grpc", Protocol::Grpc),
    ("grpc-web", Protocol::GrpcWeb),
    ("http", Protocol::Http),
    ("http_proxy", Protocol::HttpProxy),
    ("http2", Protocol::Http2),
    ("https", Protocol::Https),
    ("tls", Protocol::Tls),
    ("mongo", Protocol::Mongo),
    ("redis", Protocol::Redis),
    ("mysql", Protocol::Mysql),
];

impl Protocol {
    /// By name, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        PROTOCOLS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, protocol)| *protocol)
    }

    pub fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Http2 | Self::HttpProxy | Self::Grpc | Self::GrpcWeb)
    }

    pub fn is_tls(self) -> bool {
        matches!(self, Self::Https | Self::Tls)
    }

    pub fn is_tcp(self) -> bool {
        matches!(self, Self::Tcp | Self::Https | Self::Tls | Self::Mongo | Self::Redis | Self::Mysql)
    }
}

/// A known protocol, or none.
pub fn protocol(text: &str) -> Verdict {
    if text.is_empty() || Protocol::parse(text).is_some() { Ok(()) } else { Err(unknown_protocol("protocol", text)) }
}

pub fn unknown_protocol(code: &'static str, text: &str) -> Fault {
    let known: Vec<&str> = PROTOCOLS.iter().map(|(name, _)| *name).collect();
    Fault::new(code, format!("{text:?} is not a protocol; known are {}", known.join(", ")))
}

/// The path of a Unix socket, without `unix://`.
pub fn unix_socket(path: &str) -> Verdict {
    if path.is_empty() {
        return Err(Fault::new("uds-empty", "the path of the Unix socket is empty"));
    }
    if path.starts_with('@') || (path.starts_with('/') && !path.ends_with('/')) {
        return Ok(());
    }
    Err(Fault::new(
        "uds-path",
        format!("{path:?} is not the absolute path of a socket, nor an abstract one that starts with @"),
    ))
}
