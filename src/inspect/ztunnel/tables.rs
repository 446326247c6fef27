//! The tables of workloads, services and policies.

use std::collections::HashMap;

use super::{Dump, admits};
use crate::envoy::value::Value;
use crate::inspect::go_sort::sort_by_less;
use crate::ui::tabwriter::TabWriter;

/// Which workloads are shown; all conditions have to hold, all ignore case.
#[derive(Debug, Clone, Default)]
pub struct WorkloadFilter {
    pub address: String,
    pub namespace: String,
    pub node: String,
    /// Only the workload of this name: set when a pod was named that is not a ztunnel.
    pub name: String,
}

impl WorkloadFilter {
    pub fn admits(&self, workload: &Value) -> bool {
        let ips = workload.list(&["workloadIps"]);
        (self.address.is_empty() || ips.iter().any(|ip| admits(&self.address, ip.as_str().unwrap_or_default())))
            && admits(&self.namespace, workload.text(&["namespace"]))
            && admits(&self.node, workload.text(&["node"]))
            && admits(&self.name, workload.text(&["name"]))
    }
}

/// Names of the services that destinations of waypoints mean.
pub struct Waypoints<'d> {
    names: HashMap<String, &'d str>,
}

impl<'d> Waypoints<'d> {
    pub fn of(dump: &'d Dump) -> Self {
        let mut names = HashMap::new();
        for service in &dump.services {
            let name = service.text(&["name"]);
            let own = format!("{}/{}", service.text(&["namespace"]), service.text(&["hostname"]));
            names.entry(own).or_insert(name);
            for vip in service.list(&["vips"]).iter().filter_map(Value::as_str) {
                names.entry(vip.to_owned()).or_insert(name);
            }
        }
        Waypoints { names }
    }

    /// The waypoint of a workload or service: its name, `None` without one, `NA` where the service is unknown.
    fn shown(&self, owner: &Value) -> &str {
        match owner.get("waypoint") {
            None => "None",
            Some(waypoint) => self.names.get(waypoint.text(&["destination"])).copied().unwrap_or("NA"),
        }
    }
}

/// Workloads by namespace and name, then node.
pub fn workloads(dump: &Dump, filter: &WorkloadFilter) -> TabWriter {
    let waypoints = Waypoints::of(dump);
    let shown = dump.workloads.iter().filter(|workload| filter.admits(workload));
    let shown = sorted(shown.collect(), |workload| {
        (format!("{}.{}", workload.text(&["namespace"]), workload.text(&["name"])), workload.text(&["node"]))
    });
    let mut table = TabWriter::new(1);
    table.push("NAMESPACE\tPOD NAME\tADDRESS\tNODE\tWAYPOINT\tPROTOCOL\n");
    for workload in shown {
        let ips: Vec<&str> = workload.list(&["workloadIps"]).iter().filter_map(Value::as_str).collect();
        let address = match ips.join(",") {
            none if none.is_empty() => workload.text(&["hostname"]).to_owned(),
            ips => ips,
        };
        table.row([
            workload.text(&["namespace"]),
            workload.text(&["name"]),
            &address,
            workload.text(&["node"]),
            waypoints.shown(workload),
            workload.text(&["protocol"]),
        ]);
    }
    table
}

/// The services of a namespace (of all, if it is empty) by namespace, name and hostname.
pub fn selected_services<'d, 'a>(dump: &'d Dump<'a>, namespace: &str) -> Vec<&'d Value<'a>> {
    in_namespace(&dump.services, namespace, &["namespace", "name", "hostname"])
}

pub fn services(dump: &Dump, namespace: &str) -> TabWriter {
    let waypoints = Waypoints::of(dump);
    let healthy: HashMap<&str, bool> = dump
        .workloads
        .iter()
        .map(|workload| (workload.text(&["uid"]), workload.text(&["status"]) == "Healthy"))
        .collect();
    let mut table = TabWriter::new(1);
    table.push("NAMESPACE\tSERVICE NAME\tSERVICE VIP\tWAYPOINT\tENDPOINTS\n");
    for service in selected_services(dump, namespace) {
        let vips = service.list(&["vips"]).iter().filter_map(Value::as_str);
        let vips: Vec<&str> = vips.map(|vip| vip.split_once('/').map_or("", |(_, ip)| ip)).collect();
        let endpoints = service.get("endpoints").map(Value::entries).unwrap_or_default();
        let ready = endpoints.iter().filter(|(_, one)| healthy.get(one.text(&["workloadUid"])) == Some(&true)).count();
        table.row([
            service.text(&["namespace"]),
            service.text(&["name"]),
            &vips.join(","),
            waypoints.shown(service),
            &format!("{ready}/{}", endpoints.len()),
        ]);
    }
    table
}

/// The policies of a namespace (of all, if it is empty) by namespace and name.
pub fn selected_policies<'d, 'a>(dump: &'d Dump<'a>, namespace: &str) -> Vec<&'d Value<'a>> {
    in_namespace(&dump.policies, namespace, &["namespace", "name"])
}

pub fn policies(dump: &Dump, namespace: &str) -> TabWriter {
    let mut table = TabWriter::new(1);
    table.push("NAMESPACE\tPOLICY NAME\tACTION\tSCOPE\n");
    for policy in selected_policies(dump, namespace) {
        table.row(["namespace", "name", "action", "scope"].map(|key| policy.text(&[key])));
    }
    table
}

fn in_namespace<'d, 'a>(all: &'d [Value<'a>], namespace: &str, keys: &[&str]) -> Vec<&'d Value<'a>> {
    let shown = all.iter().filter(|one| admits(namespace, one.text(&["namespace"])));
    sorted(shown.collect(), |one| keys.iter().map(|key| one.text(&[key])).collect::<Vec<_>>())
}

/// By a key; what has the same key in the order that Go leaves it in.
pub(super) fn sorted<'d, 'a, K: PartialOrd>(
    objects: Vec<&'d Value<'a>>,
    key: impl Fn(&'d Value<'a>) -> K,
) -> Vec<&'d Value<'a>> {
    let mut keyed: Vec<(K, &Value)> = objects.into_iter().map(|object| (key(object), object)).collect();
    sort_by_less(&mut keyed, |(a, _), (b, _)| a < b);
    keyed.into_iter().map(|(_, object)| object).collect()
}
