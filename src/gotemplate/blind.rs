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
    /// Nothing, if this holds for the arguments.
    BlindIf(fn(&[Value]) -> bool),
    /// Whether two texts are the same.
    Compares,
    /// Another result every time, whatever the arguments.
    Fresh,
}

/// Knows the stand-ins of a caller. They consist of letters and digits.
#[derive(Clone, Copy, Debug)]
pub struct StandIns {
    /// Whether one is somewhere in a text.
    pub within: fn(&str) -> bool,
    /// Whether a text is one, and nothing else.
    pub whole: fn(&str) -> bool,
}

/// What an execution saw.
pub(super) struct Watcher {
    stand_ins: StandIns,
    pub looked: bool,
    /// The texts that stand-ins were compared with, and that they must not stand for.
    pub compared: Vec<Arc<str>>,
}

impl Watcher {
    pub fn new(stand_ins: StandIns) -> Self {
        Watcher { stand_ins, looked: false, compared: Vec::new() }
    }

    /// Notes the call of a function.
    pub fn note(&mut self, sight: Sight, args: &[Value]) {
        self.looked |= match sight {
            Sight::Blind => false,
            Sight::Fresh => true,
            Sight::Looks => args.iter().any(|arg| self.holds(arg)),
            Sight::Container => match args {
                [Value::Map(_) | Value::List(_) | Value::Object(_), others @ ..] => {
                    others.iter().any(|arg| self.holds(arg))
                }
                all => all.iter().any(|arg| self.holds(arg)),
            },
            Sight::BlindIf(condition) => !condition(args) && args.iter().any(|arg| self.holds(arg)),
            Sight::Compares => self.compares(args),
        };
    }

    /// Notes arguments of a method.
    pub fn note_method(&mut self, args: &[Value]) {
        self.note(Sight::Looks, args);
    }

    /// Whether more is told by comparing than that stand-ins are not certain texts.
    fn compares(&mut self, args: &[Value]) -> bool {
        let (hidden, open): (Vec<&Value>, Vec<&Value>) = args.iter().partition(|arg| self.holds(arg));
        match hidden.as_slice() {
            [] => return false,
            [Value::Str(text)] if (self.stand_ins.whole)(text) => {}
            _ => return true,
        }
        for value in open {
            let Value::Str(text) = value else { return true };
            self.compared.push(text.clone());
        }
        false
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
