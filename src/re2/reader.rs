//! Reads an expression of RE2 and writes it anew for Rust's `regex`.

use std::collections::HashSet;

use super::{Invalid, classes};

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

struct Parser<'t> {
    text: &'t str,
    at: usize,
    names: HashSet<&'t str>,
    out: String,
    /// Where flags begin that were written last.
    flags_from: Option<usize>,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn eat(&mut self, text: &str) -> bool {
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

    fn since(&self, start: usize) -> &'t str {
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
    fn literal(&mut self, literal: char) {
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

    /// An escape outside of a class.
    fn escape(&mut self) -> Result<(), Invalid> {
        let start = self.at;
        self.next();
        let rest = self.rest();
        let same = match self.peek() {
            Some('Q') => {
                let quoted = rest.split("\\E").next().unwrap_or(rest);
                self.at += (quoted.len() + 2).min(rest.len());
                quoted.chars().skip(1).for_each(|literal| self.literal(literal));
                return Ok(());
            }
            Some('p' | 'P') => return self.unicode_class(start),
            Some('A') => "\\A",
            Some('z') => "\\z",
            // Words are of ASCII.
            Some('b') => "(?-u:\\b)",
            Some('B') => "\\B",
            Some(class) if let Some(members) = classes::perl(class) => {
                self.next();
                self.out.push_str(&format!("[{members}]"));
                return Ok(());
            }
            _ => {
                let character = self.escaped_character(start)?;
                self.literal(character);
                return Ok(());
            }
        };
        self.next();
        self.out.push_str(same);
        Ok(())
    }

    /// `\pL`, `\p{Greek}`, `\P{^Greek}`, at the `p`.
    fn unicode_class(&mut self, start: usize) -> Result<(), Invalid> {
        let wrong = |part: &str, why: String| Invalid::new("invalid character class range", part, why);
        let mut negated = self.next() == Some('P');
        let name = match self.next() {
            Some('{') => {
                let whole = self.text.get(start..).unwrap_or_default();
                let (name, _) =
                    self.rest().split_once('}').ok_or_else(|| wrong(whole, "a \\p{…} does not end".into()))?;
                self.at += name.len() + 1;
                let bare = name.strip_prefix('^');
                negated ^= bare.is_some();
                bare.unwrap_or(name).to_owned()
            }
            Some(letter) => letter.to_string(),
            None => return Err(wrong(self.since(start), "a \\p has no class".into())),
        };
        let Some(kind) = classes::unicode_kind(&name) else {
            return Err(wrong(self.since(start), format!("{name:?} is not a Unicode class")));
        };
        self.out.push_str(&format!("\\{}{{{kind}{name}}}", if negated { 'P' } else { 'p' }));
        Ok(())
    }

    /// An escape that stands for one character, after its backslash.
    fn escaped_character(&mut self, start: usize) -> Result<char, Invalid> {
        let Some(first) = self.next() else {
            return Err(Invalid::new("trailing backslash at end of expression", "", "it ends with a backslash"));
        };
        let wrong = |part: &str, why: String| Err(Invalid::new("invalid escape sequence", part, why));
        match first {
            '0'..='7' => {
                // Beside \0 an octal number has at least two digits; a single digit is a back reference.
                let octal = |next: Option<char>| next.and_then(|next| next.to_digit(8));
                if first != '0' && octal(self.peek()).is_none() {
                    return wrong(self.since(start), "RE2 has no back references".into());
                }
                let mut code = first.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    let Some(digit) = octal(self.peek()) else { break };
                    code = code * 8 + digit;
                    self.next();
                }
                Ok(char::from_u32(code).unwrap_or_default())
            }
            'x' => self.hexadecimal(start),
            'a' => Ok('\u{7}'),
            'f' => Ok('\u{c}'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'v' => Ok('\u{b}'),
            _ if first.is_ascii() && !first.is_ascii_alphanumeric() => Ok(first),
            _ => wrong(self.since(start), format!("`\\{first}` has no meaning in RE2")),
        }
    }

    fn hexadecimal(&mut self, start: usize) -> Result<char, Invalid> {
        let whole = self.since(start);
        let wrong = || {
            let why = "`\\x` needs two hexadecimal digits, or more in braces";
            Invalid::new("invalid escape sequence", whole, why)
        };
        let digits = if self.eat("{") {
            let (digits, _) = self.rest().split_once('}').ok_or_else(wrong)?;
            self.at += digits.len() + 1;
            digits
        } else {
            let digits = self.rest().get(..2).ok_or_else(wrong)?;
            self.at += 2;
            digits
        };
        let good = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let code = u32::from_str_radix(digits, 16).ok().filter(|code| good && *code <= 0x10_ffff).ok_or_else(wrong)?;
        // Surrogates are numbers like others here; their order is all that counts.
        Ok(char::from_u32(code).unwrap_or('\u{d7ff}'))
    }

    /// A bracketed class.
    fn class(&mut self) -> Result<(), Invalid> {
        let start = self.at;
        self.next();
        self.out.push('[');
        if self.eat("^") {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            match self.peek() {
                None => return Err(self.open_class(start)),
                Some(']') if !first => {
                    self.next();
                    self.out.push(']');
                    return Ok(());
                }
                Some(_) => self.class_item(start)?,
            }
            first = false;
        }
    }

    fn open_class(&self, start: usize) -> Invalid {
        Invalid::new("missing closing ]", self.text.get(start..).unwrap_or_default(), "a `[` has no `]`")
    }

    fn class_item(&mut self, class: usize) -> Result<(), Invalid> {
        let (start, rest) = (self.at, self.rest());
        let wrong = |part: &str, why: String| Invalid::new("invalid character class range", part, why);
        if let Some((name, _)) = rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]")) {
            const POSIX: &[&str] = &[
                "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
                "upper", "word", "xdigit",
            ];
            if !POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
                let part = rest.get(..name.len() + 4).unwrap_or_default();
                return Err(wrong(part, format!("[:{name}:] is not a character class")));
            }
            self.at += name.len() + 4;
            self.out.push_str(self.since(start));
            return Ok(());
        }
        if rest.starts_with("\\p") || rest.starts_with("\\P") {
            self.next();
            return self.unicode_class(start);
        }
        if let Some(members) = rest.strip_prefix('\\').and_then(|rest| classes::perl(rest.chars().next()?)) {
            self.at += 2;
            self.out.push_str(&if members.starts_with('^') { format!("[{members}]") } else { members.to_owned() });
            return Ok(());
        }
        let low = self.class_character(class)?;
        self.literal(low);
        let rest = self.rest();
        if rest.len() > 1 && rest.starts_with('-') && !rest.starts_with("-]") {
            self.next();
            let high = self.class_character(class)?;
            if high < low {
                let why = format!("the range {low}-{high} is the wrong way round");
                return Err(wrong(self.since(start), why));
            }
            self.out.push('-');
            self.literal(high);
        }
        Ok(())
    }

    fn class_character(&mut self, class: usize) -> Result<char, Invalid> {
        let start = self.at;
        match self.next() {
            None => Err(self.open_class(class)),
            Some('\\') => self.escaped_character(start),
            Some(other) => Ok(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_re2_takes() {
        for text in [
            "",
            "a|",
            "()",
            "a*?",
            "^*",
            "(a{10}){100}",
            "((a{600}){0}){2}",
            "a{1000}",
            "{",
            "a{",
            "a{,2}",
            "a{01}",
            "x{2}{",
            "(?i)a",
            "a(?i)*",
            "(?P<n>a)",
            "(?<n>a)",
            "(?P<n>a)(?P<n>b)",
            "(?U)a+",
            "(?i-s:a)",
            r"\Qa*\E",
            r"\Q",
            r"\07",
            r"\12",
            r"\x{10FFFF}",
            r"\xff",
            r"\pL",
            r"\p{cs}",
            r"\p{Uppercase_Letter}",
            r"\p{any}",
            r"\p{Greek}",
            r"\P{^Lu}",
            "[[:alpha:]]",
            "[]a]",
            "[^]a]",
            "[a-]",
            "[-a]",
            "[&&]",
            "[a&&b]",
            "[~~]",
            "[[:x]",
            r"\<",
            r"\z",
            r"\bword\B",
            r"[\d\-z]",
            "(?)",
            "é+",
            "[α-ω]",
        ] {
            let rust = rewritten(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            // Text in Rust has no surrogates, nor has `regex` a class of them.
            assert!(text == r"\p{cs}" || regex::Regex::new(&rust).is_ok(), "{text}: {rust}");
        }
    }

    #[test]
    fn what_re2_refuses() {
        for text in [
            "a**",
            "a++",
            "a*{2}",
            "*",
            "(*)",
            "|*",
            "(?i)*",
            "a{1001}",
            "(a{10}){101}",
            "(a+){1000}{10}",
            "a{3,2}",
            "(",
            ")",
            "a)",
            "[a",
            "[a--b]",
            "[z-a]",
            "[[:nope:]]",
            r"\C",
            r"\Z",
            r"\1",
            r"\8",
            "a\\",
            r"\p{Nope}",
            r"\pé",
            "(?=a)",
            "(?!a)",
            "(?<=a)",
            "(?<!a)",
            "(?P=n)",
            "(?P<a-b>x)",
            "(?x)a",
            "(?i-)",
            "(?#c)",
            r"\x{110000}",
            r"\xg",
            r"[\b]",
            "(?>a)",
            "a{100000000000}",
        ] {
            assert!(rewritten(text).is_err(), "{text}");
        }
    }

    #[test]
    fn expressions_are_written_anew_for_rust() {
        for (go, rust) in [
            (r"^\d+\.x", r"^[0-9]+\x{2E}x"),
            (r"[\w.-]+", r"[0-9A-Za-z_\x{2E}\x{2D}]+"),
            ("[[a]", r"[\x{5B}a]"),
            ("[]a]", r"[\x{5D}a]"),
            ("[^]a]", r"[^\x{5D}a]"),
            ("[[:alpha:]_]x[0]", r"[[:alpha:]\x{5F}]x[0]"),
            (r"\Qa.b\E+", r"a\x{2E}b+"),
            ("[a&&b]", r"[a\x{26}\x{26}b]"),
            (r"\101{,3}", r"A\{\x{2C}3\x{7D}"),
            (r"\p{^Greek}\P{^Lu}", r"\P{sc=Greek}\p{gc=Lu}"),
            (r"[\w-z]", r"[0-9A-Za-z_\x{2D}z]"),
            (r"\<a\b", r"\x{3C}a(?-u:\b)"),
            ("a(?i)*?b(?s)(?U){2}c", "a*?(?i)b{2}(?s)(?U)c"),
            ("(?i)a(?P<n>b){2,3}?", "(?i)a(?P<n>b){2,3}?"),
        ] {
            assert_eq!(rewritten(go).as_deref(), Ok(rust), "{go}");
        }
    }
}
