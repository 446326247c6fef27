//! File name patterns: `*` and `?` within one folder, `**` across folders, `[a-z]`, `{a,b}`, `\` before a plain character.

/// Whether the whole path matches the pattern.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let mut budget = 100_000;
    any(pattern, path, &mut budget)
}

fn any(pattern: &str, path: &str, budget: &mut usize) -> bool {
    // Patterns with many stars could otherwise try exponentially many ways.
    let Some(left) = budget.checked_sub(1) else {
        return false;
    };
    *budget = left;
    let Some(c) = pattern.chars().next() else {
        return path.is_empty();
    };
    let rest = &pattern[c.len_utf8()..];
    match c {
        '*' => {
            let (rest, crosses) = match rest.strip_prefix('*') {
                Some(rest) => (rest, true),
                None => (rest, false),
            };
            let reach = if crosses { path.len() } else { path.find('/').unwrap_or(path.len()) };
            (0..=reach).filter(|at| path.is_char_boundary(*at)).any(|at| any(rest, &path[at..], budget))
        }
        '?' => match path.chars().next() {
            Some(found) if found != '/' => any(rest, &path[found.len_utf8()..], budget),
            _ => false,
        },
        '[' => class(rest, path, budget),
        '{' => {
            let Some((choices, after)) = braces(rest) else {
                return false;
            };
            choices.iter().any(|choice| any(&format!("{choice}{after}"), path, budget))
        }
        '\\' => {
            let literal = rest.chars().next().unwrap_or('\\');
            let after = rest.get(literal.len_utf8()..).unwrap_or_default();
            path.strip_prefix(literal).is_some_and(|path| any(after, path, budget))
        }
        literal => path.strip_prefix(literal).is_some_and(|path| any(rest, path, budget)),
    }
}

fn class(pattern: &str, path: &str, budget: &mut usize) -> bool {
    let (Some(end), Some(found)) = (pattern.find(']'), path.chars().next()) else {
        return false;
    };
    let set = &pattern[..end];
    let (negated, set) = match set.strip_prefix(['!', '^']) {
        Some(set) => (true, set),
        None => (false, set),
    };
    let members: Vec<char> = set.chars().collect();
    let mut inside = false;
    let mut at = 0;
    while let Some(&low) = members.get(at) {
        match (members.get(at + 1), members.get(at + 2)) {
            (Some('-'), Some(&high)) => {
                inside |= (low..=high).contains(&found);
                at += 3;
            }
            _ => {
                inside |= low == found;
                at += 1;
            }
        }
    }
    inside != negated && any(&pattern[end + 1..], &path[found.len_utf8()..], budget)
}

/// The choices of `{a,b}` and the pattern after them.
fn braces(pattern: &str) -> Option<(Vec<&str>, &str)> {
    let mut depth = 0usize;
    let mut start = 0;
    let mut choices = Vec::new();
    for (at, c) in pattern.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                choices.push(&pattern[start..at]);
                return Some((choices, &pattern[at + 1..]));
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                choices.push(&pattern[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_as_helm_expects() {
        for (pattern, path, expected) in [
            ("files/*", "files/a.txt", true),
            ("files/*", "files/sub/a.txt", false),
            ("files/**", "files/sub/a.txt", true),
            ("**.yaml", "a/b/c.yaml", true),
            ("f?le", "file", true),
            ("f[a-i]le", "file", true),
            ("f[!a-i]le", "file", false),
            ("*.{yaml,yml}", "a.yml", true),
            ("*.{yaml,yml}", "a.txt", false),
            ("a\\*b", "a*b", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
