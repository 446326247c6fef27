//! The order of keys in Go's YAML output: natural, so that `v2` stands before `v10`.

use std::cmp::Ordering;

/// Compares two keys as Go's YAML writer sorts them.
///
/// At the first difference letters compare by code point and stand after everything else; where neither is a letter, the
/// numbers that begin there decide, then the shorter run of digits, then the code point. A prefix sorts first.
/// This is no total order (huge numbers wrap around), so sort with [`sort_naturally`], not with the standard library.
pub fn natural_cmp(left: &str, right: &str) -> Ordering {
    if let (Some(a), Some(b)) = (left.as_bytes().first(), right.as_bytes().first())
        && a != b
        && a.is_ascii_alphabetic()
        && b.is_ascii_alphabetic()
    {
        return a.cmp(b);
    }
    let shared = shared_prefix(left, right);
    let mut left_rest = left.get(shared..).unwrap_or_default().chars();
    let mut right_rest = right.get(shared..).unwrap_or_default().chars();
    let (left_tail, right_tail) = (left_rest.as_str(), right_rest.as_str());
    let (a, b) = match (left_rest.next(), right_rest.next()) {
        (Some(a), Some(b)) => (a, b),
        (a, b) => return a.is_some().cmp(&b.is_some()),
    };
    match (a.is_alphabetic(), b.is_alphabetic()) {
        (true, true) => return a.cmp(&b),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // Inside a number that already has a non-zero digit a zero counts, so both numbers start with one.
    let start = i64::from((a == '0' || b == '0') && nonzero_digit_before(left, shared));
    let (left_number, left_digits) = digits(left_tail, start);
    let (right_number, right_digits) = digits(right_tail, start);
    left_number.cmp(&right_number).then(left_digits.cmp(&right_digits)).then(a.cmp(&b))
}

/// Sorts entries by key. The order has cycles (numbers that overflow, zeros in odd places), for which the standard sort may
/// panic; merging by hand takes any.
pub fn sort_naturally<T: Copy>(entries: &mut [(&String, T)]) {
    const INSERT_UP_TO: usize = 12;
    if entries.len() > INSERT_UP_TO {
        let (left, right) = entries.split_at_mut(entries.len() / 2);
        sort_naturally(left);
        sort_naturally(right);
        if let (Some(last), Some(first)) = (left.last(), right.first())
            && natural_cmp(last.0, first.0).is_le()
        {
            return;
        }
        let merged = merged(left, right);
        entries.copy_from_slice(&merged);
        return;
    }
    for end in 1..entries.len() {
        for place in (1..=end).rev() {
            match entries.get(place - 1..=place) {
                Some([before, after]) if natural_cmp(before.0, after.0).is_gt() => entries.swap(place - 1, place),
                _ => break,
            }
        }
    }
}

fn merged<'k, T: Copy>(left: &[(&'k String, T)], right: &[(&'k String, T)]) -> Vec<(&'k String, T)> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left, right);
    while let ([a, left_rest @ ..], [b, right_rest @ ..]) = (left, right) {
        if natural_cmp(a.0, b.0).is_le() {
            merged.push(*a);
            left = left_rest;
        } else {
            merged.push(*b);
            right = right_rest;
        }
    }
    merged.extend_from_slice(left);
    merged.extend_from_slice(right);
    merged
}

/// Length in bytes of the common prefix, at a character boundary.
fn shared_prefix(left: &str, right: &str) -> usize {
    let mut shared = left.bytes().zip(right.bytes()).take_while(|(a, b)| a == b).count();
    while !left.is_char_boundary(shared) || !right.is_char_boundary(shared) {
        shared -= 1;
    }
    shared
}

fn nonzero_digit_before(text: &str, end: usize) -> bool {
    let before = text.as_bytes().get(..end).unwrap_or_default();
    before.iter().rev().take_while(|byte| byte.is_ascii_digit()).any(|&byte| byte != b'0')
}

/// The number the text begins with, appended to `start`, and how many digits it has.
fn digits(text: &str, start: i64) -> (i64, usize) {
    let run = text.bytes().take_while(u8::is_ascii_digit);
    run.fold((start, 0), |(number, count), digit| {
        (number.wrapping_mul(10).wrapping_add(i64::from(digit - b'0')), count + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::{natural_cmp, sort_naturally};

    #[test]
    fn keys_stand_in_natural_order() {
        let sorted = [
            "", "-", "_", "1", "9", "10", "A", "Z", "a b", "a-b", "a.b", "a/b", "a_b", "a1", "a1.5", "a01", "a9",
            "a10", "a1b", "b", "v1", "v2", "v10", "v1alpha1", "v1beta1",
        ];
        let mut keys = sorted;
        keys.reverse();
        keys.sort_by(|a, b| natural_cmp(a, b));
        assert_eq!(keys, sorted);
    }

    #[test]
    fn many_keys_are_sorted_and_cycles_do_no_harm() {
        let keys: Vec<String> = (0..2_000).map(|index| format!("k{}", (index * 7_919) % 2_000)).collect();
        let mut entries: Vec<_> = keys.iter().map(|key| (key, ())).collect();
        sort_naturally(&mut entries);
        assert!(entries.iter().map(|entry| entry.0.clone()).eq((0..2_000).map(|index| format!("k{index}"))));

        let hostile: Vec<String> = (0_u64..500)
            .map(|index| {
                format!(
                    "{}{}",
                    ["-", "0", "00", "9", ""][(index % 5) as usize],
                    index.wrapping_mul(0x9E37_79B9_7F4A_7C15)
                )
            })
            .collect();
        let mut entries: Vec<_> = hostile.iter().map(|key| (key, ())).collect();
        sort_naturally(&mut entries);
        assert_eq!(entries.len(), 500);
    }

    #[test]
    fn characters_that_share_bytes_are_compared_whole() {
        assert!(natural_cmp("é", "è").is_gt());
        assert!(natural_cmp("aé", "a").is_gt());
        assert!(natural_cmp("日本", "日木").is_gt());
    }
}
