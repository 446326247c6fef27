//! Splits template source into tokens: text outside `{{ }}`, and the words inside. Trim markers and comments end here.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    LeftDelim,
    RightDelim,
    Space,
    Field,
    Variable,
    Identifier,
    Keyword,
    Dot,
    Nil,
    Bool,
    Number,
    Complex,
    Char,
    Quoted,
    RawQuoted,
    Pipe,
    LeftParen,
    RightParen,
    Declare,
    Assign,
    /// Any other printable character, such as a comma.
    Other,
    Eof,
    /// The lexer stopped here; [`Tokens::error`] says why.
    Error,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: u32,
    pub end: u32,
}

/// All tokens of one source. The last is [`Kind::Eof`] or [`Kind::Error`].
pub(super) struct Tokens {
    pub list: Vec<Token>,
    pub error: Option<String>,
}

const KEYWORDS: &[&str] = &["block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"];

pub(super) fn tokens(source: &str) -> Tokens {
    let mut lexer = Lexer { source, at: 0, parens: 0, list: Vec::with_capacity(source.len() / 8) };
    let error = lexer.run().err();
    let end = if error.is_some() { lexer.at.min(source.len()) } else { source.len() };
    let kind = if error.is_some() { Kind::Error } else { Kind::Eof };
    lexer.push(kind, end, end);
    Tokens { list: lexer.list, error }
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
    parens: usize,
    list: Vec<Token>,
}

type Step = Result<(), String>;

