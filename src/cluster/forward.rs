//! Ports of pods, reached through the API server, and plain HTTP over them.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Cluster, Error, error};

/// An open port of a pod: one connection.
pub struct Forward {
    // The session ends when this is dropped.
    _session: kube::api::Portforwarder,
    stream: Box<dyn Stream>,
}

/// A byte stream in both directions.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// An HTTP answer, whatever its status.
#[derive(Debug)]
pub struct HttpReply {
    pub status: u16,
    pub body: Vec<u8>,
}

/// The connection as a stream that keeps its session open.
impl AsyncRead for Forward {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context, buffer: &mut ReadBuf) -> Poll<std::io::Result<()>> {
        Pin::new(&mut *self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Forward {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut *self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<std::io::Result<()>> {
        Pin::new(&mut *self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<std::io::Result<()>> {
        Pin::new(&mut *self.stream).poll_shutdown(context)
    }
}

impl Forward {
    /// The connection's bytes. The session lives as long as the returned [`Forward`] part is kept.
    pub fn stream(&mut self) -> &mut dyn Stream {
        &mut *self.stream
    }
}

impl Cluster {
    /// Opens a connection to a port of a pod.
    pub async fn forward(&self, namespace: &str, pod: &str, port: u16) -> Result<Forward, Error> {
        let failed =
            |reason: String| Error::Session { what: format!("port-forward to {pod}.{namespace}:{port}"), reason };
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
        let ports = [port];
        let open = pods.portforward(pod, &ports);
        let mut session = tokio::time::timeout(self.request_timeout, open)
            .await
            .map_err(|_| failed(format!("no answer within {:?}", self.request_timeout)))?
            .map_err(|problem| failed(error::chain(&problem)))?;
        let stream = session.take_stream(port).ok_or_else(|| failed("the server opened no stream".to_owned()))?;
        Ok(Forward { _session: session, stream: Box::new(stream) })
    }

    /// One HTTP request to a port of a pod, answered within `limit`.
    pub async fn pod_http(
        &self,
        method: Method,
        namespace: &str,
        pod: &str,
        port: u16,
        path: &str,
        limit: Duration,
    ) -> Result<HttpReply, Error> {
        self.pod_http_with(method, namespace, pod, port, path, Vec::new(), limit).await
    }

    /// One HTTP request with a body (JSON, unless it is empty) to a port of a pod, answered within `limit`.
    #[allow(clippy::too_many_arguments)]
    pub async fn pod_http_with(
        &self,
        method: Method,
        namespace: &str,
        pod: &str,
        port: u16,
        path: &str,
        body: Vec<u8>,
        limit: Duration,
    ) -> Result<HttpReply, Error> {
        let page = path.split('?').next().unwrap_or_default();
        let what = format!("{method} {page} of {pod}.{namespace}:{port}");
        let failed = |reason: String| Error::Session { what: what.clone(), reason };
        let exchange = async {
            let forward = self.forward(namespace, pod, port).await?;
            let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(forward.stream))
                .await
                .map_err(|problem| failed(error::chain(&problem)))?;
            let driver = tokio::spawn(connection);
            let mut request =
                Request::builder().method(method.clone()).uri(path).header("host", format!("localhost:{port}"));
            if !body.is_empty() {
                request = request.header("content-type", "application/json");
            }
            let request = request.body(Full::<Bytes>::from(body)).map_err(|problem| failed(problem.to_string()))?;
            let response = sender.send_request(request).await.map_err(|problem| failed(reason(&problem)))?;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.map_err(|problem| failed(error::chain(&problem)))?;
            driver.abort();
            Ok(HttpReply { status, body: body.to_bytes().to_vec() })
        };
        tokio::time::timeout(limit, exchange).await.map_err(|_| failed(format!("no answer within {limit:?}")))?
    }
}

/// Why a request was not answered. A port that nothing listens on takes the connection and ends it without a word.
fn reason(problem: &hyper::Error) -> String {
    if problem.is_incomplete_message() {
        return "the connection ended without an answer, as if nothing listened on this port".to_owned();
    }
    error::chain(problem)
}
