//! Address ranges in the CIDR notation of an annotation, refused in the words of Go's `net/netip`.

/// Why a text is no range.
pub fn check(text: &str) -> Result<(), String> {
    let (address, bits) = text.rsplit_once('/').ok_or("no '/'")?;
    let family = family_of(address).map_err(|fault| fault.told(address))?;
    if family == Family::Zoned {
        return Err("IPv6 zones cannot be present in a prefix".to_string());
    }
    let written_as_number = bits.len() < 2 || bits.starts_with(|first| matches!(first, '1'..='9'));
    let most = if family == Family::V4 { 32 } else { 128 };
    match bits.parse::<i64>().ok().filter(|_| written_as_number && !bits.starts_with('+')) {
        Some(bits) if (0..=most).contains(&bits) => Ok(()),
        Some(_) => Err("prefix length out of range".to_string()),
        None => Err(format!("bad bits after slash: {bits:?}")),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    V4,
    V6,
    /// IPv6 with the zone it is valid in.
    Zoned,
}

/// What is wrong with an address, and the rest of it from there on.
struct Fault<'t> {
    what: &'static str,
    at: &'t str,
}

impl Fault<'_> {
    fn told(&self, address: &str) -> String {
        let place = if self.at.is_empty() { String::new() } else { format!(" (at {:?})", self.at) };
        format!("ParseAddr({address:?}): {}{place}", self.what)
    }
}

type Checked<'t, T> = Result<T, Fault<'t>>;

fn fault<'t, T>(what: &'static str, at: &'t str) -> Checked<'t, T> {
    Err(Fault { what, at })
}

/// The first dot, colon or percent sign tells what an address is meant to be.
fn family_of(text: &str) -> Checked<'_, Family> {
    match text.chars().find(|letter| matches!(letter, '.' | ':' | '%')) {
        Some('.') => four_numbers(text).map(|()| Family::V4),
        Some(':') => match text.split_once('%') {
            Some((_, "")) => fault("zone must be a non-empty string", ""),
            Some((address, _)) => groups(address).map(|()| Family::Zoned),
            None => groups(text).map(|()| Family::V6),
        },
        Some(_) => fault("missing IPv6 address", ""),
        None => fault("unable to parse IP", ""),
    }
}

/// Four decimal numbers with dots between them.
fn four_numbers(text: &str) -> Checked<'_, ()> {
    let rest = |at: usize| text.get(at..).unwrap_or_default();
    let (mut dots, mut value, mut digits) = (0, 0_u32, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '0'..='9' if digits == 1 && value == 0 => return fault("IPv4 field has octet with leading zero", ""),
            '0'..='9' => {
                value = value * 10 + letter.to_digit(10).unwrap_or(0);
                digits += 1;
                if value > 255 {
                    return fault("IPv4 field has value >255", "");
                }
            }
            '.' if digits == 0 || at + 1 == text.len() => {
                return fault("IPv4 field must have at least one digit", rest(at));
            }
            '.' if dots == 3 => return fault("IPv4 address too long", ""),
            '.' => (dots, value, digits) = (dots + 1, 0, 0),
            _ => return fault("unexpected character", rest(at)),
        }
    }
    if dots < 3 { fault("IPv4 address too short", "") } else { Ok(()) }
}

