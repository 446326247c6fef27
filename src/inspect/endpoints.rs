//! `proxy-config endpoint`: the hosts of `/clusters?format=json`.

use std::borrow::Cow;
use std::io;

use serde::{Deserialize, Deserializer};

use super::address;
use super::go_sort::sort_by_less;
use super::pattern::Pattern;
use crate::envoy::dump::endpoint::{ClusterStatus, HEALTH, HostStatus};
use crate::envoy::dump::field::EnumValue;
use crate::ui::tabwriter::{TabWriter, write_rows};

/// Which hosts are shown; all conditions have to hold, all ignore case.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub address: Pattern,
    pub port: u32,
    pub cluster: Pattern,
    pub status: Pattern,
}

/// A host as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host<'a> {
    address: Cow<'a, str>,
    port: u32,
    cluster: Cow<'a, str>,
    status: &'static str,
    failed_outlier_check: bool,
}

/// The hosts of a cluster. They are made while the answer is read, so that nothing else of it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts<'a> {
    hosts: Box<[Host<'a>]>,
    /// The name of a health status that does not exist.
    unknown_status: Option<Box<str>>,
}

impl Filter {
    pub fn admits(&self, host: &Host) -> bool {
        self.address.is_nearly(&host.address)
            && (self.port == 0 || host.port == self.port)
            && self.cluster.is_nearly(&host.cluster)
            && self.status.is_nearly(host.status)
    }

    /// Whether any host of a cluster is shown.
    pub fn admits_cluster(&self, cluster: &ClusterStatus) -> bool {
        cluster.host_statuses.iter().any(|host| self.admits(&Host::of(cluster, host)))
    }
}

impl<'a> Host<'a> {
    /// All hosts of a cluster.
    pub fn all(cluster: &ClusterStatus<'a>) -> Vec<Self> {
        cluster.host_statuses.iter().map(|host| Host::of(cluster, host)).collect()
    }

    fn of(cluster: &ClusterStatus<'a>, host: &HostStatus<'a>) -> Self {
        let health = host.health_status.as_ref();
        Host {
            address: address::of_host(host.address.as_ref()),
            port: host.address.as_ref().map_or(0, |address| address.port()),
            cluster: cluster.name.0.clone(),
            status: status(health.map_or(&EnumValue::Unset, |health| &health.eds_health_status)),
            failed_outlier_check: health.is_some_and(|health| health.failed_outlier_check == Some(true)),
        }
    }

    /// By address, port and cluster.
    pub(super) fn order(&self) -> (&str, u32, &str) {
        (&self.address, self.port, &self.cluster)
    }

    pub(super) fn cells(&self) -> [Cow<'_, str>; 4] {
        let endpoint = match self.port {
            0 => Cow::Borrowed(&*self.address),
            port => Cow::Owned(format!("{}:{port}", self.address)),
        };
        let check = if self.failed_outlier_check { "FAILED" } else { "OK" };
        [endpoint, self.status.into(), check.into(), Cow::Borrowed(&self.cluster)]
    }
}

impl<'a> Hosts<'a> {
    fn of(cluster: &ClusterStatus<'a>) -> Self {
        let health = cluster.host_statuses.iter().filter_map(|host| host.health_status.as_ref());
        let unknown = health.map(|health| &health.eds_health_status).find_map(|status| match status {
            EnumValue::Name(name) if !HEALTH.contains(&&**name) => Some((&**name).into()),
            _ => None,
        });
        Hosts { hosts: Host::all(cluster).into(), unknown_status: unknown }
    }

    /// Whether any host is shown.
    pub fn any(&self, filter: &Filter) -> bool {
        self.hosts.iter().any(|host| filter.admits(host))
    }

    /// The name of the health status, should a host have one that does not exist.
    pub fn unknown_status(&self) -> Option<&str> {
        self.unknown_status.as_deref()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Hosts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ClusterStatus::deserialize(deserializer).map(|cluster| Hosts::of(&cluster))
    }
}

/// The name of a health status; nothing for a number that has none.
pub(super) fn status(value: &EnumValue) -> &'static str {
    named(value.number(&HEALTH).unwrap_or(0))
}

/// The name of the health status with this number.
pub(super) fn named(number: i32) -> &'static str {
    usize::try_from(number).ok().and_then(|number| HEALTH.get(number)).copied().unwrap_or_default()
}

const PADDING: usize = 5;
const HEADING: [&str; 4] = ["ENDPOINT", "STATUS", "OUTLIER CHECK", "CLUSTER"];

/// A row for each host.
pub fn table(clusters: &[Hosts], filter: &Filter) -> TabWriter {
    let mut table = TabWriter::new(PADDING);
    table.row(HEADING);
    sorted(clusters, filter).iter().for_each(|host| table.row(host.cells()));
    table
}

/// Writes the same table without holding it.
pub fn write(out: &mut dyn io::Write, clusters: &[Hosts], filter: &Filter) -> io::Result<()> {
    let hosts = sorted(clusters, filter);
    let heading = || std::iter::once(HEADING.map(Cow::Borrowed));
    write_rows(out, PADDING, || heading().chain(hosts.iter().map(|host| host.cells())))
}

fn sorted<'h, 'a>(clusters: &'h [Hosts<'a>], filter: &Filter) -> Vec<&'h Host<'a>> {
    let all = clusters.iter().flat_map(|cluster| cluster.hosts.iter());
    let mut hosts: Vec<&Host> = all.filter(|host| filter.admits(host)).collect();
    sort_by_less(&mut hosts, |a, b| a.order() < b.order());
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envoy::dump::endpoint::ClusterStatuses;

    #[test]
    fn null_in_a_list_is_a_host_or_cluster_of_which_nothing_is_known() {
        let text = r#"{"cluster_statuses": [null, {"name": "c", "hostStatuses": [null,
            {"address": {"pipe": {"path": "/s"}}, "health_status": {"eds_health_status": 9.0, "failed_outlier_check": true}},
            {"address": {"socket_address": {"address": "::1", "port_value": "8e1"}}, "health_status": {"eds_health_status": 1}}]},
            {"name": "none", "host_statuses": null}]}"#;
        let statuses: ClusterStatuses<Hosts> = serde_json::from_str(text).expect("JSON");
        let shown = table(&statuses.cluster_statuses, &Filter::default()).finish();
        let wanted = "ENDPOINT      STATUS      OUTLIER CHECK     CLUSTER\n\
                      ::1:80        HEALTHY     OK                c\n\
                      unix:///s                 FAILED            c\n\
                      unknown       UNKNOWN     OK                c\n";
        assert_eq!(shown, wanted);
    }
}
