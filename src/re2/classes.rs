//! Classes of Unicode characters, `\p{…}`, and of ASCII ones, `\d`.

/// The members of a class such as `\d`, all of ASCII.
pub(super) fn perl(name: char) -> Option<&'static str> {
    Some(match name {
        'd' => "0-9",
        'D' => "^0-9",
        's' => r"\t\n\x0c\r ",
        'S' => r"^\t\n\x0c\r ",
        'w' => "0-9A-Za-z_",
        'W' => "^0-9A-Za-z_",
        _ => return None,
    })
}

/// How Rust's `regex` calls the kind of a class, which Go tells by its name alone: a general category, a script or something
/// else. `None` where Go knows no such class.
pub(super) fn unicode_kind(name: &str) -> Option<&'static str> {
    let known = |kind: &&str| regex::Regex::new(&format!("\\p{{{kind}{name}}}")).is_ok();
    is_unicode(name).then(|| ["gc=", "sc=", ""].into_iter().find(known).unwrap_or_default())
}

/// A general category, a script or one of Go's own classes, letter case and separators aside.
fn is_unicode(name: &str) -> bool {
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
