//! Whether a text is an expression of the Common Expression Language: its syntax and the form of its macros, nothing more.
//!
//! Names and functions are not looked up, as the proxies know ones that we do not. Evaluation is `schema`'s and needs an engine.

/// Deepest nesting that is followed.
const DEEPEST: usize = 250;

const RESERVED: &[&str] = &[
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// Methods whose first argument is the name of a variable, with the numbers of arguments that make them macros.
const MACROS: &[(&str, &[usize])] =
    &[("all", &[2]), ("exists", &[2]), ("exists_one", &[2]), ("existsOne", &[2]), ("map", &[2, 3]), ("filter", &[2])];

/// Why a text is not a CEL expression.
pub fn syntax(text: &str) -> Result<(), String> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, negative: false };
    parser.expression()?;
    match parser.peek() {
        None => Ok(()),
        Some(token) => Err(format!("{token} is not expected here")),
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'t> {
    Name(&'t str),
    Number,
    /// The integer whose negative is the lowest, and which is too large without the minus in front.
    Lowest,
    Text,
    /// Operators and brackets.
    Sign(&'t str),
}

impl std::fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Token::Name(text) | Token::Sign(text) => write!(f, "`{text}`"),
            Token::Number | Token::Lowest => f.write_str("a number"),
            Token::Text => f.write_str("a text"),
        }
    }
}

const SIGNS: &[&str] = &[
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[", "]",
    "{", "}",
];

fn tokens(text: &str) -> Result<Vec<Token<'_>>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{c}']);
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.find('\n').and_then(|end| comment.get(end..)).unwrap_or_default();
            continue;
        }
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let after = |length: usize| rest.get(length..).unwrap_or_default();
        let number = number(rest)?;
        if number > 0 {
            let lowest = rest.get(..number).and_then(magnitude) == Some(LOWEST);
            tokens.push(if lowest { Token::Lowest } else { Token::Number });
            rest = after(number);
        } else if let Some(end) = string(rest)? {
            tokens.push(Token::Text);
            rest = after(end);
        } else if first.is_ascii_alphabetic() || first == '_' {
            let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
            tokens.push(Token::Name(rest.get(..length).unwrap_or_default()));
            rest = after(length);
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            rest = after(sign.len());
        } else {
            return Err(format!("`{first}` has no meaning in CEL"));
        }
    }
}

/// The largest magnitude of a signed number, which only the lowest has.
const LOWEST: u64 = 1 << 63;

/// The length of a number at the start, 0 if there is none.
fn number(text: &str) -> Result<usize, String> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let after = |at: usize| text.get(at..).unwrap_or_default();
    if let Some(hex) = text.strip_prefix("0x") {
        let length = hex.bytes().take_while(u8::is_ascii_hexdigit).count();
        if length > 0 {
            return integer(text, length + 2);
        }
    }
    let fraction = after(whole).strip_prefix('.').map_or(0, digits);
    let mut length = if fraction > 0 { whole + 1 + fraction } else { whole };
    if length == 0 {
        return Ok(0);
    }
    let exponent = after(length).strip_prefix(['e', 'E']).map(|rest| {
        let sign = usize::from(rest.starts_with(['+', '-']));
        (sign, digits(rest.get(sign..).unwrap_or_default()))
    });
    let exponent = exponent.filter(|(_, digits)| *digits > 0).map_or(0, |(sign, digits)| 1 + sign + digits);
    length += exponent;
    if exponent > 0 || fraction > 0 {
        let finite = text.get(..length).and_then(|digits| digits.parse::<f64>().ok()).is_some_and(f64::is_finite);
        return if finite { Ok(length) } else { Err("a number is too large".into()) };
    }
    integer(text, length)
}

/// The length of an integer whose digits end at a place, a suffix included.
fn integer(text: &str, end: usize) -> Result<usize, String> {
    let (digits, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let unsigned = rest.starts_with(['u', 'U']);
    let most = if unsigned { u64::MAX } else { LOWEST };
    match magnitude(digits) {
        Some(value) if value <= most => Ok(end + usize::from(unsigned)),
        _ => Err("a number is too large".into()),
    }
}

/// What the digits of an integer stand for, unless they are too many.
fn magnitude(digits: &str) -> Option<u64> {
    match digits.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => digits.parse().ok(),
    }
}

