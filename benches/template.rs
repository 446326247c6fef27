//! Renders every built-in chart and says how long each part takes. `cargo bench --bench template`

mod report;

use std::time::Duration;

use bowline::chart::{CATALOGUE, Capabilities, Release};
use report::best_within;

/// Each of the charts has so long.
const PATIENCE: Duration = Duration::from_millis(300);

fn main() {
    let release = Release::installer("istio", "istio-system");
    let capabilities = Capabilities::default();
    let values = serde_json::json!({"profile": "demo"});
    let mut all = Duration::ZERO;
    for entry in CATALOGUE {
        let load = best_within(PATIENCE, || drop(entry.load().expect("a built-in chart loads")));
        let chart = entry.load().expect("a built-in chart loads");
        let mut bytes = 0;
        let render = best_within(PATIENCE, || {
            let rendered = chart.render(&release, &capabilities, &values).expect("a built-in chart renders");
            bytes = rendered.files.iter().map(|file| file.text.len()).sum();
        });
        println!("{:<15} load {load:>10.1?}  render and read {render:>10.1?}  {bytes:>8} bytes", entry.name);
        all += load + render;
    }
    println!("{:<15} {all:.1?}", "all charts");
}
