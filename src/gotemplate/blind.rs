//! Executing a template that cannot see some of the texts it is given: stand-ins take their place.
//!
//! When no function looked into a stand-in, the output is that of any other texts, once they are put in place of the
//! stand-ins. Each function says itself what it looks at ([`Sight`]); of those that say nothing the worst is assumed.
//! Whether a text is empty is no secret: neither stand-ins nor what they stand for may be.

use std::sync::Arc;

use super::value::{MAX_NESTING, Value};

/// What of a result depends on the texts within a function's arguments.
#[derive(Clone, Copy)]
pub enum Sight {
    /// Anything.
    Looks,
    /// Nothing but their place: they are handed on, joined, or put in quotes.
    Blind,
    /// Nothing of what is in the first argument, a map, list or struct; anything of the others.
    Container,
    /// Nothing but the first argument, if this holds for the arguments.
    BlindIf(fn(&[Value]) -> bool),
    /// Whether two texts are the same.
    Compares,
    /// Whether the second argument, a text, is longer than the first.
    Limits,
    /// Another result every time, whatever the arguments.
    Fresh,
}

/// Knows the stand-ins of a caller. Like what they stand for, they begin and end with a letter or a digit of ASCII.
#[derive(Clone, Copy, Debug)]
pub struct StandIns {
    /// Whether one is somewhere in a text.
    pub within: fn(&str) -> bool,
    /// Whether a text is one, and nothing else.
    pub whole: fn(&str) -> bool,
}

/// What an execution took for granted of the text behind a stand-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub stand_in: Arc<str>,
    pub rule: Rule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It is not this text.
    IsNot(Arc<str>),
    /// It has at most so many bytes.
    AtMost(usize),
}

impl Rule {
    pub fn holds(&self, text: &str) -> bool {
        match self {
            Rule::IsNot(other) => **other != *text,
            Rule::AtMost(length) => text.len() <= *length,
        }
    }
}

/// What a template made of data with stand-ins, and when it makes the same of what these stand for.
#[derive(Clone, Debug)]
pub struct Blind {
    pub text: String,
    pub conditions: Vec<Condition>,
}

/// What an execution saw.
pub(super) struct Watcher {
    stand_ins: StandIns,
    pub looked: bool,
    pub conditions: Vec<Condition>,
}

impl Watcher {
    pub fn new(stand_ins: StandIns) -> Self {
        Watcher { stand_ins, looked: false, conditions: Vec::new() }
    }

    /// Notes the call of a function or a method.
    pub fn note(&mut self, sight: Sight, args: &[Value]) {
        self.looked |= match sight {
            Sight::Blind => false,
            Sight::Fresh => true,
            Sight::Looks => self.any_holds(args),
            Sight::Container => match args {
                [Value::Map(_) | Value::List(_) | Value::Object(_), others @ ..] => self.any_holds(others),
                all => self.any_holds(all),
            },
            Sight::BlindIf(condition) => {
                self.any_holds(if condition(args) { args.get(..1).unwrap_or_default() } else { args })
            }
            Sight::Compares => self.compares(args),
            Sight::Limits => self.limits(args),
        };
    }

    /// Whether more is told by comparing than that stand-ins are not certain texts.
    fn compares(&mut self, args: &[Value]) -> bool {
        let (hidden, open): (Vec<&Value>, Vec<&Value>) = args.iter().partition(|arg| self.holds(arg));
        let stand_in = match hidden.as_slice() {
            [] => return false,
            [Value::Str(text)] if (self.stand_ins.whole)(text) => text,
            _ => return true,
        };
        for value in open {
            let Value::Str(text) = value else { return true };
            self.conditions.push(Condition { stand_in: stand_in.clone(), rule: Rule::IsNot(text.clone()) });
        }
        false
    }

    /// Whether more is told of the text than that it is short enough.
    fn limits(&mut self, args: &[Value]) -> bool {
        match args {
            [Value::Int(length), Value::Str(text)] if (self.stand_ins.whole)(text) => {
                let Ok(length) = usize::try_from(*length) else { return true };
                self.conditions.push(Condition { stand_in: text.clone(), rule: Rule::AtMost(length) });
                text.len() > length
            }
            args => self.any_holds(args),
        }
    }

    fn any_holds(&self, args: &[Value]) -> bool {
        args.iter().any(|arg| self.holds(arg))
    }

    fn holds(&self, value: &Value) -> bool {
        self.holds_at(value, 0)
    }

    fn holds_at(&self, value: &Value, depth: usize) -> bool {
        match value {
            _ if depth > MAX_NESTING => true,
            Value::Str(text) => (self.stand_ins.within)(text),
            Value::Bytes(bytes) => (self.stand_ins.within)(&String::from_utf8_lossy(bytes)),
            Value::List(list) => list.items().iter().any(|item| self.holds_at(item, depth + 1)),
            Value::Map(map) => {
                map.borrow().iter().any(|(key, value)| (self.stand_ins.within)(key) || self.holds_at(value, depth + 1))
            }
            Value::Object(object) => (self.stand_ins.within)(&object.to_json().to_string()),
            Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Sized(..) | Value::Float(_) => false,
        }
    }
}

/// Whether a format only puts texts in: no widths, which count letters, and no letters as numbers.
pub(super) fn formats_plainly(args: &[Value]) -> bool {
    let Some(Value::Str(format)) = args.first() else { return false };
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter == '%' && !matches!(letters.next(), Some('%' | 's' | 'v' | 'q' | 'd' | 't')) {
            return false;
        }
    }
    true
}

/// Whether a text ends so that no stand-in ends like it, which is what `trimSuffix` asks.
pub(super) fn ends_otherwise(args: &[Value]) -> bool {
    args.first().and_then(Value::as_str).is_some_and(|end| end.ends_with(|last: char| !last.is_ascii_alphanumeric()))
}