/// The end of a string or bytes literal at the start, if there is one.
fn string(text: &str) -> Result<Option<usize>, String> {
    let bytes = text.strip_prefix(['b', 'B']).unwrap_or(text);
    let body = bytes.strip_prefix(['r', 'R']).unwrap_or(bytes);
    let raw = body.len() < bytes.len();
    let Some(quote) = ["\"\"\"", "'''", "\"", "'"].iter().find(|quote| body.starts_with(**quote)) else {
        return Ok(None);
    };
    let unclosed = || "a text does not end".to_owned();
    let mut at = quote.len();
    loop {
        let rest = body.get(at..).unwrap_or_default();
        if rest.starts_with(quote) {
            return Ok(Some(text.len() - body.len() + at + quote.len()));
        }
        let next = rest.chars().next().ok_or_else(unclosed)?;
        if quote.len() == 1 && matches!(next, '\n' | '\r') {
            return Err(unclosed());
        }
        at += if next == '\\' && !raw { escape(rest)? } else { next.len_utf8() };
    }
}

/// The length of an escape sequence.
fn escape(text: &str) -> Result<usize, String> {
    let digits = |count: usize, radix: u32| {
        let digits = text.get(2..2 + count).filter(|digits| digits.chars().all(|digit| digit.is_digit(radix)));
        digits.map(|_| 2 + count)
    };
    let kind = text.chars().nth(1);
    let length = match kind {
        Some('a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '"' | '\'' | '`' | '\\' | '?') => Some(2),
        Some('x' | 'X') => digits(2, 16),
        Some('u') => digits(4, 16),
        Some('U') => digits(8, 16),
        Some('0'..='3') => digits(2, 8),
        _ => None,
    };
    length.ok_or_else(|| format!("`\\{}` is not an escape", kind.unwrap_or(' ')))
}

/// What macros ask of their arguments.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// A plain name.
    Name,
    /// The selection of a field.
    Selection,
    Other,
}

