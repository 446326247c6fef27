//! What must hold for any bytes given to the YAML module. Shared by the libFuzzer target and the test for stable Rust.

use bowline::yaml::{self, Node, Value};

/// Panics where a promise is broken.
pub fn check(bytes: &[u8]) {
    let Ok(text) = yaml::text(bytes) else { return };
    for part in yaml::split_documents(text) {
        assert_eq!(text.get(part.offset..part.offset + part.text.len()), Some(part.text));
    }
    let _ = yaml::from_str_strict(text);
    for result in yaml::parse_stream(text) {
        match result {
            Ok(document) => {
                walk(document.root(), text);
                round_trip(&document.to_value());
            }
            Err(error) => {
                assert!(error.offset.is_some_and(|offset| offset <= text.len()) && !error.to_string().is_empty())
            }
        }
    }
}

/// Spans lie in the text, children in order, and every node is what its view says.
fn walk(node: Node<'_>, text: &str) {
    let span = node.span();
    assert!(span.start <= span.end && text.get(span.start as usize..span.end as usize).is_some(), "{span:?}");
    let length = node.len();
    assert_eq!(length == 0, node.is_empty());
    for item in node.items() {
        walk(item, text);
    }
    for (key, value) in node.entries() {
        let name = key.as_str().expect("a key is a string");
        assert_eq!(node.get(name).map(Node::span), Some(value.span()));
        walk(value, text);
    }
}

fn round_trip(value: &Value) {
    let written = yaml::to_string(value);
    let read = yaml::from_str(&written);
    assert_eq!(read.as_ref(), Ok(value), "{written}");
    let again = read.map(|value| yaml::to_string(&value));
    assert_eq!(again, Ok(written));
}
