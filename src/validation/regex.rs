//! Whether a pattern is a regular expression of RE2's syntax, in the dialect of Go's `regexp`.
//!
//! The proxies and the control plane use RE2; Rust's `regex` takes and refuses other things (see the tests), so the syntax is
//! checked here by a parser that builds nothing.

use std::collections::HashSet;

use super::report::{Fault, Verdict};

/// Longest pattern the control plane accepts, in bytes.
const LONGEST: usize = 1024;
/// Largest repeat count, and largest product of nested counts.
const MOST_REPEATS: u32 = 1000;
const DEEPEST: usize = 1000;

/// A pattern in a route: not empty, not too long, and RE2.
pub fn pattern(text: &str) -> Verdict {
    if text.is_empty() {
        return Err(Fault::new("match-regex-empty", "the regular expression is empty"));
    }
    if text.len() > LONGEST {
        return Err(Fault::new(
            "regex-too-long",
            format!("the regular expression has {} bytes, at most {LONGEST} are allowed", text.len()),
        ));
    }
    syntax(text).map_err(|why| Fault::new("regex-syntax", format!("{text:?} is not an RE2 regular expression: {why}")))
}

/// Whether RE2 compiles the pattern, and if not, why.
pub fn syntax(text: &str) -> Result<(), String> {
    let mut parser = Parser { text, at: 0, names: HashSet::new() };
    parser.alternatives(0)?;
    match parser.peek() {
        None => Ok(()),
        Some(_) => Err("there is a `)` without its `(`".into()),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    names: HashSet<&'t str>,
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
    fn alternatives(&mut self, depth: usize) -> Result<u32, String> {
        if depth > DEEPEST {
            return Err("it nests too deeply".into());
        }
        let mut product = 0;
        // Product of the last piece if a repeat may follow it, and whether it was a repeat itself.
        let mut last: Option<u32> = None;
        let mut repeated = false;
        while let Some(next) = self.peek() {
            let piece = match next {
                ')' => break,
                '|' => {
                    self.next();
                    None
                }
                '*' | '+' | '?' => {
                    self.next();
                    self.after_repeat(last, repeated, next)?;
                    repeated = true;
                    continue;
                }
                '{' => match self.counts() {
                    Some((least, most)) => {
                        last = Some(self.repeat_of(last, repeated, least, most)?);
                        repeated = true;
                        continue;
                    }
                    None => {
                        self.next();
                        Some(0)
                    }
                },
                _ => match self.piece(next, depth)? {
                    Some(inner) => Some(inner),
                    // Flags such as (?i) are no piece: what stood before them can still be repeated.
                    None => last,
                },
            };
            product = product.max(last.unwrap_or(0));
            last = piece;
            repeated = false;
        }
        Ok(product.max(last.unwrap_or(0)))
    }

    fn after_repeat(&mut self, last: Option<u32>, repeated: bool, what: impl std::fmt::Display) -> Result<(), String> {
        if last.is_none() {
            return Err(format!("nothing stands before `{what}` to repeat"));
        }
        self.eat("?");
        if repeated {
            return Err(format!("`{what}` repeats a repetition"));
        }
        Ok(())
    }

    fn repeat_of(
        &mut self,
        last: Option<u32>,
        repeated: bool,
        least: Option<u32>,
        most: Option<u32>,
    ) -> Result<u32, String> {
        let least = least.filter(|least| *least <= MOST_REPEATS).ok_or_else(too_many)?;
        let most = match most {
            Some(most) if most > MOST_REPEATS => return Err(too_many()),
            Some(most) if most < least => return Err(format!("{{{least},{most}}} is the wrong way round")),
            other => other,
        };
        self.after_repeat(last, repeated, "{…}")?;
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
    fn piece(&mut self, next: char, depth: usize) -> Result<Option<u32>, String> {
        match next {
            '(' => self.group(depth),
            '[' => self.class().map(|()| Some(0)),
            '\\' => self.escape().map(|()| Some(0)),
            _ => {
                self.next();
                Ok(Some(0))
            }
        }
    }

    fn group(&mut self, depth: usize) -> Result<Option<u32>, String> {
        self.next();
        if self.eat("?P<") || (!self.rest().starts_with("?<=") && !self.rest().starts_with("?<!") && self.eat("?<")) {
            let (name, _) = self.rest().split_once('>').ok_or("a group name does not end")?;
            let good = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !good {
                return Err(format!("{name:?} is not a group name"));
            }
            if !self.names.insert(name) {
                return Err(format!("the group name {name:?} is used twice"));
            }
            self.at += name.len() + 1;
        } else if self.eat("?") && !self.flags()? {
            return Ok(None);
        }
        let product = self.alternatives(depth + 1)?;
        if self.eat(")") { Ok(Some(product)) } else { Err("a `(` has no `)`".into()) }
    }

    /// The flags after `(?`, up to `:` (a group follows: `true`) or `)`.
    fn flags(&mut self) -> Result<bool, String> {
        let (mut negated, mut seen) = (false, false);
        loop {
            match self.next() {
                Some('i' | 'm' | 's' | 'U') => seen = true,
                Some('-') if !negated => {
                    negated = true;
                    seen = false;
                }
                Some(end @ (':' | ')')) if !negated || seen => return Ok(end == ':'),
                Some('=' | '!' | '<') => return Err("RE2 has no look-around".into()),
                _ => return Err("`(?` is not followed by known flags".into()),
            }
        }
    }

    /// An escape outside of a class.
    fn escape(&mut self) -> Result<(), String> {
        self.next();
        let rest = self.rest();
        match self.peek() {
            Some('A' | 'b' | 'B' | 'z' | 'd' | 'D' | 's' | 'S' | 'w' | 'W') => {
                self.next();
                Ok(())
            }
            Some('Q') => {
                self.at += rest.find("\\E").map_or(rest.len(), |end| end + 2);
                Ok(())
            }
            Some('p' | 'P') => self.unicode_class(),
            _ => self.escaped_character().map(|_| ()),
        }
    }

    /// `\pL`, `\p{Greek}`, `\P{^Greek}`, at the `p`.
    fn unicode_class(&mut self) -> Result<(), String> {
        self.next();
        let name = match self.next() {
            Some('{') => {
                let (name, _) = self.rest().split_once('}').ok_or("a \\p{…} does not end")?;
                self.at += name.len() + 1;
                name.strip_prefix('^').unwrap_or(name).to_owned()
            }
            Some(letter) => letter.to_string(),
            None => return Err("a \\p has no class".into()),
        };
        if is_unicode_class(&name) { Ok(()) } else { Err(format!("{name:?} is not a Unicode class")) }
    }

    /// An escape that stands for one character, after its backslash.
    fn escaped_character(&mut self) -> Result<char, String> {
        let Some(first) = self.next() else { return Err("it ends with a backslash".into()) };
        match first {
            '0'..='7' => {
                // Beside \0 an octal number has at least two digits; a single digit is a back reference.
                let octal = |next: Option<char>| next.and_then(|next| next.to_digit(8));
                if first != '0' && octal(self.peek()).is_none() {
                    return Err("RE2 has no back references".into());
                }
                let mut code = first.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    let Some(digit) = octal(self.peek()) else { break };
                    code = code * 8 + digit;
                    self.next();
                }
                Ok(char::from_u32(code).unwrap_or_default())
            }
            'x' => self.hexadecimal(),
            'a' => Ok('\u{7}'),
            'f' => Ok('\u{c}'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'v' => Ok('\u{b}'),
            _ if first.is_ascii() && !first.is_ascii_alphanumeric() => Ok(first),
            _ => Err(format!("`\\{first}` has no meaning in RE2")),
        }
    }

    fn hexadecimal(&mut self) -> Result<char, String> {
        let wrong = || "`\\x` needs two hexadecimal digits, or more in braces".to_owned();
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
    fn class(&mut self) -> Result<(), String> {
        self.next();
        self.eat("^");
        let mut first = true;
        loop {
            match self.peek() {
                None => return Err("a `[` has no `]`".into()),
                Some(']') if !first => {
                    self.next();
                    return Ok(());
                }
                Some(_) => self.class_item()?,
            }
            first = false;
        }
    }

    fn class_item(&mut self) -> Result<(), String> {
        let rest = self.rest();
        if let Some((name, _)) = rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]")) {
            const POSIX: &[&str] = &[
                "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
                "upper", "word", "xdigit",
            ];
            if !POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
                return Err(format!("[:{name}:] is not a character class"));
            }
            self.at += name.len() + 4;
            return Ok(());
        }
        if rest.starts_with("\\p") || rest.starts_with("\\P") {
            self.next();
            return self.unicode_class();
        }
        if ["\\d", "\\D", "\\s", "\\S", "\\w", "\\W"].iter().any(|class| rest.starts_with(class)) {
            self.at += 2;
            return Ok(());
        }
        let low = self.class_character()?;
        let rest = self.rest();
        if rest.len() > 1 && rest.starts_with('-') && !rest.starts_with("-]") {
            self.next();
            let high = self.class_character()?;
            if high < low {
                return Err(format!("the range {low}-{high} is the wrong way round"));
            }
        }
        Ok(())
    }

    fn class_character(&mut self) -> Result<char, String> {
        match self.next() {
            None => Err("a `[` has no `]`".into()),
            Some('\\') => self.escaped_character(),
            Some(other) => Ok(other),
        }
    }
}

