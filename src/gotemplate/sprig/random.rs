//! Chance: random texts and numbers, identifiers, shuffling.

use std::hash::{BuildHasher, RandomState};

use base64::Engine as _;

use crate::gotemplate::function::{Call, Function, Outcome, Type};
use crate::gotemplate::value::Value;
use crate::gotemplate::{Fault, Sight};

use Type::{Int, Text};

pub(super) const TABLE: &[Function] = &[
    Function::new("randAlphaNum", &[Int], |call| text_of(call, |c| c.is_ascii_alphanumeric())).seeing(Sight::Fresh),
    Function::new("randAlpha", &[Int], |call| text_of(call, |c| c.is_ascii_alphabetic())).seeing(Sight::Fresh),
    Function::new("randNumeric", &[Int], |call| text_of(call, |c| c.is_ascii_digit())).seeing(Sight::Fresh),
    Function::new("randAscii", &[Int], |call| text_of(call, |c| (' '..='~').contains(&c))).seeing(Sight::Fresh),
    Function::new("randInt", &[Int, Int], |call| {
        let (low, high) = (call.int(0), call.int(1));
        let span = u64::try_from(high.saturating_sub(low)).ok().filter(|span| *span > 0);
        let span = span.ok_or_else(|| Fault::new("invalid argument to Intn"))?;
        Ok(Value::Int(low + Chance::new().below(span) as i64))
    })
    .seeing(Sight::Fresh),
    Function::new("randBytes", &[Int], |call| {
        let mut chance = Chance::new();
        let bytes: Vec<u8> = (0..count(call)?).map(|_| chance.next() as u8).collect();
        Ok(base64::engine::general_purpose::STANDARD.encode(bytes).into())
    })
    .seeing(Sight::Fresh),
    Function::new("uuidv4", &[], |_| Ok(uuid().into())).seeing(Sight::Fresh),
    Function::new("shuffle", &[Text], |call| {
        let mut chars: Vec<char> = call.text(0).chars().collect();
        let mut chance = Chance::new();
        for at in (1..chars.len()).rev() {
            chars.swap(at, chance.below(at as u64 + 1) as usize);
        }
        Ok(chars.into_iter().collect::<String>().into())
    })
    .seeing(Sight::Fresh),
];

/// SipHash of a counter under a key that the system gave: unpredictable without the key.
struct Chance {
    key: RandomState,
    counter: u64,
}

impl Chance {
    fn new() -> Self {
        Chance { key: RandomState::new(), counter: 0 }
    }

    fn next(&mut self) -> u64 {
        self.counter += 1;
        self.key.hash_one(self.counter)
    }

    /// Evenly below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        let reject_from = u64::MAX - u64::MAX % limit;
        loop {
            let number = self.next();
            if number < reject_from {
                return number % limit;
            }
        }
    }
}

const LONGEST: i64 = 1 << 20;

fn count(call: &Call<'_, '_>) -> Result<i64, Fault> {
    let count = call.int(0);
    if (0..=LONGEST).contains(&count) { Ok(count) } else { Err(Fault::new(format!("cannot make {count} characters"))) }
}

fn text_of(call: &mut Call<'_, '_>, accept: fn(char) -> bool) -> Outcome {
    let letters: Vec<char> = (' '..='~').filter(|c| accept(*c)).collect();
    let mut chance = Chance::new();
    let pick = |_| letters[chance.below(letters.len() as u64) as usize];
    Ok((0..count(call)?).map(pick).collect::<String>().into())
}

fn uuid() -> String {
    let mut chance = Chance::new();
    let high = chance.next() & !0xf000 | 0x4000;
    let low = chance.next() & !(0b11 << 62) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}
