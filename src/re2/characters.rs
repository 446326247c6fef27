//! Escapes and bracketed classes of an expression: what stands for one character or one of several.

use super::reader::Parser;
use super::{Invalid, classes};

impl<'t> Parser<'t> {
    /// An escape outside of a class.
    pub(super) fn escape(&mut self) -> Result<(), Invalid> {
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
    pub(super) fn class(&mut self) -> Result<(), Invalid> {
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
