//! Which form a text is written in: plain where it reads back as itself, else the least noisy quotes that can carry it.

use crate::yaml::scalar::{Scalar, is_base60, is_timestamp, resolve};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// The style of a value, or of a key written in the form `? key`.
pub(super) fn of_value(text: &str) -> Style {
    if is_simple_word(text) {
        return Style::Plain;
    }
    let traits = Traits::of(text);
    if text.contains('\n') {
        return if traits.special || traits.space_before_break || text.ends_with(' ') {
            Style::Double
        } else {
            Style::Literal
        };
    }
    traits.flow_style(text)
}

/// The style of a key that stands before its colon. The original leaves the key `<<` plain and so turns it into a merge.
pub(super) fn of_key(text: &str) -> Style {
    if text == "<<" {
        return Style::Double;
    }
    if is_simple_word(text) { Style::Plain } else { Traits::of(text).flow_style(text) }
}

/// Letters, digits, `.`, `/`, `-` and `_`, beginning with a letter: plain unless it is a word like `yes`.
fn is_simple_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'-' | b'_'))
        && resolve(text) == Scalar::Text
}

/// Whether it would be read back as something other than text.
fn is_ambiguous(text: &str) -> bool {
    resolve(text) != Scalar::Text
        || (text.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '-')
            && (is_base60(text) || is_timestamp(text)))
}

/// What in a text speaks against a style.
#[derive(Default)]
struct Traits {
    /// Something only escapes can carry.
    special: bool,
    /// An indicator at a place where it means something.
    indicator: bool,
    line_break: bool,
    space_before_break: bool,
    break_before_space: bool,
}

impl Traits {
    fn of(text: &str) -> Self {
        let mut traits = Self { indicator: text.starts_with("---") || text.starts_with("..."), ..Self::default() };
        let (mut after_space, mut after_break, mut after_blank) = (false, false, false);
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let blank_follows = chars.peek().is_none_or(|&(_, next)| matches!(next, ' ' | '\t') || is_break(next));
            traits.indicator |= match c {
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => at == 0,
                '#' => at == 0 || after_blank,
                ':' => blank_follows,
                '?' | '-' => at == 0 && blank_follows,
                _ => false,
            };
            let line_break = is_break(c);
            traits.line_break |= line_break;
            traits.special |= is_special(c);
            traits.space_before_break |= after_space && line_break;
            traits.break_before_space |= after_break && c == ' ';
            after_space = c == ' ';
            after_break = line_break;
            after_blank = line_break || matches!(c, ' ' | '\t');
        }
        traits
    }

    /// The style among those that fit on one line.
    fn flow_style(&self, text: &str) -> Style {
        if is_ambiguous(text) || self.special || self.space_before_break {
            return Style::Double;
        }
        let edge = |c: char| c == ' ' || is_break(c);
        if !self.indicator && !self.line_break && !text.starts_with(edge) && !text.ends_with(edge) {
            return Style::Plain;
        }
        if self.break_before_space || self.line_break { Style::Double } else { Style::Single }
    }
}

/// Characters that YAML 1.1 ends lines with.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_special(c: char) -> bool {
    !(matches!(c, '\n' | ' '..='~' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}') && c != '\u{FEFF}')
        || matches!(c, '\u{2028}' | '\u{2029}')
}