struct Parser<'t> {
    tokens: &'t [Token<'t>],
    at: usize,
    depth: usize,
    /// A minus that belongs to the number after it has just been read.
    negative: bool,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.at).copied()
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(next)) if next == sign);
        self.at += usize::from(found);
        found
    }

    fn want(&mut self, sign: &str) -> Result<(), String> {
        if self.eat(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn unexpected(&self, wanted: &str) -> String {
        match self.peek() {
            None => format!("{wanted} is missing at the end"),
            Some(token) => format!("{token} stands where {wanted} should be"),
        }
    }

    fn expression(&mut self) -> Result<Shape, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it nests too deeply".into());
        }
        let mut shape = self.binary(0)?;
        if self.eat("?") {
            self.binary(0)?;
            self.want(":")?;
            self.expression()?;
            shape = Shape::Other;
        }
        self.depth -= 1;
        Ok(shape)
    }

    /// Operators by how tightly they bind, the loosest first.
    fn binary(&mut self, level: usize) -> Result<Shape, String> {
        const LEVELS: &[&[&str]] =
            &[&["||"], &["&&"], &["==", "!=", "<", "<=", ">", ">=", "in"], &["+", "-"], &["*", "/", "%"]];
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut shape = self.binary(level + 1)?;
        while let Some(Token::Sign(sign) | Token::Name(sign)) = self.peek()
            && operators.contains(&sign)
        {
            self.at += 1;
            self.binary(level + 1)?;
            shape = Shape::Other;
        }
        Ok(shape)
    }

    fn unary(&mut self) -> Result<Shape, String> {
        let sign = ["!", "-"].into_iter().find(|sign| self.eat(sign));
        let Some(sign) = sign else { return self.member() };
        let mut count = 1;
        while self.eat(sign) {
            count += 1;
        }
        // A negative number is a literal, which may follow `!`.
        let number = matches!(self.tokens.get(self.at + 1), Some(Token::Number | Token::Lowest));
        let negated = sign == "!" && self.eat("-");
        if negated && !number {
            return Err(self.unexpected("a number"));
        }
        self.negative = negated || (sign == "-" && count == 1);
        let shape = self.member()?;
        // Signs in pairs are dropped, so what macros see is what follows them.
        Ok(if count % 2 == 0 { shape } else { Shape::Other })
    }

    fn member(&mut self) -> Result<Shape, String> {
        let mut shape = self.primary()?;
        loop {
            if self.eat("[") {
                self.expression()?;
                self.want("]")?;
                shape = Shape::Other;
            } else if self.eat(".") {
                let name = self.field_name()?;
                shape = if self.eat("(") {
                    let arguments = self.arguments()?;
                    let is_macro =
                        MACROS.iter().any(|(known, counts)| *known == name && counts.contains(&arguments.len()));
                    if is_macro && arguments.first() != Some(&Shape::Name) {
                        return Err(format!("the first argument of `{name}` must be the name of a variable"));
                    }
                    Shape::Other
                } else {
                    Shape::Selection
                };
            } else {
                return Ok(shape);
            }
        }
    }

    fn field_name(&mut self) -> Result<&'t str, String> {
        match self.peek() {
            Some(Token::Name(name)) if !is_keyword(name) => {
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    fn arguments(&mut self) -> Result<Vec<Shape>, String> {
        let mut arguments = Vec::new();
        if self.eat(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.eat(")") {
                return Ok(arguments);
            }
            self.want(",")?;
        }
    }

    fn primary(&mut self) -> Result<Shape, String> {
        let negative = std::mem::take(&mut self.negative);
        match self.peek() {
            Some(Token::Lowest) if negative => {
                self.at += 1;
                Ok(Shape::Other)
            }
            Some(Token::Lowest) => Err("a number is too large".into()),
            Some(Token::Number | Token::Text | Token::Name("true" | "false" | "null")) => {
                self.at += 1;
                Ok(Shape::Other)
            }
            Some(Token::Sign("(")) => {
                self.at += 1;
                let shape = self.expression()?;
                self.want(")")?;
                Ok(shape)
            }
            Some(Token::Sign("[")) => {
                self.at += 1;
                self.list("]", |parser| parser.expression().map(|_| ()))
            }
            Some(Token::Sign("{")) => {
                self.at += 1;
                self.list("}", |parser| {
                    parser.expression()?;
                    parser.want(":")?;
                    parser.expression().map(|_| ())
                })
            }
            Some(Token::Name(_) | Token::Sign(".")) => self.named(),
            _ => Err(self.unexpected("an expression")),
        }
    }

    /// Items up to the closing sign, with a trailing comma if one likes.
    fn list(&mut self, close: &str, item: impl Fn(&mut Self) -> Result<(), String>) -> Result<Shape, String> {
        let mut first = true;
        while !self.eat(close) {
            if !first {
                self.want(",")?;
                if self.eat(close) {
                    break;
                }
            } else if self.eat(",") {
                self.want(close)?;
                break;
            }
            item(self)?;
            first = false;
        }
        Ok(Shape::Other)
    }

    /// A variable, a function call, or a message with its fields.
    fn named(&mut self) -> Result<Shape, String> {
        let rooted = self.eat(".");
        let start = self.at;
        let name = self.field_name()?;
        while self.eat(".") {
            if self.field_name().is_err() {
                break;
            }
        }
        if self.eat("{") {
            return self.list("}", |parser| {
                parser.field_name()?;
                parser.want(":")?;
                parser.expression().map(|_| ())
            });
        }
        self.at = start + 1;
        if RESERVED.contains(&name) {
            return Err(format!("`{name}` is a reserved word"));
        }
        if !self.eat("(") {
            return Ok(if rooted { Shape::Other } else { Shape::Name });
        }
        let arguments = self.arguments()?;
        if name == "has" && !rooted && arguments.len() == 1 && arguments.first() != Some(&Shape::Selection) {
            return Err("the argument of `has` must be the selection of a field".into());
        }
        Ok(Shape::Other)
    }
}

fn is_keyword(name: &str) -> bool {
    matches!(name, "true" | "false" | "null" | "in")
}

#[cfg(test)]
mod tests {
    use super::syntax;

    #[test]
    fn expressions() {
        for text in [
            "response.code >= 400",
            "foo",
            "has(x.y)",
            "f(1)",
            "x[0]",
            "a ? b : c",
            r#"r"\d""#,
            "{1:2}",
            "a.map(x, x)",
            "null",
            "!a",
            "a in [1]",
            "0x1F",
            "1u",
            "b'x'",
            "'''a\nb'''",
            "a.b.c()",
            ".a",
            "[1,]",
            "{a:1,}",
            "T{a:1}",
            "a.b.T{}",
            ".5",
            "1e5",
            "a\n&& b",
            "all(x,y)",
            "a.all(x)",
            "a // c",
            "- -a",
            "!-1",
            "-9223372036854775808",
            "has((x.y))",
            r"'\x41\u0041\101'",
            "a.if",
            "1 - -9223372036854775808",
            "!-9223372036854775808",
            "-0x8000000000000000",
            "0xFFFFFFFFFFFFFFFFu",
            "a.map(--x, x)",
            ".has(a)",
            "has(!!a.b)",
        ] {
            assert_eq!(syntax(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn no_expressions() {
        for text in [
            "",
            "a b",
            "1 +",
            "has(x)",
            "\"a",
            "a = b",
            "true && ",
            "// c",
            "a.exists(1, x)",
            "2 ** 3",
            "-",
            "a;b",
            "if",
            "in",
            "as",
            "1.",
            "\\",
            "has(x[0])",
            "(a",
            "a)",
            "[1",
            "f(1,)",
            "a ? b",
            "'a\nb'",
            r"'\q'",
            "9223372036854775809",
            "9223372036854775808",
            "1 - 9223372036854775808",
            "--9223372036854775808",
            "1e400",
            "0x8000000000000000",
            "a.map(-x, x)",
            "!-a",
            "a.in",
        ] {
            assert!(syntax(text).is_err(), "{text}");
        }
    }
}
