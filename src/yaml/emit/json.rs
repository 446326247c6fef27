//! JSON text as YAML, a piece at a time: for texts that would need many times their size as values.

use indexmap::IndexMap;
use rayon::prelude::*;
use serde_json::value::RawValue;

use super::{Value, Writer, to_string};
use crate::yaml::order::sort_naturally;

/// Containers of fewer bytes are made into values; of larger ones, their members one by one.
const PIECE: usize = 1 << 20;

/// Why JSON did not become YAML.
#[derive(Debug)]
pub enum Unconverted<E> {
    Json(serde_json::Error),
    /// What `write` failed with.
    Write(E),
}

impl<E> From<serde_json::Error> for Unconverted<E> {
    fn from(error: serde_json::Error) -> Self {
        Unconverted::Json(error)
    }
}

/// Writes JSON text as the YAML document that [`to_string`] makes of its value.
///
/// # Errors
/// When the text is not JSON, before anything is written; and when `write` fails.
pub fn from_json<E>(text: &str, write: impl FnMut(&str) -> Result<(), E>) -> Result<(), Unconverted<E>> {
    let whole: &RawValue = serde_json::from_str(text)?;
    let mut pieces = Pieces { write, piece: PIECE };
    if pieces.is_large(whole) {
        return pieces.members(whole, 0, false);
    }
    // Its own error counts lines from the first, unlike that of a piece.
    pieces.write(&to_string(&serde_json::from_str(text)?))
}

struct Pieces<F> {
    write: F,
    piece: usize,
}

impl<E, F: FnMut(&str) -> Result<(), E>> Pieces<F> {
    fn write(&mut self, text: &str) -> Result<(), Unconverted<E>> {
        (self.write)(text).map_err(Unconverted::Write)
    }

    /// What the writer of values writes.
    fn written(&mut self, write: impl FnOnce(&mut Writer)) -> Result<(), Unconverted<E>> {
        let mut out = String::new();
        write(&mut Writer::new(&mut out));
        self.write(&out)
    }

    /// A container with much in it.
    fn is_large(&self, raw: &RawValue) -> bool {
        let text = raw.get();
        let inside = text.strip_prefix(['{', '[']).map(str::trim_start);
        text.len() >= self.piece && inside.is_some_and(|inside| !inside.starts_with(['}', ']']))
    }

    /// The members of a container at a column; with `inline` the first one continues the line.
    fn members(&mut self, raw: &RawValue, column: usize, inline: bool) -> Result<(), Unconverted<E>> {
        if is_list(raw) {
            return self.items(&serde_json::from_str::<Vec<&RawValue>>(raw.get())?, column, inline);
        }
        let map: IndexMap<String, &RawValue> = serde_json::from_str(raw.get())?;
        let mut entries: Vec<(&String, &RawValue)> = map.iter().map(|(key, raw)| (key, *raw)).collect();
        sort_naturally(&mut entries);
        for (place, (key, raw)) in entries.into_iter().enumerate() {
            if place > 0 || !inline {
                self.written(|writer| writer.indent(column))?;
            }
            if !self.is_large(raw) {
                let value: Value = serde_json::from_str(raw.get())?;
                self.written(|writer| writer.entry(key, &value, column))?;
                continue;
            }
            let mut simple = true;
            self.written(|writer| simple = writer.key(key, column))?;
            if simple {
                self.write("\n")?;
                self.members(raw, if is_list(raw) { column } else { column + 2 }, false)?;
            } else {
                self.write(" ")?;
                self.members(raw, column + 2, true)?;
            }
        }
        Ok(())
    }

    fn items(&mut self, mut items: &[&RawValue], column: usize, mut inline: bool) -> Result<(), Unconverted<E>> {
        while let Some(first) = items.first() {
            if self.is_large(first) {
                self.written(|writer| {
                    if !inline {
                        writer.indent(column);
                    }
                    writer.out.push_str("- ");
                })?;
                self.members(first, column + 2, true)?;
                items = items.get(1..).unwrap_or_default();
                inline = false;
                continue;
            }
            let mut size = 0;
            let small = items.iter().take_while(|raw| {
                let begins_inside = size < 4 * self.piece;
                size += raw.get().len();
                begins_inside && !self.is_large(raw)
            });
            let count = small.count();
            let (batch, rest) = items.split_at_checked(count).unwrap_or((items, &[]));
            let texts: Result<Vec<String>, serde_json::Error> = batch
                .par_iter()
                .enumerate()
                .map(|(place, raw)| {
                    let value: Value = serde_json::from_str(raw.get())?;
                    let mut out = String::new();
                    Writer::new(&mut out).seq(&[value], column, inline && place == 0);
                    Ok(out)
                })
                .collect();
            for text in texts? {
                self.write(&text)?;
            }
            items = rest;
            inline = false;
        }
        Ok(())
    }
}

fn is_list(raw: &RawValue) -> bool {
    raw.get().starts_with('[')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_size_make_the_text_of_the_whole() {
        let long = "k".repeat(200);
        let json = format!(
            r#"{{"b10": [1, [2, [3, {{"x": []}}]], {{"c": {{"d": null, "e": "a\nb"}}, "a": [[], {{}}]}}],
               "b9": {{ "z": [ {{"q": 1, "q": 2}}, "t" ] }}, "{long}": [{{"m": {{"n": 1}}}}], "s": "x y", "o": {{   }}}}"#
        );
        let wanted = to_string(&serde_json::from_str(&json).expect("JSON"));
        for piece in [1, 8, 20, 60, 10_000] {
            let mut out = String::new();
            let write = |text: &str| {
                out.push_str(text);
                Ok::<_, ()>(())
            };
            let mut pieces = Pieces { write, piece };
            let whole: &RawValue = serde_json::from_str(&json).expect("JSON");
            if pieces.is_large(whole) {
                pieces.members(whole, 0, false).expect("JSON");
            } else {
                continue;
            }
            assert_eq!(out, wanted, "{piece}");
        }
        let mut out = String::new();
        let write = |text: &str| {
            out.push_str(text);
            Ok::<_, ()>(())
        };
        from_json(&json, write).expect("JSON");
        assert_eq!(out, wanted);
    }
}
