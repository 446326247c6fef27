//! Numbers that look random and are the same in every run.

use std::time::Duration;

pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        // xorshift: good enough to spread points.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A length of time below this one.
    pub fn below(&mut self, limit: Duration) -> Duration {
        limit.mul_f64((self.next() >> 11) as f64 / (1u64 << 53) as f64)
    }
}
