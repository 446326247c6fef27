//! Dumps that are cut, corrupt or made to hurt: an answer or a clear error, never a crash.

use std::path::{Path, PathBuf};

use bowline::envoy::binary;

#[path = "../fuzz/checks_dump.rs"]
mod checks;

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
