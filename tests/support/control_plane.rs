//! A real Kubernetes control plane for one test binary: API server, controllers, scheduler, store, and simulated nodes
//! whose pods become ready by themselves. On loopback, with free ports, without root; gone when dropped.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bowline::cluster::{Apply, Cluster, Resource, Target, block_on};
use serde_json::{Value, json};

const TOKEN: &str = "test-token";

pub struct ControlPlane {
    folder: tempfile::TempDir,
    /// In the order they were started; stopped in reverse.
    processes: Vec<Child>,
    kubeconfig: PathBuf,
}

impl ControlPlane {
    /// Starts everything and waits until pods would run. None, with one line that says why, where Go is missing.
    pub fn start() -> Option<Self> {
        let programs = programs()?;
        let folder = tempfile::tempdir().expect("a folder");
        let [store, api, controllers, scheduler, nodes] = free_ports();
        let home = folder.path().to_owned();
        let at = |name: &str| home.join(name).to_string_lossy().into_owned();
        std::fs::write(at("tokens.csv"), format!("{TOKEN},admin,admin,\"system:masters\"\n")).expect("written");
        let made = Command::new(programs.join("service-account-key")).arg(at("sa.key")).status();
        assert!(made.is_ok_and(|status| status.success()), "a key is made");
        let kubeconfig = folder.path().join("kubeconfig");
        std::fs::write(&kubeconfig, config(api).to_string()).expect("written");
        let kubeconfig_flag = format!("--kubeconfig={}", kubeconfig.display());
        let mut plane = ControlPlane { folder, processes: Vec::new(), kubeconfig };

        let store_url = format!("http://127.0.0.1:{store}");
        plane.spawn(&programs, "etcd", &[at("etcd"), store_url.clone()]);
        wait("the store listens", Duration::from_secs(20), || {
            std::net::TcpStream::connect(("127.0.0.1", store)).is_ok()
        });
        plane.spawn(
            &programs,
            "kube-apiserver",
            &[
                format!("--etcd-servers={store_url}"),
                format!("--secure-port={api}"),
                "--bind-address=127.0.0.1".into(),
                "--advertise-address=127.0.0.1".into(),
                format!("--cert-dir={}", at("certs")),
                format!("--service-account-key-file={}", at("sa.key")),
                format!("--service-account-signing-key-file={}", at("sa.key")),
                "--service-account-issuer=https://kubernetes.default.svc".into(),
                format!("--token-auth-file={}", at("tokens.csv")),
                "--authorization-mode=RBAC".into(),
                "--service-cluster-ip-range=10.96.0.0/16".into(),
                "--allow-privileged".into(),
                "--endpoint-reconciler-type=none".into(),
            ],
        );
        wait("the API server is ready", Duration::from_secs(60), || {
            let target = plane.target();
            matches!(block_on(async { Cluster::connect(&target).await.ok()?.version().await.ok() }), Ok(Some(_)))
        });
        plane.spawn(
            &programs,
            "kube-controller-manager",
            &[
                kubeconfig_flag.clone(),
                format!("--service-account-private-key-file={}", at("sa.key")),
                "--use-service-account-credentials=false".into(),
                "--leader-elect=false".into(),
                "--controllers=*,-nodeipam,-route".into(),
                "--bind-address=127.0.0.1".into(),
                format!("--secure-port={controllers}"),
                format!("--root-ca-file={}", at("certs/apiserver.crt")),
            ],
        );
        plane.spawn(
            &programs,
            "kube-scheduler",
            &[
                kubeconfig_flag.clone(),
                "--leader-elect=false".into(),
                format!("--authentication-kubeconfig={}", plane.kubeconfig.display()),
                format!("--authorization-kubeconfig={}", plane.kubeconfig.display()),
                "--bind-address=127.0.0.1".into(),
                format!("--secure-port={scheduler}"),
            ],
        );
        for file in crds(&programs) {
            plane.apply(&file);
        }
        plane.spawn(
            &programs,
            "kwok",
            &[
                kubeconfig_flag,
                "--manage-all-nodes=true".into(),
                "--cidr=10.0.0.1/24".into(),
                "--node-ip=127.0.0.1".into(),
                format!("--node-port={nodes}"),
                format!("--server-address=127.0.0.1:{nodes}"),
                "--node-lease-duration-seconds=40".into(),
                "--enable-crds=PortForward,ClusterPortForward,Exec,ClusterExec,Logs,ClusterLogs".into(),
            ],
        );
        for name in ["node-a", "node-b"] {
            plane.apply(&node(name));
        }
        wait("a service account is made for each namespace", Duration::from_secs(60), || {
            plane.get("v1", "ServiceAccount", Some("default"), "default").is_some()
        });
        wait("the nodes are ready", Duration::from_secs(60), || {
            let node = plane.get("v1", "Node", None, "node-b").unwrap_or_default();
            let conditions = node["status"]["conditions"].as_array().cloned().unwrap_or_default();
            conditions.iter().any(|c| c["type"] == "Ready" && c["status"] == "True")
        });
        Some(plane)
    }

    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// What the API server's certificate is signed by, PEM.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certs/apiserver.crt")
    }

    /// The built binary against this cluster.
    pub fn bowline(&self, words: &[&str]) -> Command {
        let mut command = super::bowline(words);
        command.env("KUBECONFIG", &self.kubeconfig);
        command
    }

    /// What a command printed, which has to succeed.
    #[track_caller]
    pub fn succeeds(&self, words: &[&str]) -> String {
        let output = self.bowline(words).output().expect("the built binary starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{}: {errors}", words.join(" "));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Starts the built binary and kills it after this long; whether it was still running.
    pub fn killed(&self, words: &[&str], point: Duration) -> bool {
        let mut command = self.bowline(words);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the built binary starts");
        let start = Instant::now();
        while start.elapsed() < point && child.try_wait().expect("a child").is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        let running = child.try_wait().expect("a child").is_none();
        if running {
            child.kill().expect("killed");
        }
        child.wait().expect("a child");
        running
    }

    pub fn target(&self) -> Target {
        Target {
            kubeconfig: self.kubeconfig.to_string_lossy().into_owned(),
            context: String::new(),
            namespace: String::new(),
            as_user: String::new(),
            as_uid: String::new(),
            as_groups: Vec::new(),
            request_timeout: Duration::from_secs(10),
        }
    }

    /// Runs some work against the cluster.
    pub fn with<T>(&self, work: impl AsyncFnOnce(&Cluster) -> T) -> T {
        let target = self.target();
        block_on(async { work(&Cluster::connect(&target).await.expect("a valid configuration")).await })
            .expect("a runtime")
    }

    pub fn get(&self, api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Option<Value> {
        self.with(async |cluster| {
            let resource = cluster.resource(api_version, kind).await.ok()?;
            cluster.get(&resource, namespace, name).await.ok()?
        })
    }

    /// Applies an object as a test's own field manager, trying again while the server still learns its kind.
    pub fn apply(&self, object: &Value) {
        let mut last = String::new();
        wait(&format!("{} {} is applied", object["kind"], object["metadata"]["name"]), Duration::from_secs(20), || {
            let how = Apply { field_manager: "test", force: true, dry_run: false };
            let result = self.with(async |cluster| {
                let resource: Resource = cluster.resource_of(object).await?;
                cluster.apply(&resource, object, &how).await
            });
            last = result.as_ref().err().map(ToString::to_string).unwrap_or_default();
            result.is_ok()
        });
    }

    fn spawn(&mut self, programs: &Path, name: &str, arguments: &[String]) {
        let log = File::create(self.folder.path().join(format!("{name}.log"))).expect("a log file");
        let errors = log.try_clone().expect("the same file");
        let child = Command::new(programs.join(name))
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} starts: {error}"));
        self.processes.push(child);
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The folder with the built programs; builds them where Go is at hand.
fn programs() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder =
        std::env::var_os("BOWLINE_TEST_CLUSTER").map_or_else(|| root.join("target/test-cluster"), PathBuf::from);
    let built = Command::new(root.join("tests/cluster/build.sh")).arg(&folder).stdout(Stdio::null()).output();
    match built {
        Ok(output) if output.status.success() => Some(folder),
        _ if folder.join("key").exists() => Some(folder),
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr).trim().lines().last().unwrap_or("no reason").to_owned();
            eprintln!("skipped: the test cluster cannot be built here ({why}); it needs Go");
            None
        }
        Err(error) => {
            eprintln!("skipped: the test cluster cannot be built here ({error}); it needs Go and bash");
            None
        }
    }
}

