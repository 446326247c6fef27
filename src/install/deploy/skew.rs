//! How far the release that is to be installed is from those that run.
//!
//! The limits are the project's support policy: a control plane goes one minor release at a time in place, is never older
//! than a proxy it serves, and at most `BEHIND` minor releases ahead of one.

use std::collections::BTreeMap;

/// How many minor releases a proxy may be behind its control plane.
const BEHIND: u32 = 2;

/// A release: major, minor, patch.
type Release = (u32, u32, u32);

/// What speaks against installing over what runs, and what should merely be known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skew {
    /// Worth a line; nothing is wrong.
    pub notes: Vec<String>,
    /// Outside of what the project supports.
    pub problems: Vec<String>,
}

/// Compares this program's release with the installed istiod of the same revision (none when there is none) and with the
/// proxies, as release → how many. Tags that are no release, such as `latest`, tell nothing.
pub fn skew(ours: &str, revision: &str, installed: Option<&str>, proxies: &BTreeMap<String, usize>) -> Skew {
    let mut skew = Skew::default();
    let Some(new) = release(ours) else { return skew };
    if let Some((name, old)) = installed.and_then(|name| Some((name, release(name)?))) {
        let way = if old < new { "upgraded" } else { "downgraded" };
        if old != new {
            skew.notes.push(format!("Istio is being {way} from {name} to {ours}."));
        }
        if minor_of(old) > minor_of(new) {
            skew.problems.push(format!("istiod of revision {revision} runs {name}, which is newer than {ours}"));
        } else if old.0 == new.0 && new.1 - old.1 > 1 {
            skew.problems.push(format!(
                "istiod of revision {revision} runs {name}; an upgrade in place goes one minor release at a time"
            ));
        }
    }
    for (name, count) in proxies {
        let Some(proxy) = release(name) else { continue };
        if minor_of(proxy) > minor_of(new) {
            skew.problems.push(format!("{count} proxies run {name}, which is newer than {ours}"));
        } else if proxy.0 < new.0 || new.1 - proxy.1 > BEHIND {
            skew.problems.push(format!("{count} proxies run {name}, more than {BEHIND} minor releases behind {ours}"));
        }
    }
    skew
}

fn minor_of(release: Release) -> (u32, u32) {
    (release.0, release.1)
}

/// `1.30.3`, also with a suffix such as `-distroless`; none for anything else.
fn release(tag: &str) -> Option<Release> {
    let mut numbers = tag.split('-').next()?.split('.').map(str::parse);
    let release = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    numbers.next().is_none().then_some(release)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(installed: &str, proxies: &[&str]) -> Vec<String> {
        let proxies = proxies.iter().map(|name| ((*name).to_owned(), 3)).collect();
        skew("1.30.3", "default", Some(installed), &proxies).problems
    }

    #[test]
    fn versions_are_compared_as_numbers_both_ways() {
        assert_eq!(problems("1.29.1", &["1.29.1", "1.28.0-distroless"]), Vec::<String>::new());
        assert_eq!(problems("1.30.9", &[]), Vec::<String>::new(), "another patch is no other release");
        assert_eq!(
            problems("1.9.4", &[]),
            ["istiod of revision default runs 1.9.4; an upgrade in place goes one minor release at a time"]
        );
        assert_eq!(problems("1.31.0", &[]), ["istiod of revision default runs 1.31.0, which is newer than 1.30.3"]);
        assert_eq!(
            problems("1.30.3", &["1.27.0", "1.31.0"]),
            [
                "3 proxies run 1.27.0, more than 2 minor releases behind 1.30.3",
                "3 proxies run 1.31.0, which is newer than 1.30.3",
            ]
        );
        assert_eq!(problems("latest", &["my-build"]), Vec::<String>::new());
    }

    #[test]
    fn a_change_of_release_is_told() {
        let notes = |installed| skew("1.30.3", "default", installed, &BTreeMap::new()).notes;
        assert_eq!(notes(Some("1.9.4")), ["Istio is being upgraded from 1.9.4 to 1.30.3."]);
        assert_eq!(notes(Some("1.30.10")), ["Istio is being downgraded from 1.30.10 to 1.30.3."]);
        assert_eq!(notes(Some("1.30.3")), Vec::<String>::new());
        assert_eq!(notes(None), Vec::<String>::new());
    }
}
