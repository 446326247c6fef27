//! A tree as assignments, one for each leaf: `--set` words that make it.

use serde_json::Value;

use super::path::Path;

/// `path=value` for every leaf, sorted by path. Text is quoted.
pub fn assignments(tree: &Value, root: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    collect(tree, root, &mut lines);
    lines.sort();
    lines
}

fn collect(value: &Value, path: &Path, lines: &mut Vec<String>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(key, value)| collect(value, &path.child(key), lines))
        }
        Value::Array(list) if !list.is_empty() => {
            list.iter().enumerate().for_each(|(at, value)| collect(value, &path.item(at), lines));
        }
        leaf => lines.push(format!("{path}={leaf}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_is_an_assignment() {
        let tree = serde_json::json!({"b": {"k.x": "v"}, "a": [{"n": 1}, null], "c": {}});
        assert_eq!(assignments(&tree, &Path::default()), ["a[0].n=1", "a[1]=null", r#"b.k\.x="v""#, "c={}"]);
    }
}
