//! What must hold for any document and any template given to injection. Shared by the libFuzzer target and the test for
//! stable Rust.

use std::cell::OnceCell;
use std::time::{Duration, Instant};

use bowline::inject::config::{InjectConfig, InjectValues};
use bowline::inject::documents::{self, Before};
use bowline::inject::engine::{Injector, Worker};
use bowline::inject::installed::installed;
use bowline::inject::mesh::MeshConfig;
use bowline::inject::webhook::Admission;
use bowline::install::spec::Wish;

/// No single input may take longer. Debug builds on a busy machine need some room.
const SOON: Duration = Duration::from_secs(20);

/// A pod that any template can be tried on.
const POD: &str = "kind: Pod\nmetadata: {name: p, labels: {app: d}, annotations: {prometheus.io/port: \"9\"}}\nspec:\n  containers:\n  - {name: istio-proxy, image: auto, securityContext: {runAsUser: 7}}\n  - {name: app, image: x, livenessProbe: {grpc: {port: 5}}, ports: [{containerPort: 80}]}\n";

thread_local! {
    static BUILTIN: OnceCell<Injector> = const { OnceCell::new() };
    static VALUES: OnceCell<InjectValues> = const { OnceCell::new() };
}

/// Any document is injected or refused. Panics where a promise is broken.
pub fn document(bytes: &[u8]) {
    let started = Instant::now();
    let text = String::from_utf8_lossy(bytes);
    BUILTIN.with(|cell| {
        let injector = cell.get_or_init(builtin);
        for written in documents::inject(&text, injector, Before::Dropped).into_iter().flatten() {
            // What was injected can be injected again, and undone.
            let _ = documents::inject(&written.text, injector, Before::Kept);
            documents::uninject(&written.text).expect("our own output can be read");
        }
        if let Ok(review) = bowline::yaml::from_str(&text)
            && let Ok(admission) = Admission::of_pod(review, "default")
        {
            let outcome = admission.inject(&Worker::new(injector), Default::default(), None, Default::default());
            assert!(admission.answer(&outcome).is_object());
        }
    });
    assert!(started.elapsed() < SOON, "took {:?}", started.elapsed());
}

/// Any template ends soon. Panics where a promise is broken.
pub fn template(bytes: &[u8]) {
    let started = Instant::now();
    let Ok(config) = InjectConfig::parse(&String::from_utf8_lossy(bytes)) else { return };
    let values = VALUES.with(|cell| {
        cell.get_or_init(|| {
            InjectValues::parse("{global: {hub: h, tag: t}, list: [1, null, {a: null}]}").expect("sound values")
        })
        .clone()
    });
    let injector = Injector {
        config,
        mesh: MeshConfig::default(),
        values: Some(values),
        revision: String::new(),
        native_sidecars: false,
        compliance_policy: String::new(),
        honours_config: true,
    };
    let _ = documents::inject(POD, &injector, Before::Dropped);
    assert!(started.elapsed() < SOON, "took {:?}", started.elapsed());
}

fn builtin() -> Injector {
    let installed = installed(&Wish::default(), "istio-system", "", false).expect("the built-in installation is sound");
    Injector {
        config: InjectConfig::builtin().expect("the built-in templates are sound"),
        mesh: installed.mesh,
        values: Some(installed.values),
        revision: String::new(),
        native_sidecars: true,
        compliance_policy: String::new(),
        honours_config: true,
    }
}
