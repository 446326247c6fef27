//! A proxy in front of the API server that delays, refuses, breaks off and loses answers, the same way for the same seed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use super::control_plane::ControlPlane;

pub struct Faults {
    kubeconfig: PathBuf,
    made: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    Delay,
    Status(u16),
    /// The connection breaks before the server hears of the request.
    Reset,
    /// The server does it, and the answer is lost.
    LostAnswer,
}

struct Proxy {
    port: u16,
    client: Arc<ClientConfig>,
    random: AtomicU64,
    /// One request in this many gets a fault.
    one_in: u64,
    made: Arc<AtomicUsize>,
    /// Method and path of every request.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Faults {
    /// A proxy that only writes down what is asked.
    pub fn none(plane: &ControlPlane) -> Self {
        Faults::start(plane, 0, u64::MAX)
    }

    pub fn start(plane: &ControlPlane, seed: u64, one_in: u64) -> Self {
        let mut config: Value =
            serde_json::from_slice(&std::fs::read(plane.kubeconfig()).expect("readable")).expect("JSON");
        let server = config["clusters"][0]["cluster"]["server"].as_str().expect("an address").to_owned();
        let port = server.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(plane.certificate()).expect("readable") {
            roots.add(certificate.expect("a certificate")).expect("usable");
        }
        let client = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let made = Arc::new(AtomicUsize::new(0));
        let random = AtomicU64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let proxy = Arc::new(Proxy {
            port,
            client: Arc::new(client),
            random,
            one_in,
            made: Arc::clone(&made),
            asked: Arc::clone(&asked),
        });
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let proxy = Arc::clone(&proxy);
                thread::spawn(move || proxy.serve(stream));
            }
        });
        config["clusters"][0]["cluster"] = json!({"server": url});
        let kubeconfig = plane.kubeconfig().with_file_name(format!("through-faults-{seed}"));
        std::fs::write(&kubeconfig, config.to_string()).expect("written");
        Faults { kubeconfig, made, asked }
    }

    pub fn kubeconfig(&self) -> &std::path::Path {
        &self.kubeconfig
    }

    /// Method and path of every request so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic holds it").clone()
    }

    /// How many faults there were.
    pub fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }
}

impl Proxy {
    fn next(&self) -> Fault {
        // xorshift: good enough to spread faults, and the same for each seed.
        let mut x = self.random.load(Ordering::Relaxed);
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random.store(x, Ordering::Relaxed);
        if !(x >> 8).is_multiple_of(self.one_in) {
            return Fault::None;
        }
        self.made.fetch_add(1, Ordering::Relaxed);
        let kinds = [Fault::Delay, Fault::Status(429), Fault::Status(500), Fault::Reset, Fault::LostAnswer];
        kinds[(x >> 32) as usize % kinds.len()]
    }

    /// One connection: requests one after the other, each over a connection of its own to the server.
    fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        loop {
            let (head, body) = read_request(&mut reader)?;
            let line = head.first().map(|line| line.trim_end_matches(" HTTP/1.1").to_owned());
            self.asked.lock().expect("no panic holds it").extend(line);
            let fault = self.next();
            match fault {
                Fault::Reset => return None,
                Fault::Delay => thread::sleep(Duration::from_millis(300)),
                Fault::Status(code) => {
                    let text = json!({"kind": "Status", "message": "made up by the test", "code": code}).to_string();
                    let answer = format!(
                        "HTTP/1.1 {code} Fault\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
                        text.len()
                    );
                    reader.get_mut().write_all(answer.as_bytes()).ok()?;
                    continue;
                }
                Fault::None | Fault::LostAnswer => {}
            }
            let answer = self.forward(&head, &body)?;
            if fault == Fault::LostAnswer {
                return None;
            }
            reader.get_mut().write_all(&answer).ok()?;
            return None; // the answer ends with the connection
        }
    }

    fn forward(&self, head: &[String], body: &[u8]) -> Option<Vec<u8>> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let name = ServerName::try_from("127.0.0.1").ok()?;
        let connection = ClientConnection::new(Arc::clone(&self.client), name).ok()?;
        let mut tls = StreamOwned::new(connection, stream);
        let kept = head.iter().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
        let lines: Vec<&str> = kept.map(String::as_str).collect();
        tls.write_all(format!("{}\r\nconnection: close\r\n\r\n", lines.join("\r\n")).as_bytes()).ok()?;
        tls.write_all(body).ok()?;
        let mut answer = Vec::new();
        // The server may end without a closing alert; what it said is whole all the same.
        let _ = tls.read_to_end(&mut answer);
        Some(answer)
    }
}

/// The lines of the head without line ends, and the body.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<(Vec<String>, Vec<u8>)> {
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
        head.push(line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}
