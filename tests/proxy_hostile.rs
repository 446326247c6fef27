//! Dumps that are cut, corrupt or made to hurt: an answer or a clear error, never a crash.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use bowline::envoy::binary;
use serde_json::{Value, json};

#[path = "../fuzz/checks_dump.rs"]
mod checks;
#[path = "../fuzz/seeds_dump.rs"]
mod seeds;
mod support;

/// A small generator, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// The dump with a few bytes replaced, a stretch removed or repeated, or its end cut off.
fn damaged(dump: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = dump.to_vec();
    for _ in 0..=random.below(4) {
        let place = random.below(bytes.len());
        let end = (place + random.below(40)).min(bytes.len());
        match random.below(5) {
            0 => bytes.truncate(place),
            1 => drop(bytes.drain(place..end)),
            2 => {
                let copy = bytes[place..end].to_vec();
                bytes.splice(place..place, copy);
            }
            3 => bytes[place] = b"{}[]\",:0-\\n"[random.below(11)],
            _ => bytes[place] = random.below(256) as u8,
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

#[test]
fn damaged_dumps_are_survived() {
    let shared = std::env::var_os("BOWLINE_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let folder = shared.join("goldens/proxy/dumps/edge");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no dumps at {}", folder.display());
        return;
    };
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let dump = std::fs::read(&path).expect("a file");
        checks::check(&dump);
        for _ in 0..30 {
            if !dump.is_empty() {
                checks::check(&damaged(&dump, &mut random));
            }
        }
    }
}

#[test]
fn made_to_hurt() {
    let deep = format!("{{\"configs\":[{}{}]}}", "{\"a\":[".repeat(50_000), "]}".repeat(50_000));
    let keys =
        format!("{{\"configs\":[{{{}}}]}}", (0..20_000).map(|n| format!("\"k{n}\":1")).collect::<Vec<_>>().join(","));
    let number = format!(
        "{{\"configs\":[{{\"@type\":\"{}\",\"static_clusters\":[{{\"cluster\":{{\"name\":\"x\",\"type\":{}}}}}]}}]}}",
        "type.googleapis.com/envoy.admin.v3.ClustersConfigDump",
        "9".repeat(400)
    );
    for hostile in [
        deep.as_bytes(),
        keys.as_bytes(),
        number.as_bytes(),
        &[0xff; 64],
        b"\xef\xbb\xbf{}",
        b"{\"configs\":[\"\\ud800\"]}",
    ] {
        checks::check(hostile);
    }
}

#[test]
fn cut_anywhere() {
    for seed in seeds::SEEDS {
        for end in (0..seed.len()).filter(|end| seed.is_char_boundary(*end)) {
            checks::check(&seed.as_bytes()[..end]);
        }
    }
}

#[test]
fn another_kind_of_value_anywhere() {
    let others = [json!(null), json!(true), json!(-1), json!(1e300), json!("x"), json!([null]), json!({"a": {}})];
    for seed in seeds::SEEDS {
        let dump: Value = serde_json::from_str(seed).expect("JSON");
        let mut places = Vec::new();
        places_of(&dump, &mut String::new(), &mut places);
        for place in places {
            for other in &others {
                let mut changed = dump.clone();
                *changed.pointer_mut(&place).expect("a place") = other.clone();
                checks::check(changed.to_string().as_bytes());
            }
        }
    }
}

/// JSON pointers to everything in a value.
fn places_of(value: &Value, path: &mut String, places: &mut Vec<String>) {
    places.push(path.clone());
    let children: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        _ => Vec::new(),
    };
    let length = path.len();
    for (key, child) in children {
        path.push('/');
        path.push_str(&key);
        places_of(child, path, places);
        path.truncate(length);
    }
}

