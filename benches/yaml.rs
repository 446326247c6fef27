//! How fast YAML is read and written, in MB/s: `cargo bench --bench yaml`, or with the path of a file of your own.

mod report;

use bowline::yaml;
use report::speed;

fn main() {
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let text = match given {
        Some(path) => std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")),
        None => mesh(50_000),
    };
    let documents: Vec<_> = yaml::parse_stream(&text).into_iter().filter_map(Result::ok).collect();
    println!(
        "{:.1} MB, {} documents, {} threads",
        text.len() as f64 / 1e6,
        documents.len(),
        rayon::current_num_threads()
    );
    speed("read, all threads", text.len(), || yaml::parse_stream(&text).len());
    let single = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of one thread");
    speed("read, one thread", text.len(), || single.install(|| yaml::parse_stream(&text).len()));
    speed("split", text.len(), || yaml::split_documents(&text).len());
    speed("to values", text.len(), || {
        documents.iter().map(yaml::Document::to_value).filter(yaml::Value::is_object).count()
    });
    let values: Vec<_> = documents.iter().map(yaml::Document::to_value).collect();
    let mut out = String::new();
    let mut write = || {
        out.clear();
        values.iter().for_each(|value| yaml::to_string_into(value, &mut out));
        out.len()
    };
    let written = write();
    speed("write", written, write);
}

/// A mesh configuration of so many documents.
fn mesh(count: usize) -> String {
    let mut text = String::new();
    for index in 0..count {
        text.push_str(&format!(
            "apiVersion: networking.example.io/v1\nkind: VirtualService\nmetadata:\n  name: service-{index}\n  namespace: team-{team}\n  \
             labels:\n    app: service-{index}\n    version: \"v{team}\"\nspec:\n  hosts:\n  - service-{index}.team-{team}.svc.cluster.local\n  \
             gateways: [mesh, ingress/public]\n  http:\n  - match:\n    - uri:\n        prefix: /api/v{team} # public\n    route:\n    - \
             destination:\n        host: service-{index}\n        port:\n          number: 8080\n      weight: 90\n    timeout: 5s\n---\n",
            team = index % 37
        ));
    }
    text
}
