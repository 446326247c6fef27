//! Unified diffs with the hunks that Python's `difflib` (and its Go port, which the reference uses) would choose.
//!
//! The longest run of equal lines is taken first, then what lies before and after it in the same way. In texts of 200
//! lines and more, lines that make up more than a hundredth of the text do not start a run.

use std::collections::HashMap;

/// The changed hunks with `context` equal lines around each; empty if the texts are equal.
pub fn unified(old: &str, new: &str, old_name: &str, new_name: &str, context: usize) -> String {
    let (old, new) = (lines(old), lines(new));
    let hunks = hunks(&blocks(&old, &new), old.len(), new.len(), context);
    let mut out = String::new();
    if !hunks.is_empty() {
        out.push_str(&format!("--- {old_name}\n+++ {new_name}\n"));
    }
    for hunk in hunks {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        out.push_str(&format!("@@ -{} +{} @@\n", range(first.old.0, last.old.1), range(first.new.0, last.new.1)));
        for step in &hunk {
            let mut push = |sign: char, lines: &[&str], (start, end): (usize, usize)| {
                for line in lines.get(start..end).unwrap_or_default() {
                    out.push(sign);
                    out.push_str(line);
                    out.push('\n');
                }
            };
            if step.equal {
                push(' ', &old, step.old);
            } else {
                push('-', &old, step.old);
                push('+', &new, step.new);
            }
        }
    }
    out
}

fn lines(text: &str) -> Vec<&str> {
    text.split('\n').collect()
}

/// A range of lines as hunks write it.
fn range(start: usize, end: usize) -> String {
    match end - start {
        1 => format!("{}", start + 1),
        0 => format!("{start},0"),
        length => format!("{},{length}", start + 1),
    }
}

/// A stretch that is equal, or replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    equal: bool,
    old: (usize, usize),
    new: (usize, usize),
}

/// Equal stretches: where they start in both texts, and their length.
type Block = (usize, usize, usize);

fn blocks(old: &[&str], new: &[&str]) -> Vec<Block> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, line) in new.iter().enumerate() {
        places.entry(line).or_default().push(place);
    }
    if new.len() >= 200 {
        let most = new.len() / 100 + 1;
        places.retain(|_, list| list.len() <= most);
    }
    let mut found = Vec::new();
    let mut waiting = vec![(0, old.len(), 0, new.len())];
    while let Some((old_start, old_end, new_start, new_end)) = waiting.pop() {
        let (i, j, length) = longest(old, new, &places, (old_start, old_end), (new_start, new_end));
        if length > 0 {
            found.push((i, j, length));
            waiting.push((old_start, i, new_start, j));
            waiting.push((i + length, old_end, j + length, new_end));
        }
    }
    found.sort_unstable();
    let mut joined: Vec<Block> = Vec::new();
    for (i, j, length) in found {
        match joined.last_mut() {
            Some((last_i, last_j, last)) if *last_i + *last == i && *last_j + *last == j => *last += length,
            _ => joined.push((i, j, length)),
        }
    }
    joined
}

/// The longest equal stretch within the ranges; of several the first in the old text, then in the new one.
fn longest(
    old: &[&str],
    new: &[&str],
    places: &HashMap<&str, Vec<usize>>,
    (old_start, old_end): (usize, usize),
    (new_start, new_end): (usize, usize),
) -> Block {
    let mut best = (old_start, new_start, 0);
    let mut lengths: HashMap<usize, usize> = HashMap::new();
    for (i, line) in old.iter().enumerate().take(old_end).skip(old_start) {
        let mut next = HashMap::new();
        let list = places.get(line).map(Vec::as_slice).unwrap_or_default();
        let from = list.partition_point(|place| *place < new_start);
        for &j in list.iter().skip(from).take_while(|place| **place < new_end) {
            let length = j.checked_sub(1).and_then(|before| lengths.get(&before)).copied().unwrap_or(0) + 1;
            next.insert(j, length);
            if length > best.2 {
                best = (i + 1 - length, j + 1 - length, length);
            }
        }
        lengths = next;
    }
    let (mut i, mut j, mut length) = best;
    while i > old_start && j > new_start && old.get(i - 1) == new.get(j - 1) {
        (i, j, length) = (i - 1, j - 1, length + 1);
    }
    while i + length < old_end && j + length < new_end && old.get(i + length) == new.get(j + length) {
        length += 1;
    }
    (i, j, length)
}

fn hunks(blocks: &[Block], old_length: usize, new_length: usize, context: usize) -> Vec<Vec<Step>> {
    let mut steps = Vec::new();
    let (mut i, mut j) = (0, 0);
    for &(old_start, new_start, length) in blocks.iter().chain(&[(old_length, new_length, 0)]) {
        if i < old_start || j < new_start {
            steps.push(Step { equal: false, old: (i, old_start), new: (j, new_start) });
        }
        if length > 0 {
            let (old, new) = ((old_start, old_start + length), (new_start, new_start + length));
            steps.push(Step { equal: true, old, new });
        }
        (i, j) = (old_start + length, new_start + length);
    }
    let mut all = Vec::new();
    let mut hunk: Vec<Step> = Vec::new();
    let last = steps.len().saturating_sub(1);
    for (index, step) in steps.iter().enumerate() {
        if !step.equal {
            hunk.push(*step);
            continue;
        }
        let length = step.old.1 - step.old.0;
        let head = Step {
            old: (step.old.0, step.old.0 + context.min(length)),
            new: (step.new.0, step.new.0 + context.min(length)),
            ..*step
        };
        let tail = Step {
            old: (step.old.1 - context.min(length), step.old.1),
            new: (step.new.1 - context.min(length), step.new.1),
            ..*step
        };
        match (index == 0, index == last) {
            (true, _) => hunk.push(tail),
            (false, true) => hunk.push(head),
            (false, false) if length > context * 2 => {
                hunk.push(head);
                all.push(std::mem::take(&mut hunk));
                hunk.push(tail);
            }
            (false, false) => hunk.push(*step),
        }
    }
    all.push(hunk);
    all.retain(|hunk| hunk.iter().any(|step| !step.equal));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_no_diff() {
        assert_eq!(unified("a\nb", "a\nb", "x", "y", 7), "");
    }

    #[test]
    fn changes_stand_in_their_context() {
        let old: Vec<String> = (1..=20).map(|n| n.to_string()).collect();
        let mut new = old.clone();
        new[1] = "two".to_owned();
        new.push("end".to_owned());
        let wanted = "--- x\n+++ y\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n@@ -20 +20,2 @@\n 20\n+end\n";
        assert_eq!(unified(&old.join("\n"), &new.join("\n"), "x", "y", 1), wanted);
    }
}
