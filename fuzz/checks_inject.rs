//! What must hold for any document and any template given to injection. Shared by the libFuzzer target and the test for
//! stable Rust.

use std::cell::OnceCell;
use std::time::{Duration, Instant};

use bowline::inject::config::{InjectConfig, InjectValues};
use bowline::inject::documents::{self, Before, DocumentError, Written};
use bowline::inject::engine::{Injector, Worker};
use bowline::inject::installed::installed;
use bowline::inject::mesh::MeshConfig;
use bowline::inject::webhook::Admission;
use bowline::install::spec::Wish;

/// No single input may take longer. Debug builds on a busy machine need some room.
const SOON: Duration = Duration::from_secs(20);

/// A pod that any template can be tried on, and words that may stand for its name, labels and image.
const POD: &str = "kind: Pod\nmetadata: {name: NAME, namespace: SPACE, labels: {app: NAME, own: IMAGE}, annotations: {prometheus.io/port: \"9\"}}\nspec:\n  containers:\n  - {name: istio-proxy, image: auto, securityContext: {runAsUser: 7}}\n  - {name: app, image: IMAGE, env: [{name: A, value: IMAGE}], livenessProbe: {grpc: {port: 5}}, ports: [{containerPort: 80}]}\n";
const WORDS: [[&str; 3]; 8] = [
    ["web", "shop", "x"],
    ["payments-2", "shop", "example.com/pay/api:1.2"],
    ["web", "other", "x@y"],
    ["e5", "t", "rue"],
    ["auto", "shop", "istio-proxy"],
    ["yes", "kube-system", "1"],
    ["\"two words\"", "shop", "'#'"],
    ["a-name-that-is-longer-than-the-value-of-a-label-may-be-which-is-63-bytes", "x80", "Z"],
];

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
        let written = documents::inject(&text, injector, Before::Dropped);
        assert_alike(&text, &written, injector);
        for written in written.into_iter().flatten() {
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
    let pod =
        |[name, space, image]: [&str; 3]| POD.replace("NAME", name).replace("SPACE", space).replace("IMAGE", image);
    let pods = WORDS.map(pod).join("---\n");
    let written = documents::inject(&pods, &injector, Before::Dropped);
    // A template that throws dice gives something else every time.
    let again = documents::inject(&pod(WORDS[0]), &injector, Before::Dropped);
    if written.first() == again.first() {
        assert_alike(&pods, &written, &injector);
    }
    assert!(started.elapsed() < SOON, "took {:?}", started.elapsed());
}

/// Each document of a stream came out as it does alone.
fn assert_alike(stream: &str, written: &[Result<Written, DocumentError>], injector: &Injector) {
    for (source, written) in documents::split(stream).into_iter().zip(written) {
        let alone = documents::inject(source.text, injector, Before::Dropped).pop().expect("a document has a result");
        let text = |result: &Result<Written, DocumentError>| match result {
            Ok(written) => Ok(written.clone()),
            Err(error) => Err(error.cause.to_string()),
        };
        assert_eq!(text(written), text(&alone), "{}", source.text);
    }
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
