//! Where in a dump something is wrong, and what the text of a file is that is no JSON at all.

use serde_json::value::RawValue;

use super::DumpError;
use crate::envoy::decode::DecodeError;

/// What some programs put before text in UTF-8, and what they write instead of it.
const MARKS: [(&[u8], &str); 3] = [
    (b"\xef\xbb\xbf", "it begins with a byte order mark, which JSON does not have; save it without"),
    (b"\xff\xfe", "it is UTF-16, not UTF-8 (PowerShell's `>` writes that)"),
    (b"\xfe\xff", "it is UTF-16, not UTF-8"),
];

/// The text of a dump, or why it is none.
pub fn as_text(dump: &[u8]) -> Result<&str, String> {
    if dump.trim_ascii().is_empty() {
        return Err("it is empty".to_owned());
    }
    if let Some((_, reason)) = MARKS.iter().find(|(mark, _)| dump.starts_with(mark)) {
        return Err((*reason).to_owned());
    }
    std::str::from_utf8(dump).map_err(|error| {
        let (line, column) = line_and_column(dump, error.valid_up_to());
        format!("it is not UTF-8: byte {} at line {line} column {column}", error.valid_up_to())
    })
}

/// Why the text as a whole is not what it should be.
pub fn of_text(error: &serde_json::Error) -> String {
    if error.is_eof() { format!("{error}: it was cut off there") } else { error.to_string() }
}

/// Why one resource of a dump is not what it should be; the error counts its lines from the resource's own.
pub fn of_resource(dump: &[u8], resource: &RawValue, error: &serde_json::Error) -> DumpError {
    let Some(start) = offset(dump, resource) else { return DumpError::Unreadable(error.to_string()) };
    let (first, before) = line_and_column(dump, start);
    let (line, column) = (first + error.line().saturating_sub(1), error.column());
    let column = if error.line() <= 1 { before - 1 + column } else { column };
    DumpError::Unreadable(format!("{} at line {line} column {column}", reason(error)))
}

/// The same for an error that names a field of it.
pub fn of_field(dump: &[u8], resource: &RawValue, error: &DecodeError) -> DumpError {
    let Some(start) = offset(dump, resource) else { return DumpError::Unreadable(error.to_string()) };
    let (line, column) = line_and_column(dump, start);
    DumpError::Unreadable(format!("{error}, in the resource at line {line} column {column}"))
}

/// What an error says, without the place.
pub fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).map(str::to_owned).unwrap_or(text)
}

/// Where in the dump a resource begins; nowhere if it is of another text.
fn offset(dump: &[u8], resource: &RawValue) -> Option<usize> {
    let offset = resource.get().as_ptr().addr().checked_sub(dump.as_ptr().addr())?;
    (offset < dump.len()).then_some(offset)
}

/// Both count from 1.
fn line_and_column(dump: &[u8], offset: usize) -> (usize, usize) {
    let before = dump.get(..offset).unwrap_or(dump);
    let lines = memchr::memchr_iter(b'\n', before).count();
    (lines + 1, before.len() - memchr::memrchr(b'\n', before).map_or(0, |end| end + 1) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_named() {
        let reason = |bytes: &[u8]| as_text(bytes).expect_err("no text");
        assert_eq!(reason(b" \n"), "it is empty");
        assert!(reason(b"\xef\xbb\xbf{}").starts_with("it begins with a byte order mark"));
        assert!(reason(b"\xff\xfe{\0}\0").starts_with("it is UTF-16"));
        assert_eq!(reason(b"{\n \"a\xff\"}"), "it is not UTF-8: byte 5 at line 2 column 4");
    }

    #[test]
    fn errors_of_a_resource_tell_their_place_in_the_dump() {
        let dump = "[\n  {\"a\":\n   1}, 7]";
        let raws: Vec<&RawValue> = serde_json::from_str(dump).expect("JSON");
        let place = |raw: &RawValue| {
            let error = serde_json::from_str::<std::collections::BTreeMap<String, bool>>(raw.get()).expect_err("wrong");
            of_resource(dump.as_bytes(), raw, &error).to_string()
        };
        assert!(place(raws[0]).ends_with("invalid type: integer `1`, expected a boolean at line 3 column 4"));
        assert!(place(raws[1]).ends_with("invalid type: integer `7`, expected a map at line 3 column 8"));
    }
}
