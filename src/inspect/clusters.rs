//! `proxy-config cluster`: which clusters are shown, in which order, and their table.

use std::cmp::Ordering;

use super::go_sort::sort_by_less;
use super::origin;
use super::pattern::Pattern;
use crate::envoy::dump::cluster::Cluster;
use crate::envoy::dump::field::EnumValue;
use crate::ui::tabwriter::TabWriter;

/// The parts of a cluster's name `direction|port|subset|host`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClusterName<'n> {
    pub direction: &'n str,
    pub port: i64,
    pub subset: &'n str,
    pub host: &'n str,
    /// The name has the four parts; otherwise the whole name is the host.
    pub parsed: bool,
}

impl<'n> ClusterName<'n> {
    pub fn parse(name: &'n str) -> Self {
        let mut parts = name.splitn(4, '|');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(direction), Some(port), Some(subset), Some(host)) => ClusterName {
                direction,
                port: go_integer(port),
                subset,
                host: if host.contains('|') { "" } else { host },
                parsed: true,
            },
            _ => ClusterName { direction: "", port: 0, subset: "", host: name, parsed: false },
        }
    }

    /// Host, subset, port, direction: the order of all tables of clusters.
    pub fn order(&self, other: &Self) -> Ordering {
        self.host
            .cmp(other.host)
            .then_with(|| self.subset.cmp(other.subset))
            .then_with(|| self.port.cmp(&other.port))
            .then_with(|| self.direction.cmp(other.direction))
    }
}

/// A decimal with optional sign; what is too large becomes the largest, anything else 0.
fn go_integer(text: &str) -> i64 {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return 0;
    }
    text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX })
}

/// Which clusters are shown; all conditions have to hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub fqdn: Pattern,
    pub port: i64,
    pub subset: Pattern,
    pub direction: Pattern,
}

impl Filter {
    /// The conditions are tests on the full name, wherever in it they hold.
    pub fn admits(&self, name: &str) -> bool {
        self.fqdn.is_part_of(name)
            && (self.port == 0 || name.contains(&format!("|{}|", self.port)))
            && self.subset.is_part_of(name)
            && self.direction.is_part_of(name)
    }
}

/// Sorts by name, then filters: in this order, as ties depend on it.
pub fn selected<R>(mut clusters: Vec<R>, name: impl Fn(&R) -> &str, filter: &Filter) -> Vec<R> {
    sort_by_less(&mut clusters, |a, b| ClusterName::parse(name(a)).order(&ClusterName::parse(name(b))).is_lt());
    clusters.retain(|cluster| filter.admits(name(cluster)));
    clusters
}

/// The names of `Cluster.DiscoveryType`, by number.
const DISCOVERY: [&str; 5] = ["STATIC", "STRICT_DNS", "LOGICAL_DNS", "EDS", "ORIGINAL_DST"];

/// The table; with `named` it has the first column NAME that `proxy-config all` shows.
pub fn table(clusters: &[Cluster], named: bool) -> TabWriter {
    let mut table = TabWriter::new(5);
    let heading = "SERVICE FQDN\tPORT\tSUBSET\tDIRECTION\tTYPE\tDESTINATION RULE\n";
    table.push(if named { "NAME\t" } else { "" });
    table.push(heading);
    for cluster in clusters {
        let (discovery, origin) = (discovery(&cluster.discovery), origin::shown(cluster.metadata.as_ref()));
        table.row(Cells { name: &cluster.name, discovery: &discovery, origin: &origin }.row(named));
    }
    table
}

/// What the cells of a cluster's row are made of.
pub(super) struct Cells<'c> {
    pub name: &'c str,
    /// Of the type of its discovery.
    pub discovery: &'c str,
    /// The DestinationRule.
    pub origin: &'c str,
}

impl Cells<'_> {
    pub fn row(&self, named: bool) -> Vec<String> {
        let name = ClusterName::parse(self.name);
        let prefixed = format!("cluster/{}", self.name);
        let mut cells = Vec::with_capacity(7);
        if named && !self.name.is_empty() {
            cells.push(prefixed.clone());
        }
        if name.parsed {
            let subset = if name.subset.is_empty() { "-" } else { name.subset };
            cells.extend([name.host, &name.port.to_string(), subset, name.direction].map(str::to_owned));
        } else {
            // The reference repeats the prefixed name here.
            let host = if named && !self.name.is_empty() { &prefixed } else { self.name };
            cells.extend([host, "-", "-", "-"].map(str::to_owned));
        }
        cells.extend([self.discovery, self.origin].map(str::to_owned));
        cells
    }
}

fn discovery(value: &EnumValue) -> String {
    let number = value.number(&DISCOVERY).unwrap_or(0);
    let name = usize::try_from(number).ok().and_then(|number| DISCOVERY.get(number));
    name.map_or_else(|| number.to_string(), |name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let cases = [
            ("outbound|80|v1|a.b.svc", ("outbound", 80, "v1", "a.b.svc", true)),
            ("outbound|+5||c", ("outbound", 5, "", "c", true)),
            ("outbound|99999999999999999999||c", ("outbound", i64::MAX, "", "c", true)),
            ("outbound| 5||c", ("outbound", 0, "", "c", true)),
            ("x|1|y|z|w", ("x", 1, "y", "", true)),
            ("a||b", ("", 0, "", "a||b", false)),
        ];
        for (name, (direction, port, subset, host, parsed)) in cases {
            assert_eq!(ClusterName::parse(name), ClusterName { direction, port, subset, host, parsed }, "{name}");
        }
    }
}
