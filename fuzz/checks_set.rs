//! What must hold for any text given to a `--set`: Helm's language of `chart template`, and the installer's. Shared by the
//! libFuzzer target and the test for stable Rust.

use bowline::chart::set::{self, Typing};
use bowline::install::spec::set::{Assignment, Typing as InstallTyping};
use serde_json::{Value, json};

/// Panics where a promise is broken.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    helm(text);
    installer(text);
}

/// What there is before the setting.
fn given() -> Value {
    json!({"a": {"b": 1, "l": [{"name": "x", "v": 1}, "y"]}, "n": null, "s": "text"})
}

fn helm(text: &str) {
    for typing in [Typing::Inferred, Typing::Text] {
        let mut values = given();
        match set::apply(&mut values, text, typing) {
            Ok(()) => {
                assert!(values.is_object());
                // Of several settings one can undo another; after a list no comma is needed between them.
                if !text.contains([',', '}']) {
                    let mut again = values.clone();
                    set::apply(&mut again, text, typing).expect("what fits once fits again");
                    assert_eq!(values, again, "setting a second time changes nothing");
                }
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    let _ = set::apply_json(&mut given(), text);
}

fn installer(text: &str) {
    for typing in [InstallTyping::Guess, InstallTyping::Text, InstallTyping::Json] {
        for strict in [false, true] {
            match Assignment::parse(text, typing, strict) {
                Ok(assignment) => {
                    assert_eq!(assignment.word, text);
                    let mut spec = given();
                    if let Err(error) = assignment.apply(&mut spec) {
                        assert!(error.to_string().contains("--set"), "{error}");
                    }
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}
