//! A recorded mesh on loopback: an API server over the recorded objects, whose port-forwards lead to the recorded
//! answers of istiod (HTTP, and xDS over TLS) and of the proxies.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt as _, StreamExt as _};
use http::{Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server;

use super::encode;

/// A status and a body.
type Reply = (u16, Vec<u8>);

/// What one recorded run needs: objects, and the answers to its requests.
pub struct Recording {
    pub folder: PathBuf,
    pub objects: Vec<Value>,
    /// By target (`reviews1:15000`), method and path without the leading slashes; several in the order they were given.
    answers: Mutex<HashMap<(String, String, String), Vec<Reply>>>,
    /// Answers over xDS, by type.
    discovery: Mutex<HashMap<String, Vec<Value>>>,
}

impl Recording {
    pub fn new(folder: &Path, objects: Vec<Value>, case: &Value) -> Self {
        let mut answers: HashMap<_, Vec<_>> = HashMap::new();
        let mut discovery: HashMap<String, Vec<Value>> = HashMap::new();
        for request in case["requests"].as_array().into_iter().flatten() {
            let text = |key: &str| request[key].as_str().unwrap_or_default();
            let body = request["response"].as_str().map(|file| read(&folder.join(file)));
            if text("method") == "gRPC-response" {
                if let Some(body) = body {
                    discovery
                        .entry(text("path").to_owned())
                        .or_default()
                        .push(serde_json::from_slice(&body).expect("JSON"));
                }
                continue;
            }
            let path = text("path").trim_start_matches('/').to_owned();
            // A negative status stands for a connection that was cut.
            let Ok(status) = u16::try_from(request["status"].as_i64().unwrap_or(200)) else { continue };
            if status != 307 && status != 301 {
                answers
                    .entry((text("to").to_owned(), text("method").to_owned(), path))
                    .or_default()
                    .push((status, body.unwrap_or_default()));
            }
        }
        Recording { folder: folder.to_owned(), objects, answers: Mutex::new(answers), discovery: Mutex::new(discovery) }
    }

    fn answer(&self, target: &str, method: &str, path: &str) -> Option<Reply> {
        let key = (target.to_owned(), method.to_owned(), path.trim_start_matches('/').to_owned());
        next(self.answers.lock().expect("no test panics here").get_mut(&key)?)
    }

    fn discover(&self, type_url: &str) -> Option<Value> {
        next(self.discovery.lock().expect("no test panics here").get_mut(type_url)?)
    }
}

/// A mesh of a test's own, served as a recorded one until the test ends.
pub struct Scene {
    home: tempfile::TempDir,
    /// Held, as the server reads the answers when it is asked.
    _current: Arc<Mutex<Option<Arc<Recording>>>>,
}

impl Scene {
    /// Objects, and what ports of pods answer to GET: `(POD:PORT, path, body)`, the pod as recordings call it.
    pub fn start(objects: &[Value], answers: &[(&str, &str, Value)]) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let requests = answers.iter().enumerate().map(|(number, (to, path, body))| {
            let file = format!("{number}.json");
            std::fs::write(home.path().join(&file), body.to_string()).expect("written");
            json!({"to": to, "method": "GET", "path": path, "response": file})
        });
        let case = json!({"requests": requests.collect::<Vec<_>>()});
        let (url, current) = start();
        *current.lock().expect("no test panics here") =
            Some(Arc::new(Recording::new(home.path(), objects.to_vec(), &case)));
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "x",
            "clusters": [{"name": "c", "cluster": {"server": url}}], "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        });
        std::fs::write(home.path().join("config"), config.to_string()).expect("written");
        Scene { home, _current: current }
    }

    /// Runs the built binary there: exit code, standard output, standard error.
    pub fn run(&self, words: &[&str]) -> (Option<i32>, String, String) {
        let mut command = super::bowline(words);
        let output = command.env("KUBECONFIG", self.home.path().join("config")).output().expect("the binary starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }
}

/// The next of several answers; the last one again and again.
fn next<T: Clone>(answers: &mut Vec<T>) -> Option<T> {
    if answers.len() > 1 { Some(answers.remove(0)) } else { answers.first().cloned() }
}

/// A file, unpacked if it is packed.
pub fn read(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if path.extension().is_none_or(|extension| extension != "gz") {
        return bytes;
    }
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut out).expect("gzip");
    out
}

/// Serves recordings on a free port until the test ends. The recording can be changed between runs.
pub fn start() -> (String, Arc<Mutex<Option<Arc<Recording>>>>) {
    let current: Arc<Mutex<Option<Arc<Recording>>>> = Arc::default();
    let (send, receive) = std::sync::mpsc::channel();
    let shared = current.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            send.send(listener.local_addr().expect("an address")).expect("the test waits");
            let tls = acceptor();
            while let Ok((stream, _)) = listener.accept().await {
                let recording = shared.lock().expect("no test panics here").clone();
                if let Some(recording) = recording {
                    tokio::spawn(connection(stream, recording, tls.clone()));
                }
            }
        });
    });
    let address = receive.recv().expect("the server starts");
    (format!("http://{address}"), current)
}

