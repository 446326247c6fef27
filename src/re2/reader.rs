//! Reads an expression of RE2 and writes it anew for Rust's `regex`.

use std::collections::HashSet;

use super::Invalid;

/// Largest repeat count, and largest product of nested counts.
const MOST_REPEATS: u32 = 1000;
const DEEPEST: usize = 1000;

/// The same expression in the words of Rust's `regex`.
pub(super) fn rewritten(text: &str) -> Result<String, Invalid> {
    let mut parser =
        Parser { text, at: 0, names: HashSet::new(), out: String::with_capacity(text.len() + 8), flags_from: None };
    parser.alternatives(0)?;
    match parser.peek() {
        None => Ok(parser.out),
        Some(_) => Err(Invalid::new("unexpected )", text, "there is a `)` without its `(`")),
    }
}

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    names: HashSet<&'t str>,
    pub(super) out: String,
    /// Where flags begin that were written last.
    flags_from: Option<usize>,
}

impl<'t> Parser<'t> {
    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Branches up to a `)` or the end. Gives the product of nested repeat counts inside.
    fn alternatives(&mut self, depth: usize) -> Result<u32, Invalid> {
        if depth > DEEPEST {
            return Err(Invalid::new("expression nests too deeply", self.text, "it nests too deeply"));
        }
        let mut product = 0;
        // Product of the last piece if a repeat may follow it, and whether it was a repeat itself.
        let mut last: Option<u32> = None;
        // Where the repeat before begins, if the last piece is one.
        let mut repeated: Option<usize> = None;
        while let Some(next) = self.peek() {
            let start = self.at;
            let from = self.flags_from.take().unwrap_or(self.out.len());
            let piece = match next {
                ')' => break,
                '|' => {
                    self.next();
                    self.out.push('|');
                    None
                }
                '*' | '+' | '?' => {
                    self.next();
                    self.after_repeat(last, repeated, start, from)?;
                    repeated = Some(start);
                    continue;
                }
                '{' => match self.counts() {
                    Some(counts) => {
                        last = Some(self.repeat_of(last, repeated, counts, start, from)?);
                        repeated = Some(start);
                        continue;
                    }
                    None => {
                        self.next();
                        self.out.push_str("\\{");
                        Some(0)
                    }
                },
                _ => match self.piece(next, depth)? {
                    Some(inner) => Some(inner),
                    // Flags such as (?i) are no piece: what stood before them can still be repeated.
                    None => {
                        self.flags_from = Some(from);
                        last
                    }
                },
            };
            product = product.max(last.unwrap_or(0));
            last = piece;
            repeated = None;
        }
        Ok(product.max(last.unwrap_or(0)))
    }

    /// A repeat that begins at `start` has been read up to a `?`. It is written at `place`: flags may stand between a piece and its
    /// repeat, but not in Rust.
    fn after_repeat(
        &mut self,
        last: Option<u32>,
        repeated: Option<usize>,
        start: usize,
        place: usize,
    ) -> Result<(), Invalid> {
        self.eat("?");
        let what = self.since(start);
        if last.is_none() {
            let why = format!("nothing stands before `{what}` to repeat");
            return Err(Invalid::new("missing argument to repetition operator", what, why));
        }
        if let Some(before) = repeated {
            let why = format!("`{what}` repeats a repetition");
            return Err(Invalid::new("invalid nested repetition operator", self.since(before), why));
        }
        self.out.insert_str(place, what);
        Ok(())
    }

    pub(super) fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn repeat_of(
        &mut self,
        last: Option<u32>,
        repeated: Option<usize>,
        (least, most): (Option<u32>, Option<u32>),
        start: usize,
        place: usize,
    ) -> Result<u32, Invalid> {
        let what = self.since(start);
        let wrong = |why: String| Invalid::new("invalid repeat count", what, why);
        let too_many = || wrong(format!("more than {MOST_REPEATS} repetitions, nested ones multiplied"));
        let least = least.filter(|least| *least <= MOST_REPEATS).ok_or_else(too_many)?;
        let most = match most {
            Some(most) if most > MOST_REPEATS => return Err(too_many()),
            Some(most) if most < least => return Err(wrong(format!("{what} is the wrong way round"))),
            other => other,
        };
        self.after_repeat(last, repeated, start, place)?;
        let count = most.unwrap_or(least);
        // What is never there costs nothing, whatever it repeats.
        if most == Some(0) {
            return Ok(0);
        }
        let product = count.saturating_mul(last.unwrap_or(0).max(1));
        if product > MOST_REPEATS { Err(too_many()) } else { Ok(product) }
    }