impl<'s> Lexer<'s> {
    fn run(&mut self) -> Step {
        let finder = memchr::memmem::Finder::new("{{");
        loop {
            let rest = self.rest();
            let Some(found) = finder.find(rest.as_bytes()) else {
                if !rest.is_empty() {
                    self.push(Kind::Text, self.at, self.source.len());
                }
                return Ok(());
            };
            let open = self.at + found;
            let trims = left_trim(&self.source[open + 2..]);
            let text = &self.source[self.at..open];
            let text = if trims { text.trim_end_matches(is_space) } else { text };
            if !text.is_empty() {
                self.push(Kind::Text, self.at, self.at + text.len());
            }
            self.at = open + 2 + if trims { 2 } else { 0 };
            if self.rest().starts_with("/*") {
                self.comment()?;
            } else {
                self.push(Kind::LeftDelim, open, open + 2);
                self.parens = 0;
                self.action()?;
            }
        }
    }

    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        // Sources are limited to 4 GiB by the parser.
        self.list.push(Token { kind, start: start as u32, end: end as u32 });
    }

    fn comment(&mut self) -> Step {
        let Some(end) = self.rest().find("*/") else {
            return Err("unclosed comment".into());
        };
        self.at += end + 2;
        match self.right_delim() {
            Some(trims) => {
                self.close(trims);
                Ok(())
            }
            None => Err("comment ends before closing delimiter".into()),
        }
    }

    /// Whether a closing delimiter starts here, and whether it trims what follows.
    fn right_delim(&self) -> Option<bool> {
        let rest = self.rest().as_bytes();
        if let [space, b'-', b'}', b'}', ..] = rest
            && is_space(char::from(*space))
        {
            return Some(true);
        }
        rest.starts_with(b"}}").then_some(false)
    }

    fn close(&mut self, trims: bool) {
        self.at += if trims { 4 } else { 2 };
        if trims {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches(is_space).len();
        }
    }

    fn action(&mut self) -> Step {
        loop {
            if let Some(trims) = self.right_delim() {
                if self.parens > 0 {
                    return Err("unclosed left paren".into());
                }
                let start = self.at;
                self.close(trims);
                self.push(Kind::RightDelim, start, start + if trims { 4 } else { 2 });
                return Ok(());
            }
            let start = self.at;
            let Some(c) = self.rest().chars().next() else {
                return Err("unclosed action".into());
            };
            match c {
                c if is_space(c) => self.space(),
                '=' => self.single(Kind::Assign),
                ':' => {
                    if !self.rest().starts_with(":=") {
                        return Err("expected :=".into());
                    }
                    self.at += 2;
                    self.push(Kind::Declare, start, self.at);
                }
                '|' => self.single(Kind::Pipe),
                '"' => self.quoted('"', Kind::Quoted, "unterminated quoted string")?,
                '\'' => self.quoted('\'', Kind::Char, "unterminated character constant")?,
                '`' => {
                    let Some(end) = self.source[start + 1..].find('`') else {
                        return Err("unterminated raw quoted string".into());
                    };
                    self.at = start + 1 + end + 1;
                    self.push(Kind::RawQuoted, start, self.at);
                }
                '$' => self.word(Kind::Variable)?,
                '.' if !self.source[start + 1..].starts_with(|c: char| c.is_ascii_digit()) => self.word(Kind::Field)?,
                '.' | '+' | '-' | '0'..='9' => self.number()?,
                c if is_alphanumeric(c) => self.word(Kind::Identifier)?,
                '(' => {
                    self.parens += 1;
                    self.single(Kind::LeftParen);
                }
                ')' => {
                    if self.parens == 0 {
                        return Err("unexpected right paren".into());
                    }
                    self.parens -= 1;
                    self.single(Kind::RightParen);
                }
                ' '..='~' => self.single(Kind::Other),
                c => return Err(format!("unrecognized character in action: {}", unicode(c))),
            }
        }
    }

    fn single(&mut self, kind: Kind) {
        self.push(kind, self.at, self.at + 1);
        self.at += 1;
    }

    /// A run of blanks, without the one that belongs to a trimming delimiter.
    fn space(&mut self) {
        let start = self.at;
        let rest = self.rest();
        let mut end = start + rest.len() - rest.trim_start_matches(is_space).len();
        if self.source[end..].starts_with("-}}") {
            end -= 1;
        }
        if end > start {
            self.push(Kind::Space, start, end);
        }
        self.at = end;
    }

    fn quoted(&mut self, quote: char, kind: Kind, unterminated: &str) -> Step {
        let start = self.at;
        let mut chars = self.source[start + 1..].char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((_, '\n')) | None => break,
                    Some(_) => {}
                },
                '\n' => break,
                c if c == quote => {
                    self.at = start + 1 + at + 1;
                    self.push(kind, start, self.at);
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(unterminated.into())
    }

    /// `.field`, `$variable`, or a bare word, with the sign it starts with.
    fn word(&mut self, kind: Kind) -> Step {
        let start = self.at;
        let signed = usize::from(kind != Kind::Identifier);
        let body = &self.source[start + signed..];
        let length = body.find(|c| !is_alphanumeric(c)).unwrap_or(body.len());
        self.at = start + signed + length;
        if !self.at_terminator() {
            let c = self.rest().chars().next().unwrap_or('\u{fffd}');
            return Err(format!("bad character {}", unicode(c)));
        }
        let kind = match kind {
            Kind::Field if length == 0 => Kind::Dot,
            Kind::Identifier => match &self.source[start..self.at] {
                "true" | "false" => Kind::Bool,
                "nil" => Kind::Nil,
                word if KEYWORDS.contains(&word) => Kind::Keyword,
                _ => Kind::Identifier,
            },
            kind => kind,
        };
        self.push(kind, start, self.at);
        Ok(())
    }

    fn at_terminator(&self) -> bool {
        match self.rest().chars().next() {
            None => true,
            Some(c) => is_space(c) || matches!(c, '.' | ',' | '|' | ':' | ')' | '(') || self.rest().starts_with("}}"),
        }
    }

    fn number(&mut self) -> Step {
        let start = self.at;
        let mut kind = Kind::Number;
        let mut valid = self.scan_number();
        if valid && self.rest().starts_with(['+', '-']) {
            kind = Kind::Complex;
            valid = self.scan_number() && self.source[..self.at].ends_with('i');
        }
        if !valid {
            return Err(format!("bad number syntax: {}", super::quote::quoted(&self.source[start..self.at])));
        }
        self.push(kind, start, self.at);
        Ok(())
    }

    /// Consumes one number; false when something follows that cannot be part of it.
    fn scan_number(&mut self) -> bool {
        if self.rest().starts_with(['+', '-']) {
            self.at += 1;
        }
        let (digits, exponent): (&str, &str) = match self.rest().as_bytes() {
            [b'0', b'x' | b'X', ..] => ("0123456789abcdefABCDEF_", "pP"),
            [b'0', b'o' | b'O', ..] => ("01234567_", ""),
            [b'0', b'b' | b'B', ..] => ("01_", ""),
            _ => ("0123456789_", "eE"),
        };
        if digits != "0123456789_" {
            self.at += 2;
        }
        self.skip(digits);
        if self.rest().starts_with('.') {
            self.at += 1;
            self.skip(digits);
        }
        if !exponent.is_empty() && self.rest().starts_with(|c| exponent.contains(c)) {
            self.at += 1;
            if self.rest().starts_with(['+', '-']) {
                self.at += 1;
            }
            self.skip("0123456789_");
        }
        if self.rest().starts_with('i') {
            self.at += 1;
        }
        match self.rest().chars().next() {
            Some(c) if is_alphanumeric(c) => {
                self.at += c.len_utf8();
                false
            }
            _ => true,
        }
    }

    fn skip(&mut self, accepted: &str) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(|c| accepted.contains(c)).len();
    }
}

fn left_trim(after: &str) -> bool {
    matches!(after.as_bytes(), [b'-', space, ..] if is_space(char::from(*space)))
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The character as Go's `%#U` names it.
fn unicode(c: char) -> String {
    if super::quote::is_printable(c) { format!("U+{:04X} '{c}'", c as u32) } else { format!("U+{:04X}", c as u32) }
}