/// Files that are no dumps, and what is said of each.
fn bad_files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = seeds::SEEDS[0];
    let wrong = good.replace(r#""name":"x","type""#, "\n \"name\":5,\"type\"");
    let mut compressed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    compressed.write_all(good.as_bytes()).expect("written to memory");
    vec![
        ("empty", Vec::new(), "it is empty"),
        ("blank", b" \n\n".to_vec(), "it is empty"),
        ("cut", good.as_bytes()[..good.len() - 9].to_vec(), "it was cut off there"),
        ("mark", [b"\xef\xbb\xbf", good.as_bytes()].concat(), "byte order mark"),
        ("utf16", good.encode_utf16().flat_map(u16::to_le_bytes).collect(), "line 1 column"),
        ("utf16-mark", [0xfeff].into_iter().chain(good.encode_utf16()).flat_map(u16::to_le_bytes).collect(), "UTF-16"),
        ("latin1", good.replace("\"x\"", "\"\u{e9}\"").chars().map(|letter| letter as u8).collect(), "not UTF-8: byte"),
        ("nul", b"{\"configs\":\0[]}".to_vec(), "line 1 column 12"),
        ("gzip", compressed.finish().expect("written to memory"), "is compressed"),
        ("yaml", b"configs:\n- a\n".to_vec(), "line 1 column 1"),
        ("list", b"[1]".to_vec(), "line 1 column"),
        ("twice", good.replace("{\"configs\":", "{\"configs\":[],\"configs\":").into(), "duplicate field `configs`"),
        ("wrong", wrong.into(), "expected a string at line 2 column"),
        ("more", format!("{good} {{}}").into(), "trailing characters at line 1 column"),
    ]
}

#[test]
fn bad_files_are_told_with_name_place_and_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content, reason) in bad_files() {
        let path = folder.path().join(format!("{name}.json"));
        std::fs::write(&path, content).expect("written");
        let path = path.to_str().expect("UTF-8");
        for command in ["cluster", "listener", "route", "eds", "bootstrap", "secret", "ecds", "all", "endpoint"] {
            for format in ["short", "json", "yaml"] {
                // These show the text as it is, or do not look at what is wrong with this one.
                let skipped = match (command, name) {
                    ("all", "wrong") => true,
                    ("all", _) => format == "json" || format == "yaml" && matches!(name, "list" | "twice"),
                    ("cluster", _) => false,
                    ("endpoint", "twice") => true,
                    (_, "wrong") => true,
                    _ => false,
                };
                if skipped {
                    continue;
                }
                let words = ["proxy-config", command, "--file", path, "-o", format];
                let output = support::bowline(&words).output().expect("the binary starts");
                let told = String::from_utf8_lossy(&output.stderr);
                assert_eq!(output.status.code(), Some(1), "{words:?}: {told}");
                assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{words:?}");
                let by_reason = told.contains(reason) || name == "list" && command == "endpoint";
                assert!(by_reason && told.contains(path), "{words:?}: {told}");
            }
        }
    }
}

#[test]
fn random_bytes_are_no_message_but_no_crash() {
    let mut random = Random(42);
    for _ in 0..3_000 {
        let bytes: Vec<u8> = (0..random.below(200)).map(|_| random.below(256) as u8).collect();
        let _ = binary::message(&bytes, "envoy.config.cluster.v3.Cluster");
        let _ = binary::message(&bytes, "google.protobuf.Struct");
        let _ = binary::any("type.googleapis.com/envoy.config.listener.v3.Listener", &bytes);
    }
    // A Struct inside a Struct, as deep as bytes can say it.
    let mut nested = Vec::new();
    for _ in 0..20_000 {
        let mut value = vec![0x2a];
        let mut length = nested.len();
        while length >= 0x80 {
            value.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        value.push(length as u8);
        value.extend(&nested);
        if value.len() > 60_000 {
            break;
        }
        nested = wrapped(&value);
    }
    let _ = binary::message(&nested, "google.protobuf.Struct");
}

/// An entry of a Struct with this value.
fn wrapped(value: &[u8]) -> Vec<u8> {
    let field = |number: u8, bytes: &[u8]| {
        let mut out = vec![number << 3 | 2];
        let mut length = bytes.len();
        while length >= 0x80 {
            out.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend(bytes);
        out
    };
    let mut entry = field(1, b"k");
    entry.extend(field(2, value));
    field(1, &entry)
}
