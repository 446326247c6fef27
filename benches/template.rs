//! Renders every built-in chart and says how long each part takes. `cargo bench --bench template`

use std::time::{Duration, Instant};

use bowline::chart::{CATALOGUE, Capabilities, Release};

const ROUNDS: u32 = 50;

fn main() {
    let release = Release::installer("istio", "istio-system");
    let capabilities = Capabilities::default();
    let values = serde_json::json!({"profile": "demo"});
    let mut all = Duration::ZERO;
    for entry in CATALOGUE {
        let load = timed(|| drop(entry.load().expect("a built-in chart loads")));
        let chart = entry.load().expect("a built-in chart loads");
        let mut bytes = 0;
        let render = timed(|| {
            let rendered = chart.render(&release, &capabilities, &values).expect("a built-in chart renders");
            bytes = rendered.files.iter().map(|file| file.text.len()).sum();
        });
        println!("{:<15} load {load:>10.1?}  render and read {render:>10.1?}  {bytes:>8} bytes", entry.name);
        all += load + render;
    }
    println!("{:<15} {all:.1?}", "all charts");
}

/// The mean of some rounds.
fn timed(mut work: impl FnMut()) -> Duration {
    work();
    let start = Instant::now();
    for _ in 0..ROUNDS {
        work();
    }
    start.elapsed() / ROUNDS
}
