//! What to say when a word is no command: the nearest names, and where a command of an older release went.

use crate::ui::nearest::{self, distance};

/// Names at an edit distance of two or less, or that the word starts; in the order given.
pub fn nearest<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let begun = word.to_lowercase();
    names.filter(|name| distance(word, name) <= 2 || name.to_lowercase().starts_with(&begun)).collect()
}

/// The one name that a person may have meant: one that the word starts, else the nearest.
pub fn close<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let names: Vec<&str> = names.into_iter().collect();
    let started = names.iter().copied().find(|name| name.len() > word.len() && name.starts_with(word));
    started.or_else(|| nearest::nearest(word, names))
}

/// Command lines of istioctl before 1.30 that are gone there and here, and what replaces them.
const GONE: [(&str, &str); 18] = [
    ("experimental add-to-mesh", "label the namespace istio-injection=enabled, or use `kube-inject`"),
    ("experimental remove-from-mesh", "remove the namespace's injection label and restart the workloads"),
    ("experimental kube-uninject", "`kube-uninject`"),
    ("experimental uninstall", "`uninstall`"),
    ("experimental create-remote-secret", "`create-remote-secret`"),
    ("experimental remote-clusters", "`remote-clusters`"),
    ("experimental revision", "`revision list`, `revision describe` and `tag`"),
    ("experimental ztunnel-config", "`ztunnel-config`"),
    ("experimental waypoint", "`waypoint`"),
    ("experimental wait", "`proxy-status`"),
    ("experimental authn", "`x describe`"),
    ("experimental post-install", "`install`"),
    ("proxy-config workload", "`ztunnel-config workload`"),
    ("operator", "`install`, or the charts with Helm"),
    ("register", "a WorkloadEntry"),
    ("deregister", "a WorkloadEntry"),
    ("convert-ingress", "the Gateway API"),
    ("manifest profile", "`profile`"),
];

/// What to use instead of a command that an older release had.
pub fn replacement(path: &[String], word: &str) -> Option<&'static str> {
    let line = path.iter().map(String::as_str).chain([word]).collect::<Vec<_>>().join(" ");
    GONE.iter().find(|(gone, _)| *gone == line).map(|(_, instead)| *instead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_are_two_edits_away_or_begin_with_the_word() {
        let names = ["analyze", "install", "tag", "uninstall"];
        assert_eq!(nearest("analyz", names.into_iter()), ["analyze"]);
        assert_eq!(nearest("INSTAL", names.into_iter()), ["install"]);
        assert_eq!(nearest("un", names.into_iter()), ["uninstall"]);
        assert_eq!(nearest("frobnicate", names.into_iter()), Vec::<&str>::new());
        assert_eq!(close("instal", names), Some("install"));
        assert_eq!(close("cat", names), None);
    }
}
