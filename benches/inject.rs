//! How fast pods are injected: `cargo bench --bench inject`, or with the path of a file of your own.
//!
//! The measure is the same file read and printed without injection. What injection prints is many times what it reads,
//! so printing alone is shown as well.

mod report;

use bowline::inject::config::InjectConfig;
use bowline::inject::documents::{self, Before};
use bowline::inject::engine::Injector;
use bowline::inject::installed::installed;
use bowline::install::spec::Wish;
use bowline::yaml;
use rayon::prelude::*;

fn main() {
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let text = match given {
        Some(path) => std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")),
        None => deployments(1_000),
    };
    let installed = installed(&Wish::default(), "istio-system", "", false).expect("the built-in installation is sound");
    let injector = Injector {
        config: InjectConfig::builtin().expect("the built-in templates are sound"),
        mesh: installed.mesh,
        values: Some(installed.values),
        revision: String::new(),
        native_sidecars: false,
        compliance_policy: String::new(),
        honours_config: true,
    };
    let injected: Vec<_> = documents::inject(&text, &injector, Before::Dropped).into_iter().flatten().collect();
    let output: String = injected.iter().map(|document| format!("{}---\n", document.text)).collect();
    println!(
        "{} documents, {:.2} MB in, {:.2} MB out, {} threads",
        injected.len(),
        text.len() as f64 / 1e6,
        output.len() as f64 / 1e6,
        rayon::current_num_threads()
    );
    let plain = timed("read and print the input", || round_trip(&text));
    let full = timed("read and print the output", || round_trip(&output));
    let time = timed("inject", || documents::inject(&text, &injector, Before::Dropped).len());
    println!("inject / input {:.1}, inject / output {:.1}", time / plain, time / full);
}

fn round_trip(text: &str) -> usize {
    let documents: Vec<_> = yaml::parse_stream(text).into_iter().filter_map(Result::ok).collect();
    documents.par_iter().map(|document| yaml::to_string(&document.to_value()).len()).sum()
}

/// Prints the best time and gives it in seconds.
fn timed(name: &str, run: impl FnMut() -> usize) -> f64 {
    let best = report::best(run);
    report::time(name, best);
    best.as_secs_f64()
}

fn deployments(count: usize) -> String {
    let mut text = String::new();
    for index in 0..count {
        text.push_str(&format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{index}\n  namespace: shop\n  labels:\n    app: web-{index}\nspec:\n  \
             replicas: 3\n  selector:\n    matchLabels:\n      app: web-{index}\n  template:\n    metadata:\n      labels:\n        \
             app: web-{index}\n        version: v1\n    spec:\n      serviceAccountName: web\n      containers:\n      - name: web\n        \
             image: example.com/web:1.{index}\n        ports:\n        - containerPort: 8080\n          name: http\n        env:\n        \
             - name: MODE\n          value: production\n        resources:\n          requests:\n            cpu: 100m\n            \
             memory: 128Mi\n        readinessProbe:\n          httpGet:\n            path: /ready\n            port: http\n---\n"
        ));
    }
    text
}
