//! PEM as Go reads it: text before a block, header lines, blanks and lines of any length are no mistake, and what begins
//! like a block and is none is passed over.

use super::well_known::parse_bytes;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// The contents of the blocks of a PEM text, whatever they are called.
pub fn blocks(pem: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let text = String::from_utf8_lossy(pem);
    let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let mut next = 0;
    std::iter::from_fn(move || {
        while let Some(line) = lines.get(next) {
            next += 1;
            if let Some(name) = line.trim_end().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(DASHES))
                && let Some((block, length)) = content(lines.get(next..).unwrap_or_default(), name)
            {
                next += length;
                return Some(block);
            }
        }
        None
    })
}

/// What stands in the lines before the one that ends the block, and how many lines that is.
fn content(lines: &[String], name: &str) -> Option<(Vec<u8>, usize)> {
    let end = lines.iter().position(|line| line.starts_with(END))?;
    let closing = lines.get(end)?.trim_end().strip_prefix(END)?.strip_suffix(DASHES)?;
    let headers = lines.iter().take(end).take_while(|line| line.contains(':')).count();
    let body: String = lines.get(headers..end)?.iter().flat_map(|line| line.split([' ', '\t', '\r'])).collect();
    // Only the standard alphabet, and padded.
    let standard = body.len().is_multiple_of(4) && !body.contains(['-', '_']);
    let bytes = parse_bytes(&body).filter(|_| standard && closing == name)?;
    Some((bytes, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pem: &str) -> Vec<String> {
        blocks(pem.as_bytes()).map(|block| String::from_utf8(block).expect("text")).collect()
    }

    #[test]
    fn blocks_are_found_whatever_stands_around_them() {
        let cases: [(&str, &[&str]); 9] = [
            (
                "-----BEGIN A-----\nb25l\n-----END A-----\n-----BEGIN B-----\r\ndH\r\n dv\r\n-----END B-----",
                &["one", "two"],
            ),
            ("# remark\n-----BEGIN A-----\nKey: value\nOther: 1\n\nb25l\n-----END A-----\n", &["one"]),
            ("-----BEGIN A-----\n-----END A-----\n", &[""]),
            ("-----BEGIN A-----\nb25l\n-----END B-----\n-----BEGIN A-----\ndHdv\n-----END A-----\n", &["two"]),
            ("-----BEGIN A-----\nb25!\n-----END A-----\n-----BEGIN A-----\ndHdv\n-----END A-----\n", &["two"]),
            ("-----BEGIN A-----\nb25\n-----END A-----\n", &[]),
            ("x-----BEGIN A-----\nb25l\n-----END A-----\n", &[]),
            ("-----BEGIN A-----\nb25l\n", &[]),
            ("", &[]),
        ];
        for (pem, wanted) in cases {
            assert_eq!(texts(pem), wanted, "{pem}");
        }
    }
}
