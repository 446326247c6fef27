//! A small mutating fuzzer for stable Rust: takes sound inputs, damages them at random and hands them to a check, for as
//! many seconds as `BOWLINE_FUZZ_SECONDS` says (one by default, so that every test run does a little).

use std::time::{Duration, Instant};

/// Runs the check on damaged inputs until the time is over; gives how many there were. A panic in the check fails the test,
/// after the input has been printed.
pub fn run(seeds: &[&str], words: &[&str], check: impl Fn(&[u8]) + std::panic::RefUnwindSafe) -> usize {
    let seconds = std::env::var("BOWLINE_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(1.0);
    let seed = std::env::var("BOWLINE_FUZZ_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut random = Random(seed);
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let mut count = 0;
    while Instant::now() < end {
        let input = mutated(&mut random, seeds, words);
        if let Err(panic) = std::panic::catch_unwind(|| check(&input)) {
            println!("the input that fails: {:?}", String::from_utf8_lossy(&input));
            std::panic::resume_unwind(panic);
        }
        count += 1;
    }
    count
}

fn mutated(random: &mut Random, seeds: &[&str], words: &[&str]) -> Vec<u8> {
    let mut input = random.pick(seeds).as_bytes().to_vec();
    for _ in 0..=random.below(8) {
        let at = random.below(input.len() + 1);
        let length = random.below(40).min(input.len() - at);
        match random.below(8) {
            0 => drop(input.drain(at..at + length)),
            1 => {
                let copy = input[at..at + length].to_vec();
                let to = random.below(input.len() + 1);
                input.splice(to..to, copy);
            }
            2..=4 => {
                let word = random.pick(words).bytes();
                input.splice(at..at, word);
            }
            5 => {
                let other = random.pick(seeds).as_bytes();
                let from = random.below(other.len() + 1);
                let piece = &other[from..(from + random.below(80)).min(other.len())];
                input.splice(at..at, piece.iter().copied());
            }
            6 => {
                // Another indentation for one line.
                let start = input[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
                let blanks = input[start..].iter().take_while(|&&byte| byte == b' ').count();
                input.splice(start..start + blanks, std::iter::repeat_n(b' ', random.below(9)));
            }
            _ => {
                if let Some(byte) = input.get_mut(at) {
                    *byte = random.below(256) as u8;
                }
            }
        }
    }
    input
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}