fn free_ports() -> [u16; 5] {
    // All are held at once, so that no two are the same.
    let held: Vec<TcpListener> = (0..5).map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
    std::array::from_fn(|at| held[at].local_addr().expect("an address").port())
}

fn config(port: u16) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {
            "server": format!("https://127.0.0.1:{port}"), "insecure-skip-tls-verify": true,
        }}],
        "users": [{"name": "admin", "user": {"token": TOKEN}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
    })
}

fn node(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"},
        },
        "status": {
            "allocatable": {"cpu": "64", "memory": "256Gi", "pods": "500"},
            "capacity": {"cpu": "64", "memory": "256Gi", "pods": "500"},
        },
    })
}

fn crds(programs: &Path) -> Vec<Value> {
    let files = std::fs::read_dir(programs.join("crds")).expect("the CRDs of kwok");
    let mut paths: Vec<PathBuf> = files.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
        .iter()
        .filter(|path| path.file_name().is_some_and(|name| name != "kustomization.yaml"))
        .map(|path| bowline::yaml::from_str(&std::fs::read_to_string(path).expect("readable")).expect("YAML"))
        .filter(|object| object["kind"] == "CustomResourceDefinition")
        .collect()
}

/// Looks again and again until it holds; a test that waits in vain says for what.
pub fn wait(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
