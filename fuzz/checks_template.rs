//! What must hold for any text given to the template engine. Shared by the libFuzzer target and the test for stable Rust.

use std::cell::OnceCell;
use std::time::Duration;

use bowline::gotemplate::{Functions, Limits, MissingKey, SPRIG, Set, Value, helm};

thread_local! {
    static FUNCTIONS: OnceCell<[Functions; 2]> = const { OnceCell::new() };
}

/// No input takes the process down, and limits hold.
const LIMITS: Limits = Limits { output: 1 << 20, steps: 200_000, time: Duration::from_secs(5) };

/// Panics where a promise is broken.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let tables = FUNCTIONS.with(|cell| cell.get_or_init(|| [helm::functions(), Functions::new(SPRIG)]).clone());
    for (functions, missing) in tables.into_iter().zip([MissingKey::Zero, MissingKey::Invalid]) {
        let mut set = Set::new(functions).with_missing_key(missing).with_limits(LIMITS);
        match set.parse("fuzz", text) {
            Err(error) => assert!(error.is_parse_error() && error.line >= 1 && !error.message.is_empty()),
            Ok(()) => match set.execute("fuzz", data()) {
                Ok(output) => {
                    assert!(output.len() <= LIMITS.output);
                    // Text without actions is its own output.
                    assert!(text.contains("{{") || output == text);
                }
                Err(error) => {
                    assert!(error.column.is_some() && error.to_string().starts_with("template: fuzz:"), "{error}");
                }
            },
        }
    }
}

fn data() -> Value {
    Value::from_json(&serde_json::json!({
        "Values": {"a": 1, "s": "text", "l": [1, "x", null, {"k": true}], "m": {"x": {"y": 2.5}}, "n": null},
        "f": 1.5,
    }))
}
