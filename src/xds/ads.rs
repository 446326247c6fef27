//! One question to istiod over its xDS stream (gRPC on HTTP/2), and the one answer to it.
//!
//! The messages are small and fixed, so they are written by hand; answers are read by the schema in [`crate::envoy`].

use std::convert::Infallible;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use http::Request;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::envoy::value::Value;
use crate::envoy::wire::{Fields, Wire};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// Such as `istio.io/debug/syncz`.
    pub type_url: String,
    pub resource_names: Vec<String>,
    /// The namespace of the control plane, for the node's metadata.
    pub istio_namespace: String,
    /// The bearer token, if one is needed.
    pub token: Option<String>,
    /// The name the server is asked by.
    pub authority: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The whole DiscoveryResponse as it stood on the wire.
    pub bytes: Vec<u8>,
    /// The type and content of each resource.
    pub resources: Vec<(String, Vec<u8>)>,
}

/// Why there is no answer over xDS.
#[derive(Debug, thiserror::Error)]
pub enum AdsError {
    #[error("the xDS stream failed: {0}")]
    Transport(String),
    #[error("istiod refused: {message} (gRPC status {code})")]
    Refused { code: String, message: String },
    #[error("the answer is no DiscoveryResponse: {0}")]
    Answer(String),
    #[error("no answer within {0:?}")]
    Timeout(Duration),
}

const RESPONSE: &str = "envoy.service.discovery.v3.DiscoveryResponse";

impl Answer {
    fn read(bytes: Vec<u8>) -> Result<Self, AdsError> {
        let malformed = |error: crate::envoy::wire::WireError| AdsError::Answer(error.to_string());
        let mut resources = Vec::new();
        for field in Fields::new(&bytes) {
            let (2, Wire::Bytes(any)) = field.map_err(malformed)? else { continue };
            let (mut url, mut content) = (String::new(), Vec::new());
            for field in Fields::new(any) {
                match field.map_err(malformed)? {
                    (1, Wire::Bytes(text)) => url = String::from_utf8_lossy(text).into_owned(),
                    (2, Wire::Bytes(body)) => content = body.to_vec(),
                    _ => {}
                }
            }
            resources.push((url, content));
        }
        Ok(Answer { bytes, resources })
    }

    /// The response as a canonical message.
    pub fn value(&self) -> Result<Value<'static>, AdsError> {
        match crate::envoy::binary::message(&self.bytes, RESPONSE) {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => Err(AdsError::Answer(error.to_string())),
            None => Err(AdsError::Answer("the schema lacks it".to_owned())),
        }
    }
}

/// Asks over an open connection and waits for one answer, at most `limit`.
pub async fn ask<S>(connection: S, encrypted: bool, question: &Question, limit: Duration) -> Result<Answer, AdsError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let exchange = exchange(connection, encrypted, question);
    tokio::time::timeout(limit, exchange).await.map_err(|_| AdsError::Timeout(limit))?
}

async fn exchange<S>(connection: S, encrypted: bool, question: &Question) -> Result<Answer, AdsError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let transport = |error: hyper::Error| AdsError::Transport(reason(&error));
    let (mut sender, driver) = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(connection))
        .await
        .map_err(transport)?;
    let driver = tokio::spawn(driver);
    let scheme = if encrypted { "https" } else { "http" };
    let path = "envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";
    let mut request = Request::post(format!("{scheme}://{}/{path}", question.authority))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    if let Some(token) = &question.token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    // The stream stays open until the answer is here: a closed one tells istiod that nobody waits.
    let message = Frame::data(Bytes::from(framed(&encode(question))));
    let body = StreamBody::new(stream::iter([Ok::<_, Infallible>(message)]).chain(stream::pending()));
    let request = request.body(body).map_err(|error| AdsError::Transport(error.to_string()))?;
    let response = sender.send_request(request).await.map_err(transport)?;
    let (head, mut body) = response.into_parts();
    refusal(&head.headers)?;
    if !head.status.is_success() {
        return Err(AdsError::Transport(format!("HTTP status {}", head.status.as_u16())));
    }
    let mut received: Vec<u8> = Vec::new();
    let answer = loop {
        if let Some(message) = unframed(&received)? {
            break Answer::read(message)?;
        }
        match body.frame().await {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => received.extend_from_slice(&data),
                Err(frame) => {
                    if let Some(trailers) = frame.trailers_ref() {
                        refusal(trailers)?;
                    }
                }
            },
            Some(Err(error)) => return Err(transport(error)),
            None => return Err(AdsError::Transport("the stream ended without an answer".to_owned())),
        }
    };
    driver.abort();
    Ok(answer)
}

