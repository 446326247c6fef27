//! Where the time of `analyze` goes: `cargo bench --bench analyze`, or with the path of a file of your own. Parsing, the index, each rule
//! that takes long enough to be seen, and each report, in ms.

mod report;

use std::time::Duration;

use bowline::analysis::input::{self, Source};
use bowline::analysis::report::{FORMATS, Report};
use bowline::analysis::rules::Rule;
use bowline::analysis::view::View;
use bowline::analysis::{self, Given, Profile, Settings, Snapshot, builtin};
use report::best_within;

fn main() {
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let text = match given {
        Some(path) => std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")),
        None => mesh(12_500),
    };
    for profile in [Profile::Ours, Profile::Reference] {
        measure(&text, profile);
    }
}

/// Each of the many rules has so long.
const PATIENCE: Duration = Duration::from_millis(300);

fn measure(text: &str, profile: Profile) {
    let settings = Settings { profile, ..Settings::default() };
    let mut sources = vec![Source::file("mesh.yaml", text)];
    sources.extend(builtin::sources(&settings, Some("istio-ingressgateway")));
    let rules = analysis::chosen(&[], profile);
    println!("{profile:?}: {:.1} MB, {} threads", text.len() as f64 / 1e6, rayon::current_num_threads());
    timed("parse", || input::parse(&sources, false).len());
    let chunks = input::parse(&sources, false);
    let given = Given {
        sources: &sources,
        chunks: &chunks,
        settings: &settings,
        mesh_config: View::NONE,
        mesh_networks: View::NONE,
    };
    let build = || Snapshot::build(given, &rules);
    timed("index", || build().len());
    let snapshot = build();
    println!("  {} resources", snapshot.len());
    // What all rules share is made once.
    let _ = (snapshot.hosts(), snapshot.workloads(), snapshot.pods());
    timed("all rules", || analysis::run(&snapshot, &rules).findings.len());
    let mut each: Vec<(Duration, &Rule)> = rules
        .iter()
        .map(|rule| (best_within(PATIENCE, || analysis::run(&snapshot, &[*rule]).findings.len()), *rule))
        .collect();
    each.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    for (time, rule) in each.iter().filter(|(time, _)| *time > Duration::from_micros(100)) {
        report::time(rule.name, *time);
    }
    let findings = analysis::run(&snapshot, &rules).findings;
    let shown: Vec<_> = findings.iter().collect();
    println!("  {} findings", shown.len());
    for (name, format) in FORMATS {
        let report_as = Report { snapshot: &snapshot, findings: &shown, color: false };
        timed(&format!("report as {name}"), || report_as.render(*format).len());
    }
}

fn timed(name: &str, run: impl FnMut() -> usize) {
    report::time(name, best_within(PATIENCE, run));
}

/// A mesh of so many services, each with its Deployment, VirtualService and DestinationRule, and a mistake in some.
fn mesh(services: usize) -> String {
    let mut text = String::new();
    for index in 0..services {
        let (team, version) = (index % 97, if index % 500 == 0 { "v9" } else { "v2" });
        if index < 97 {
            text.push_str(&format!(
                "apiVersion: v1\nkind: Namespace\nmetadata: {{name: team-{team}, labels: {{istio-injection: enabled}}}}\n---\n"
            ));
        }
        let head = |version: &str, kind: &str| {
            format!(
                "apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: svc-{index}\n  namespace: team-{team}\nspec:\n"
            )
        };
        text.push_str(&head("v1", "Service"));
        text.push_str(&format!(
            "  selector:\n    app: svc-{index}\n  ports:\n  - name: http-web\n    port: 8080\n---\n"
        ));
        text.push_str(&head("apps/v1", "Deployment"));
        text.push_str(&format!(
            "  template:\n    metadata:\n      labels:\n        app: svc-{index}\n        version: v1\n    spec:\n      containers:\n      - \
             name: app\n        image: registry.example.com/svc-{index}:1.0\n        ports:\n        - containerPort: 8080\n---\n"
        ));
        text.push_str(&head("networking.istio.io/v1", "VirtualService"));
        text.push_str(&format!(
            "  hosts:\n  - svc-{index}\n  http:\n  - match:\n    - uri:\n        prefix: /api\n    route:\n    - destination:\n        host: \
             svc-{index}\n        subset: v1\n      weight: 90\n    - destination:\n        host: svc-{index}\n        subset: {version}\n      \
             weight: 10\n    timeout: 5s\n---\n"
        ));
        text.push_str(&head("networking.istio.io/v1", "DestinationRule"));
        text.push_str(&format!(
            "  host: svc-{index}\n  subsets:\n  - name: v1\n    labels:\n      version: v1\n  - name: v2\n    labels:\n      app: svc-{index}\n---\n"
        ));
    }
    text
}
