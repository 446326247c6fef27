//! `proxy-config endpoint`: the hosts of `/clusters?format=json`.

use super::address;
use super::go_sort::sort_by_less;
use crate::envoy::dump::endpoint::{ClusterStatus, HEALTH, HostStatus};
use crate::envoy::dump::field::EnumValue;
use crate::ui::tabwriter::TabWriter;

/// Which hosts are shown; all conditions have to hold, all ignore case.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub address: String,
    pub port: u32,
    pub cluster: String,
    pub status: String,
}

/// A host as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    address: String,
    port: u32,
    cluster: String,
    status: &'static str,
    failed_outlier_check: bool,
}

impl Filter {
    fn admits(&self, row: &Row) -> bool {
        let same = |shown: &str, wanted: &str| wanted.is_empty() || shown.to_lowercase() == wanted.to_lowercase();
        same(&row.address, &self.address)
            && (self.port == 0 || row.port == self.port)
            && same(&row.cluster, &self.cluster)
            && same(row.status, &self.status)
    }

    /// Whether any host of a cluster is shown.
    pub fn admits_cluster(&self, cluster: &ClusterStatus) -> bool {
        cluster.host_statuses.iter().any(|host| self.admits(&row(cluster, host)))
    }
}

fn row(cluster: &ClusterStatus, host: &HostStatus) -> Row {
    let health = host.health_status.as_ref();
    Row {
        address: address::of_host(host.address.as_ref()),
        port: host.address.as_ref().map_or(0, |address| address.port()),
        cluster: cluster.name.to_string(),
        status: status(health.map_or(&EnumValue::Unset, |health| &health.eds_health_status)),
        failed_outlier_check: health.is_some_and(|health| health.failed_outlier_check == Some(true)),
    }
}

/// The name of a health status; nothing for a number that has none.
pub(super) fn status(value: &EnumValue) -> &'static str {
    let number = value.number(&HEALTH).unwrap_or(0);
    usize::try_from(number).ok().and_then(|number| HEALTH.get(number)).copied().unwrap_or_default()
}

/// The name of the health status, should a host have one that does not exist.
pub fn unknown_status<'c>(clusters: &'c [ClusterStatus]) -> Option<&'c str> {
    let hosts = clusters.iter().flat_map(|cluster| cluster.host_statuses.iter());
    hosts.filter_map(|host| host.health_status.as_ref()).find_map(|health| match &health.eds_health_status {
        EnumValue::Name(name) if !HEALTH.contains(&&**name) => Some(&**name),
        _ => None,
    })
}

/// A row for each host.
pub fn table(clusters: &[ClusterStatus], filter: &Filter) -> TabWriter {
    let hosts = clusters.iter().flat_map(|cluster| cluster.host_statuses.iter().map(move |host| row(cluster, host)));
    let mut rows: Vec<Row> = hosts.filter(|row| filter.admits(row)).collect();
    sort_by_less(&mut rows, |a, b| (&a.address, a.port, &a.cluster) < (&b.address, b.port, &b.cluster));
    let mut table = TabWriter::new(5);
    table.push("ENDPOINT\tSTATUS\tOUTLIER CHECK\tCLUSTER\n");
    for row in rows {
        let endpoint = if row.port == 0 { row.address } else { format!("{}:{}", row.address, row.port) };
        table.row([&*endpoint, row.status, if row.failed_outlier_check { "FAILED" } else { "OK" }, &*row.cluster]);
    }
    table
}