fn acceptor() -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(vec!["istiod.istio-system.svc".to_owned()]).expect("a certificate");
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a configuration");
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// One request each connection: plain HTTP, or a port-forward.
async fn connection(mut stream: TcpStream, recording: Arc<Recording>, tls: TlsAcceptor) {
    let mut head = vec![0; 16 * 1024];
    let head = loop {
        let Ok(length) = stream.peek(&mut head).await else { return };
        if length == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&head[..length]).into_owned();
        if text.contains("\r\n\r\n") {
            break text;
        }
    };
    let mut words = head.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    if path.contains("/portforward") {
        let port =
            path.split("ports=").nth(1).and_then(|rest| rest.split('&').next()).and_then(|port| port.parse().ok());
        let pod = path.split("/pods/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
        forward(stream, pod, port.expect("a port"), recording, tls).await;
        return;
    }
    let mut rest = vec![0; head.len()];
    let _ = stream.read_exact(&mut rest).await;
    let (status, body) = api(&method, &path, &recording);
    let text = body.to_string();
    let answer = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{text}",
        text.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// The API server: objects, lists and tokens.
fn api(method: &str, path: &str, recording: &Recording) -> (u16, Value) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if method == "POST" && path.ends_with("/token") {
        return (201, json!({"kind": "TokenRequest", "status": {"token": "t"}}));
    }
    let missing = |what: &str| {
        (
            404,
            json!({"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404, "message": format!("{what} not found")}),
        )
    };
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (group, rest) = match parts.as_slice() {
        ["api", _, rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        _ => return missing(path),
    };
    let (namespace, plural, name) = match rest {
        ["namespaces", namespace, plural, name] => (Some(*namespace), *plural, Some(*name)),
        ["namespaces", namespace, plural] => (Some(*namespace), *plural, None),
        [plural, name] => (None, *plural, Some(*name)),
        [plural] => (None, *plural, None),
        _ => return missing(path),
    };
    let text = |object: &Value, path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let matches = |object: &&Value| {
        let version = text(object, "/apiVersion");
        let its_group = version.split_once('/').map_or("", |(group, _)| group).to_owned();
        let kind = text(object, "/kind").to_lowercase();
        its_group == group
            && (format!("{kind}s") == plural
                || format!("{kind}es") == plural
                || kind.strip_suffix('y').is_some_and(|stem| format!("{stem}ies") == plural))
            && namespace.is_none_or(|namespace| text(object, "/metadata/namespace") == namespace)
    };
    let mut found = recording.objects.iter().filter(matches);
    if let Some(name) = name {
        let object = found.find(|object| text(object, "/metadata/name") == name);
        return object.map_or_else(|| missing(&format!("{plural} \"{name}\"")), |object| (200, object.clone()));
    }
    let parameter = |key: &str| {
        let pair = query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('=').map(str::to_owned));
        pair.unwrap_or_default()
            .replace("%3D", "=")
            .replace("%2C", ",")
            .replace("%2F", "/")
            .replace("%21", "!")
            .replace('+', " ")
    };
    let labels = parameter("labelSelector");
    let fields = parameter("fieldSelector");
    let items: Vec<&Value> = found
        .filter(|object| {
            labels.split(',').filter(|part| !part.is_empty()).all(|part| match part.split_once('=') {
                Some((key, value)) => object["metadata"]["labels"][key] == value,
                None => part.strip_prefix('!').map_or(!object["metadata"]["labels"][part].is_null(), |key| {
                    object["metadata"]["labels"][key].is_null()
                }),
            })
        })
        .filter(|object| fields != "status.phase=Running" || object["status"]["phase"] == "Running")
        .collect();
    (200, json!({"kind": "List", "apiVersion": "v1", "metadata": {}, "items": items}))
}

/// What the recordings call a pod.
fn recorded_name(pod: &str) -> String {
    let parts: Vec<&str> = pod.split('-').collect();
    match parts.as_slice() {
        ["istio", gateway, ..] => gateway.trim_end_matches("gateway").to_owned(),
        ["reviews", version, ..] => format!("reviews{}", version.trim_start_matches('v')),
        [name, ..] => (*name).to_owned(),
        [] => String::new(),
    }
}

/// A port-forward: two channels over a websocket, of which the first is the connection.
async fn forward(stream: TcpStream, pod: &str, port: u16, recording: Arc<Recording>, tls: TlsAcceptor) {
    #[allow(clippy::result_large_err)]
    let protocol = |request: &server::Request, mut response: server::Response| {
        if let Some(asked) = request.headers().get("sec-websocket-protocol") {
            let first = asked.to_str().unwrap_or_default().split(',').next().unwrap_or_default().trim().to_owned();
            response.headers_mut().insert("sec-websocket-protocol", first.parse().expect("a header"));
        }
        Ok(response)
    };
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, protocol).await else { return };
    let target = format!("{}:{port}", recorded_name(pod));
    let [low, high] = port.to_le_bytes();
    for channel in [0, 1] {
        if socket.send(Message::Binary(vec![channel, low, high].into())).await.is_err() {
            return;
        }
    }
    let (mut near, far) = tokio::io::duplex(256 * 1024);
    tokio::spawn(async move {
        if port == 15012 {
            if let Ok(stream) = tls.accept(far).await {
                discovery(stream, recording).await;
            }
        } else {
            http_port(far, &target, &recording).await;
        }
    });
    let mut buffer = vec![0; 64 * 1024];
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Binary(bytes))) if bytes.first() == Some(&0) => {
                    if near.write_all(&bytes[1..]).await.is_err() { break }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
            length = near.read(&mut buffer) => match length {
                Ok(0) | Err(_) => break,
                Ok(length) => {
                    let mut bytes = vec![0];
                    bytes.extend_from_slice(&buffer[..length]);
                    if socket.send(Message::Binary(bytes.into())).await.is_err() { break }
                }
            },
        }
    }
    let _ = socket.close(None).await;
}

