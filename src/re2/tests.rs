//! Which expressions RE2 takes and refuses, and how they read for Rust.

use super::reader::rewritten;

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