fn too_many() -> String {
    format!("more than {MOST_REPEATS} repetitions, nested ones multiplied")
}

/// A general category, a script or one of Go's own classes, letter case and separators aside.
fn is_unicode_class(name: &str) -> bool {
    let plain = |text: &str| text.replace(['_', '-', ' '], "").to_ascii_lowercase();
    let wanted = plain(name);
    let aliases = || CATEGORY_ALIASES.split_whitespace().map(plain);
    let single = CATEGORIES.split_whitespace().chain(SCRIPTS.split_whitespace());
    single.map(str::to_ascii_lowercase).chain(aliases()).any(|known| known == wanted)
}

const CATEGORIES: &str = "Any Assigned ASCII C Cc Cf Cn Co Cs L LC Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps \
     S Sc Sk Sm So Z Zl Zp Zs";

const CATEGORY_ALIASES: &str = "Cased_Letter Close_Punctuation cntrl Combining_Mark Connector_Punctuation Control Currency_Symbol \
     Dash_Punctuation Decimal_Number digit Enclosing_Mark Final_Punctuation Format Initial_Punctuation Letter Letter_Number \
     Line_Separator Lowercase_Letter Mark Math_Symbol Modifier_Letter Modifier_Symbol Nonspacing_Mark Number Open_Punctuation Other \
     Other_Letter Other_Number Other_Punctuation Other_Symbol Paragraph_Separator Private_Use punct Punctuation Separator \
     Space_Separator Spacing_Mark Surrogate Symbol Titlecase_Letter Unassigned Uppercase_Letter";

/// Scripts of Unicode 15 with a name of one word. The control plane's Go finds no script of several words.
const SCRIPTS: &str = "Adlam Ahom Arabic Armenian Avestan Balinese Bamum Batak Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid \
     Carian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cyrillic Deseret Devanagari Dogra Duployan \
     Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gurmukhi Han Hangul Hanunoo Hatran Hebrew \
     Hiragana Inherited Javanese Kaithi Kannada Katakana Kawi Kharoshthi Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Lisu \
     Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Medefaidrin Miao Modi Mongolian Mro Multani \
     Myanmar Nabataean Nandinagari Newa Nko Nushu Ogham Oriya Osage Osmanya Palmyrene Phoenician Rejang Runic Samaritan \
     Saurashtra Sharada Shavian Siddham Sinhala Sogdian Soyombo Sundanese Syriac Tagalog Tagbanwa Takri Tamil Tangsa Tangut \
     Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho Yezidi Yi";

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
            assert_eq!(syntax(text), Ok(()), "{text}");
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
            "(?P<n>a)(?P<n>b)",
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
            assert!(syntax(text).is_err(), "{text}");
        }
    }
}
