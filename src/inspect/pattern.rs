//! What the filters of the views look for: a plain text, or a regular expression given as `/…/`.

use regex::Regex;

/// Text or a regular expression; empty text admits everything.
#[derive(Debug, Clone, Default)]
pub enum Pattern {
    #[default]
    Any,
    Text(String),
    Regex(Regex),
}

impl Pattern {
    /// Text, whatever it looks like.
    pub fn plain(text: &str) -> Self {
        if text.is_empty() { Pattern::Any } else { Pattern::Text(text.to_owned()) }
    }

    /// `/…/` is a regular expression, everything else plain text.
    pub fn parse(text: &str) -> Result<Self, regex::Error> {
        match text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            Some(expression) if !expression.is_empty() => Regex::new(expression).map(Pattern::Regex),
            _ => Ok(Pattern::plain(text)),
        }
    }

    /// The text is a part of `name`.
    pub fn is_part_of(&self, name: &str) -> bool {
        self.holds(name, |text| name.contains(text))
    }

    /// The text is `name`.
    pub fn is(&self, name: &str) -> bool {
        self.holds(name, |text| name == text)
    }

    /// The text is `name`, whatever the case of both.
    pub fn is_nearly(&self, name: &str) -> bool {
        self.holds(name, |text| name.to_lowercase() == text.to_lowercase())
    }

    fn holds(&self, name: &str, plain: impl Fn(&str) -> bool) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Text(text) => plain(text),
            Pattern::Regex(expression) => expression.is_match(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_make_a_regular_expression() {
        let holds = |pattern: &str| {
            let pattern = Pattern::parse(pattern).expect("a pattern");
            [pattern.is_part_of("abc"), pattern.is("abc"), pattern.is_nearly("ABC")]
        };
        assert_eq!(holds(""), [true; 3]);
        assert_eq!(holds("b"), [true, false, false]);
        assert_eq!(holds("abc"), [true; 3]);
        assert_eq!(holds("/^a/"), [true, true, false]);
        assert_eq!(holds("//"), [false; 3]);
        assert!(Pattern::parse("/(/").is_err());
    }
}
