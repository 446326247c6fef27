//! `proxy-config eds`: the endpoints that the control plane sent, from a dump taken with them.

use super::address;
use super::clusters::ClusterName;
use super::go_sort::sort_by_less;
use crate::envoy::decode::TYPE_PREFIX;
use crate::envoy::dump::endpoint::{Assignment, HEALTH, LbEndpoint, Locality};
use crate::envoy::value::Value;
use crate::ui::tabwriter::TabWriter;

/// Which endpoints are shown; all conditions have to hold, all ignore case.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// `IP:PORT` of the address or one of the additional ones.
    pub address: String,
    pub port: u32,
    pub cluster: String,
    pub status: String,
}

impl Filter {
    fn admits_cluster(&self, assignment: &Assignment) -> bool {
        self.cluster.is_empty() || assignment.cluster_name.to_lowercase() == self.cluster.to_lowercase()
    }

    /// Whether an endpoint is shown (its cluster is judged apart).
    pub fn admits(&self, endpoint: &LbEndpoint) -> bool {
        let same = |shown: &str, wanted: &str| shown.to_lowercase() == wanted.to_lowercase();
        (self.address.is_empty() || addresses(endpoint).iter().any(|shown| same(shown, &self.address)))
            && (self.port == 0 || port(endpoint) == self.port)
            && (self.status.is_empty() || same(super::endpoints::status(&endpoint.health_status), &self.status))
    }
}

/// The assignments that are shown, in order, each with the place it had in the dump. One without endpoints is never shown.
pub fn selected<'e, 'a>(assignments: &'e [Assignment<'a>], filter: &Filter) -> Vec<(usize, &'e Assignment<'a>)> {
    let shown = |assignment: &Assignment| {
        is_assignment(assignment)
            && filter.admits_cluster(assignment)
            && assignment.endpoints.iter().flat_map(|group| group.lb_endpoints.iter()).any(|one| filter.admits(one))
    };
    let mut selected: Vec<_> = assignments.iter().enumerate().filter(|(_, assignment)| shown(assignment)).collect();
    let name = |assignment: &'e Assignment<'a>| ClusterName::parse(&assignment.cluster_name);
    sort_by_less(&mut selected, |(_, a), (_, b)| name(a).order(&name(b)).is_lt());
    selected
}

fn is_assignment(assignment: &Assignment) -> bool {
    let url = &*assignment.type_url;
    url.strip_prefix(TYPE_PREFIX).unwrap_or(url) == "envoy.config.endpoint.v3.ClusterLoadAssignment"
}

/// Takes the endpoints that are not shown out of the canonical form of the same assignment.
pub fn prune(value: &mut Value, assignment: &Assignment, filter: &Filter) {
    let Value::Object(fields) = value else { return };
    let groups = fields.iter_mut().find(|(name, _)| name == "endpoints");
    let Some((_, Value::List(groups))) = groups else { return };
    for (group, view) in groups.iter_mut().zip(assignment.endpoints.iter()) {
        let Value::Object(fields) = group else { continue };
        if let Some((_, Value::List(endpoints))) = fields.iter_mut().find(|(name, _)| name == "lbEndpoints") {
            let mut shown = view.lb_endpoints.iter().map(|endpoint| filter.admits(endpoint));
            endpoints.retain(|_| shown.next().unwrap_or(true));
        }
        fields.retain(|(name, value)| name != "lbEndpoints" || !value.items().is_empty());
    }
}

/// A row for each endpoint.
pub fn table(assignments: &[(usize, &Assignment)], filter: &Filter, named: bool) -> TabWriter {
    let mut table = TabWriter::new(5);
    table.push("NAME\tSTATUS\tLOCALITY\tCLUSTER\n");
    for (_, assignment) in assignments {
        for group in assignment.endpoints.iter() {
            let locality = locality(group.locality.as_ref());
            for endpoint in group.lb_endpoints.iter().filter(|endpoint| filter.admits(endpoint)) {
                let name = addresses(endpoint).join(",");
                let name = if named { format!("endpoint/{name}") } else { name };
                table.row([&*name, &*status(endpoint), &*locality, &*assignment.cluster_name]);
            }
        }
    }
    table
}

fn addresses(endpoint: &LbEndpoint) -> Vec<String> {
    let Some(endpoint) = &endpoint.endpoint else { return vec![address::of_endpoint(None)] };
    let more = endpoint.additional_addresses.iter().map(|more| more.address.as_ref());
    std::iter::once(endpoint.address.as_ref()).chain(more).map(address::of_endpoint).collect()
}

fn port(endpoint: &LbEndpoint) -> u32 {
    endpoint.endpoint.as_ref().and_then(|endpoint| endpoint.address.as_ref()).map_or(0, |address| address.port())
}

fn status(endpoint: &LbEndpoint) -> String {
    match super::endpoints::status(&endpoint.health_status) {
        "" => endpoint.health_status.number(&HEALTH).unwrap_or(0).to_string(),
        name => name.to_owned(),
    }
}

/// `region/zone/subzone`, ending at the first that is empty.
fn locality(locality: Option<&Locality>) -> String {
    let Some(locality) = locality else { return String::new() };
    let mut text = locality.region.to_string();
    for part in [&locality.zone, &locality.sub_zone] {
        if part.is_empty() {
            break;
        }
        text.push('/');
        text.push_str(part);
    }
    text
}