/// Eight groups of hexadecimal digits, of which `::` stands for one or more that are zero.
fn groups(text: &str) -> Checked<'_, ()> {
    const WHOLE: usize = 8;
    let (mut rest, mut count, mut gap) = (text, 0, None);
    if let Some(after) = rest.strip_prefix("::") {
        (rest, gap) = (after, Some(0));
        if rest.is_empty() {
            return Ok(());
        }
    }
    while count < WHOLE {
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        if digits > 4 {
            return fault("each group must have 4 or less digits", rest);
        }
        if digits == 0 {
            return fault("each colon-separated field must have at least one digit", rest);
        }
        let after = rest.get(digits..).unwrap_or_default();
        if after.starts_with('.') {
            if gap.is_none() && count != WHOLE - 2 {
                return fault("embedded IPv4 address must replace the final 2 fields of the address", rest);
            }
            if count + 2 > WHOLE {
                return fault("too many hex fields to fit an embedded IPv4 at the end of the address", rest);
            }
            four_numbers(rest)?;
            (rest, count) = ("", count + 2);
            break;
        }
        (rest, count) = (after, count + 1);
        if rest.is_empty() {
            break;
        }
        let Some(after) = rest.strip_prefix(':') else { return fault("unexpected character, want colon", rest) };
        if after.is_empty() {
            return fault("colon must be followed by more characters", rest);
        }
        rest = after;
        if let Some(after) = rest.strip_prefix(':') {
            if gap.is_some() {
                return fault("multiple :: in address", rest);
            }
            (rest, gap) = (after, Some(count));
            if rest.is_empty() {
                break;
            }
        }
    }
    match (rest.is_empty(), gap) {
        (false, _) => fault("trailing garbage after address", rest),
        (true, None) if count < WHOLE => fault("address string too short", ""),
        (true, Some(_)) if count == WHOLE => fault("the :: must expand to at least one field of zeros", ""),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both columns are what Go's library says.
    #[test]
    fn ranges_are_refused_in_gos_words() {
        let cases = [
            ("bad", "no '/'"),
            ("1.2.3/8", "ParseAddr(\"1.2.3\"): IPv4 address too short"),
            ("1.2.3.4.5/8", "ParseAddr(\"1.2.3.4.5\"): IPv4 address too long"),
            ("1.2.3.256/8", "ParseAddr(\"1.2.3.256\"): IPv4 field has value >255"),
            ("1..3.4/8", "ParseAddr(\"1..3.4\"): IPv4 field must have at least one digit (at \".3.4\")"),
            (".1.2.3/8", "ParseAddr(\".1.2.3\"): IPv4 field must have at least one digit (at \".1.2.3\")"),
            ("1.2.3./8", "ParseAddr(\"1.2.3.\"): IPv4 field must have at least one digit (at \".\")"),
            ("01.2.3.4/8", "ParseAddr(\"01.2.3.4\"): IPv4 field has octet with leading zero"),
            ("1.2.3.x/8", "ParseAddr(\"1.2.3.x\"): unexpected character (at \"x\")"),
            ("1.2.3.4 /8", "ParseAddr(\"1.2.3.4 \"): unexpected character (at \" \")"),
            (" 1.2.3.4/8", "ParseAddr(\" 1.2.3.4\"): unexpected character (at \" 1.2.3.4\")"),
            ("1:2/8", "ParseAddr(\"1:2\"): address string too short"),
            ("::1.2.3/8", "ParseAddr(\"::1.2.3\"): IPv4 address too short"),
            ("1::2::3/8", "ParseAddr(\"1::2::3\"): multiple :: in address (at \":3\")"),
            (":1/8", "ParseAddr(\":1\"): each colon-separated field must have at least one digit (at \":1\")"),
            ("12345::/8", "ParseAddr(\"12345::\"): each group must have 4 or less digits (at \"12345::\")"),
            ("1:2:3:4:5:6:7:8:9/8", "ParseAddr(\"1:2:3:4:5:6:7:8:9\"): trailing garbage after address (at \"9\")"),
            ("1:2:3:4:5:6:7::/8", ""),
            (
                "1:2:3:4:5:6:7:8::/8",
                "ParseAddr(\"1:2:3:4:5:6:7:8::\"): the :: must expand to at least one field of zeros",
            ),
            (
                "::1:2:3:4:5:6:7:8/9",
                "ParseAddr(\"::1:2:3:4:5:6:7:8\"): the :: must expand to at least one field of zeros",
            ),
            ("fe80::1%e/8", "IPv6 zones cannot be present in a prefix"),
            ("fe80::1%/8", "ParseAddr(\"fe80::1%\"): zone must be a non-empty string"),
            ("%/8", "ParseAddr(\"%\"): missing IPv6 address"),
            ("g::/8", "ParseAddr(\"g::\"): each colon-separated field must have at least one digit (at \"g::\")"),
            ("1:g::/8", "ParseAddr(\"1:g::\"): each colon-separated field must have at least one digit (at \"g::\")"),
            ("1:/8", "ParseAddr(\"1:\"): colon must be followed by more characters (at \":\")"),
            ("1.2.3.4/", "bad bits after slash: \"\""),
            ("1.2.3.4/+8", "bad bits after slash: \"+8\""),
            ("1.2.3.4/-1", "bad bits after slash: \"-1\""),
            ("1.2.3.4/08", "bad bits after slash: \"08\""),
            ("1.2.3.4/999999999999", "prefix length out of range"),
            ("1.2.3.4/99999999999999999999", "bad bits after slash: \"99999999999999999999\""),
            ("1.2.3.4/33", "prefix length out of range"),
            ("::/129", "prefix length out of range"),
            ("::/0", ""),
            ("0.0.0.0/0", ""),
            ("/8", "ParseAddr(\"\"): unable to parse IP"),
            ("1::1.2.3.256/8", "ParseAddr(\"1::1.2.3.256\"): IPv4 field has value >255"),
            (
                "1:2:3:4:5:6:7:1.2.3.4/8",
                "ParseAddr(\"1:2:3:4:5:6:7:1.2.3.4\"): embedded IPv4 address must replace the final 2 fields of the address (at \"1.2.3.4\")",
            ),
            ("::ffff:1.2.3.4/96", ""),
            ("1:2:3:4:5:6:1.2.3.4/96", ""),
            ("1.2.3.4/8/8", "ParseAddr(\"1.2.3.4/8\"): unexpected character (at \"/8\")"),
            ("é.1/8", "ParseAddr(\"é.1\"): unexpected character (at \"é.1\")"),
            ("1.é/8", "ParseAddr(\"1.é\"): unexpected character (at \"é\")"),
            ("1.2.3.4/8x", "bad bits after slash: \"8x\""),
            ("1.2.3.4/x", "bad bits after slash: \"x\""),
        ];
        for (text, words) in cases {
            assert_eq!(check(text).err().unwrap_or_default(), words, "{text}");
        }
    }
}