fn reason(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn refusal(headers: &http::HeaderMap) -> Result<(), AdsError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match text("grpc-status") {
        "" | "0" => Ok(()),
        code => Err(AdsError::Refused { code: code.to_owned(), message: percent_decoded(text("grpc-message")) }),
    }
}

fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| byte == b'%') {
            Some(decoded) => {
                out.push(decoded);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// gRPC's frame: a flag for compression, the length, the message.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0][..], &length.to_be_bytes(), message].concat()
}

fn unframed(received: &[u8]) -> Result<Option<Vec<u8>>, AdsError> {
    let Some((&flag, rest)) = received.split_first() else { return Ok(None) };
    let Some((length, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
    if flag != 0 {
        return Err(AdsError::Answer("it is compressed, though nobody asked for that".to_owned()));
    }
    Ok(rest.get(..u32::from_be_bytes(*length) as usize).map(<[u8]>::to_vec))
}

/// The DiscoveryRequest: node, resource names, type, and a nonce as the reference sends it.
fn encode(question: &Question) -> Vec<u8> {
    let ip = own_ip();
    let metadata = [
        ("GENERATOR", "event"),
        ("ISTIO_VERSION", "65536.65536.65536"),
        ("SERVICE_ACCOUNT", "default"),
        ("NAMESPACE", &question.istio_namespace),
    ];
    let mut fields = Vec::new();
    for (key, value) in metadata {
        let mut entry = field(1, key.as_bytes());
        entry.extend(field(2, &field(3, value.as_bytes())));
        fields.extend(field(1, &entry));
    }
    let mut node = field(1, format!("sidecar~{ip}~test-1.default~default.svc.cluster.local").as_bytes());
    node.extend(field(3, &fields));
    let mut message = field(2, &node);
    for name in &question.resource_names {
        message.extend(field(3, name.as_bytes()));
    }
    message.extend(field(4, question.type_url.as_bytes()));
    message.extend(field(5, jiff::Timestamp::now().to_string().as_bytes()));
    message
}

/// A field of bytes on the wire.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length >= 0x80 {
        out.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(bytes);
    out
}

/// An address of this machine; no packet is sent to find it.
fn own_ip() -> String {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    socket.map_or_else(|_| "127.0.0.1".to_owned(), |address| address.ip().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_framed_and_found_again() {
        let sent = framed(b"hello");
        assert_eq!(unframed(&sent).ok().flatten().as_deref(), Some(&b"hello"[..]));
        assert!(unframed(&sent[..7]).is_ok_and(|message| message.is_none()));
        assert!(unframed(&[1, 0, 0, 0, 0]).is_err());
    }

    #[test]
    fn a_question_can_be_read_back() {
        let question = Question {
            type_url: "istio.io/debug".to_owned(),
            resource_names: vec!["syncz".to_owned()],
            istio_namespace: "istio-system".to_owned(),
            token: None,
            authority: "istiod".to_owned(),
        };
        let value = crate::envoy::binary::message(&encode(&question), "envoy.service.discovery.v3.DiscoveryRequest");
        let value = value.expect("known").expect("well formed");
        assert_eq!(value.text(&["typeUrl"]), "istio.io/debug");
        assert_eq!(value.list(&["resourceNames"]).first().and_then(Value::as_str), Some("syncz"));
        assert_eq!(value.text(&["node", "metadata", "GENERATOR"]), "event");
    }
}