/// A recorded HTTP port.
async fn http_port(mut stream: DuplexStream, target: &str, recording: &Recording) {
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    while !received.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(length) => received.extend_from_slice(&buffer[..length]),
        }
    }
    let text = String::from_utf8_lossy(&received).into_owned();
    let mut words = text.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let Some((status, body)) = recording.answer(target, method, path) else { return };
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&body).await;
    // The reader closes.
    let _ = stream.read(&mut buffer).await;
}

/// istiod's xDS: one answer for each request.
async fn discovery<S>(stream: S, recording: Arc<Recording>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let recording = recording.clone();
        async move {
            let mut body = request.into_body();
            let mut received = Vec::new();
            while received.len() < 5
                || received.len() < 5 + u32::from_be_bytes(received[1..5].try_into().expect("four")) as usize
            {
                match body.frame().await {
                    Some(Ok(frame)) => received.extend_from_slice(&frame.into_data().unwrap_or_default()),
                    _ => break,
                }
            }
            let question = received.get(5..).unwrap_or_default();
            let question = bowline::envoy::binary::message(question, "envoy.service.discovery.v3.DiscoveryRequest");
            let type_url =
                question.and_then(Result::ok).map(|value| value.text(&["typeUrl"]).to_owned()).unwrap_or_default();
            let mut response = Response::builder().header("content-type", "application/grpc");
            let frames: Vec<Result<Frame<Bytes>, Infallible>> = match recording.discover(&type_url) {
                Some(answer) => {
                    let message = encode_response(&answer);
                    let mut framed = vec![0];
                    framed.extend((message.len() as u32).to_be_bytes());
                    framed.extend(message);
                    vec![Ok(Frame::data(Bytes::from(framed)))]
                }
                None => {
                    response = response.header("grpc-status", "5").header("grpc-message", "nothing%20recorded");
                    Vec::new()
                }
            };
            let stream = futures_util::stream::iter(frames).chain(futures_util::stream::pending());
            Ok::<_, Infallible>(response.body(StreamBody::new(stream)).expect("a response"))
        }
    });
    let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

fn encode_response(answer: &Value) -> Vec<u8> {
    let mut rest = answer.clone();
    let resources = rest.as_object_mut().and_then(|fields| fields.remove("resources")).unwrap_or_default();
    let mut out = encode::message(&rest, "envoy.service.discovery.v3.DiscoveryResponse");
    for resource in resources.as_array().into_iter().flatten() {
        out.extend(encode::resource(resource));
    }
    out
}
