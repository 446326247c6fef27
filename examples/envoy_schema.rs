//! Makes `src/envoy/schema/messages.txt` out of a compiled protocol buffers descriptor set:
//! `cargo run --example envoy_schema -- DESCRIPTOR_SET > src/envoy/schema/messages.txt`.
//!
//! Any `FileDescriptorSet` with Envoy's API will do (`protoc --descriptor_set_out --include_imports`, or the one that a
//! published crate carries). Only names, numbers and kinds are taken over; the format is described in `envoy::schema`.

use std::collections::{BTreeMap, HashMap};
use std::process::ExitCode;

use bowline::envoy::wire::{Fields, Wire};

type Raw<'a> = BTreeMap<u32, Vec<Wire<'a>>>;
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match std::env::args().nth(1).ok_or_else(|| "usage: envoy_schema DESCRIPTOR_SET".into()).and_then(|path| run(&path))
    {
        Ok(table) => {
            print!("{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("envoy_schema: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(path: &str) -> Result<String, Failure> {
    let bytes = std::fs::read(path)?;
    let mut table = BTreeMap::new();
    for file in children(&raw(&bytes)?, 1) {
        let file = raw(file)?;
        let package = text(&file, 2);
        for message in children(&file, 4) {
            add_message(&mut table, &package, &package, message)?;
        }
        for enumeration in children(&file, 5) {
            add_enum(&mut table, &package, enumeration)?;
        }
    }
    let head = "# Made by examples/envoy_schema.rs; the format is described in mod.rs.\n".to_owned();
    Ok(table.into_values().fold(head, |text, entry| text + &entry))
}

fn add_message(table: &mut BTreeMap<String, String>, package: &str, scope: &str, bytes: &[u8]) -> Result<(), Failure> {
    let message = raw(bytes)?;
    let name = join(scope, &text(&message, 1));
    let mut maps = HashMap::new();
    for nested in children(&message, 3) {
        let fields = raw(nested)?;
        // MessageOptions.map_entry
        let is_map = children(&fields, 7).first().map(|o| raw(o)).transpose()?.is_some_and(|o| number(&o, 7) == 1);
        if is_map {
            let sides = children(&fields, 2);
            let side = |index: usize| -> Result<String, Failure> {
                Ok(kind(&raw(sides.get(index).ok_or("a map without key or value")?)?, package, &HashMap::new()))
            };
            maps.insert(join(&name, &text(&fields, 1)), format!("map {} {}", side(0)?, side(1)?));
        } else {
            add_message(table, package, &name, nested)?;
        }
    }
    for enumeration in children(&message, 4) {
        add_enum(table, &name, enumeration)?;
    }
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut first_of_group: HashMap<u64, usize> = HashMap::new();
    for (index, bytes) in children(&message, 2).into_iter().enumerate() {
        let field = raw(bytes)?;
        let mut line = format!("{} {} {}", text(&field, 1), number(&field, 3), kind(&field, package, &maps));
        let mut position = index;
        let optional = number(&field, 17) == 1;
        if field.contains_key(&9) && !optional {
            let group = number(&field, 9);
            position = *first_of_group.entry(group).or_insert(index);
            line.push_str(&format!(" |{group}"));
        } else if optional {
            line.push_str(" ?");
        }
        lines.push((position, line));
    }
    // A oneof stands where its first member is declared.
    lines.sort_by_key(|(position, _)| *position);
    let body: String = lines.into_iter().map(|(_, line)| format!("{line}\n")).collect();
    table.insert(name.clone(), format!("message {name}\n{body}"));
    Ok(())
}

fn add_enum(table: &mut BTreeMap<String, String>, scope: &str, bytes: &[u8]) -> Result<(), Failure> {
    let enumeration = raw(bytes)?;
    let name = join(scope, &text(&enumeration, 1));
    let mut out = format!("enum {name}\n");
    for value in children(&enumeration, 2) {
        let value = raw(value)?;
        out.push_str(&format!("{} {}\n", text(&value, 1), number(&value, 2).cast_signed()));
    }
    table.insert(name, out);
    Ok(())
}

/// The kind of a field as the table writes it: `*` for lists, `.X` for `X` in the package of the message.
fn kind(field: &Raw, package: &str, maps: &HashMap<String, String>) -> String {
    const KINDS: [&str; 19] = [
        "?", "double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string", "?", "?", "bytes",
        "uint32", "?", "sfixed32", "sfixed64", "sint32", "sint64",
    ];
    let full = text(field, 6).trim_start_matches('.').to_owned();
    if let Some(map) = maps.get(&full) {
        return map.clone();
    }
    let inside = full.strip_prefix(package).filter(|rest| rest.starts_with('.') && !package.is_empty());
    let named = inside.map_or(full.clone(), str::to_owned);
    let plain = match number(field, 5) {
        11 => format!("m:{named}"),
        14 => format!("e:{named}"),
        other => KINDS.get(usize::try_from(other).unwrap_or(0)).unwrap_or(&"?").to_string(),
    };
    if number(field, 4) == 3 { format!("*{plain}") } else { plain }
}

fn raw(bytes: &[u8]) -> Result<Raw<'_>, Failure> {
    let mut fields = Raw::new();
    for field in Fields::new(bytes) {
        let (number, value) = field?;
        fields.entry(number).or_default().push(value);
    }
    Ok(fields)
}

fn children<'a>(raw: &Raw<'a>, field: u32) -> Vec<&'a [u8]> {
    let values = raw.get(&field).into_iter().flatten();
    values.filter_map(|value| if let Wire::Bytes(bytes) = value { Some(*bytes) } else { None }).collect()
}

fn text(raw: &Raw, field: u32) -> String {
    children(raw, field).first().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
}

fn number(raw: &Raw, field: u32) -> u64 {
    match raw.get(&field).and_then(|values| values.last()) {
        Some(Wire::Varint(value)) => *value,
        _ => 0,
    }
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}