    /// `{n}`, `{n,}`, `{n,m}`; a count too large to hold is `None` inside. Anything else is literal text and is not consumed.
    fn counts(&mut self) -> Option<(Option<u32>, Option<u32>)> {
        let inside = self.rest().strip_prefix('{')?;
        let (inside, _) = inside.split_once('}')?;
        let number = |text: &str| -> Option<Option<u32>> {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let plain = digits && !(text.len() > 1 && text.starts_with('0'));
            plain.then(|| text.parse().ok())
        };
        let (least, most) = match inside.split_once(',') {
            None => {
                let count = number(inside)?;
                (count, count)
            }
            Some((least, "")) => (number(least)?, None),
            Some((least, most)) => (number(least)?, Some(number(most)?.unwrap_or(u32::MAX))),
        };
        self.at += inside.len() + 2;
        Some((least, most))
    }

    /// One literal, class, escape or group. `None` for a group of flags only.
    fn piece(&mut self, next: char, depth: usize) -> Result<Option<u32>, Invalid> {
        match next {
            '(' => self.group(depth),
            '[' => self.class().map(|()| Some(0)),
            '\\' => self.escape().map(|()| Some(0)),
            _ => {
                self.next();
                match next {
                    '.' | '^' | '$' => self.out.push(next),
                    literal => self.literal(literal),
                }
                Ok(Some(0))
            }
        }
    }

    /// A character that means itself.
    pub(super) fn literal(&mut self, literal: char) {
        if literal.is_ascii_punctuation() || literal.is_ascii_control() {
            self.out.push_str(&format!("\\x{{{:X}}}", u32::from(literal)));
        } else {
            self.out.push(literal);
        }
    }

    fn group(&mut self, depth: usize) -> Result<Option<u32>, Invalid> {
        let start = self.at;
        self.next();
        if self.eat("?P<") || (!self.rest().starts_with("?<=") && !self.rest().starts_with("?<!") && self.eat("?<")) {
            let wrong = |part: &str, why: String| Invalid::new("invalid named capture", part, why);
            let whole = self.text.get(start..).unwrap_or_default();
            let (name, _) =
                self.rest().split_once('>').ok_or_else(|| wrong(whole, "a group name does not end".into()))?;
            let good = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !good {
                return Err(wrong(self.through(start, name), format!("{name:?} is not a group name")));
            }
            self.at += name.len() + 1;
            // Go lets a name stand twice and means the first by it.
            let first = self.names.insert(name);
            self.out.push_str(&if first { format!("(?P<{name}>") } else { "(".into() });
        } else if self.eat("?") {
            let group = self.flags(start)?;
            // Empty flags change nothing.
            self.out.push_str(Some(self.since(start)).filter(|flags| *flags != "(?)").unwrap_or_default());
            if !group {
                return Ok(None);
            }
        } else {
            self.out.push('(');
        }
        let product = self.alternatives(depth + 1)?;
        if !self.eat(")") {
            return Err(Invalid::new("missing closing )", self.text, "a `(` has no `)`"));
        }
        self.out.push(')');
        Ok(Some(product))
    }

    /// The text from `start` to the end of a name and its bracket that stand here.
    fn through(&self, start: usize, name: &str) -> &'t str {
        self.text.get(start..self.at + name.len() + 1).unwrap_or_default()
    }

    /// The flags after `(?`, up to `:` (a group follows: `true`) or `)`.
    fn flags(&mut self, start: usize) -> Result<bool, Invalid> {
        let (mut negated, mut seen) = (false, false);
        loop {
            match self.next() {
                Some('i' | 'm' | 's' | 'U') => seen = true,
                Some('-') if !negated => {
                    negated = true;
                    seen = false;
                }
                Some(end @ (':' | ')')) if !negated || seen => return Ok(end == ':'),
                other => {
                    let why = match other {
                        Some('=' | '!' | '<') => "RE2 has no look-around",
                        _ => "`(?` is not followed by known flags",
                    };
                    return Err(Invalid::new("invalid or unsupported Perl syntax", self.since(start), why));
                }
            }
        }
    }
}
