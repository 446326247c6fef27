//! The table of open connections through a ztunnel.

use std::collections::HashMap;

use super::Dump;
use super::tables::sorted;
use crate::envoy::value::Value;
use crate::ui::tabwriter::TabWriter;

/// Which connections are shown.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// `inbound` or `outbound`; anything else is both.
    pub direction: String,
    /// Exactly this namespace; all, if it is empty.
    pub namespace: String,
    /// Only the workload of this name; all, if it is empty.
    pub name: String,
    /// Addresses as they are instead of the names they have.
    pub raw: bool,
}

/// The workloads that are shown, by namespace and name.
pub fn selected<'d, 'a>(dump: &'d Dump<'a>, filter: &Filter) -> Vec<&'d Value<'a>> {
    let admits = |wanted: &str, value: &str| wanted.is_empty() || wanted == value;
    let states = dump.states.iter().filter(|state| {
        admits(&filter.namespace, state.text(&["info", "namespace"]))
            && admits(&filter.name, state.text(&["info", "name"]))
    });
    sorted(states.collect(), |state| (state.text(&["info", "namespace"]), state.text(&["info", "name"])))
}

pub fn table(dump: &Dump, filter: &Filter) -> TabWriter {
    let names = if filter.raw { HashMap::new() } else { names(dump) };
    let mut table = TabWriter::new(1);
    table.push("WORKLOAD\tDIRECTION\tLOCAL\tREMOTE\tREMOTE TARGET\tPROTOCOL\n");
    for state in selected(dump, filter) {
        let workload = format!("{}.{}", state.text(&["info", "name"]), state.text(&["info", "namespace"]));
        if filter.direction != "outbound" {
            for one in state.list(&["connections", "inbound"]) {
                let local = named(&names, one.text(&["actualDst"]));
                let remote = named(&names, one.text(&["src"]));
                table.row([
                    &*workload,
                    "Inbound",
                    &local,
                    &remote,
                    one.text(&["originalDst"]),
                    one.text(&["protocol"]),
                ]);
            }
        }
        if filter.direction != "inbound" {
            for one in state.list(&["connections", "outbound"]) {
                let local = named(&names, one.text(&["src"]));
                let remote = named(&names, one.text(&["actualDst"]));
                let target = named(&names, one.text(&["originalDst"]));
                table.row([&*workload, "Outbound", &local, &remote, &target, one.text(&["protocol"])]);
            }
        }
    }
    table
}

/// Names by IP: the pod's for the first IP of a workload, before that the hostname for the first VIP of a service.
fn names<'d>(dump: &'d Dump) -> HashMap<&'d str, String> {
    let mut names = HashMap::new();
    for workload in &dump.workloads {
        if let Some(ip) = workload.list(&["workloadIps"]).first().and_then(Value::as_str) {
            names.insert(ip, format!("{}.{}", workload.text(&["name"]), workload.text(&["namespace"])));
        }
    }
    for service in &dump.services {
        let vip = service.list(&["vips"]).first().and_then(Value::as_str);
        if let Some((_, ip)) = vip.and_then(|vip| vip.split_once('/')) {
            names.insert(ip, service.text(&["hostname"]).to_owned());
        }
    }
    names
}

/// `NAME:PORT` for an address whose IP has a name.
fn named(names: &HashMap<&str, String>, address: &str) -> String {
    let split = match address.strip_prefix('[') {
        Some(rest) => rest.split_once("]:"),
        None => address.rsplit_once(':').filter(|(ip, _)| !ip.contains(':')),
    };
    match split.and_then(|(ip, port)| Some((names.get(ip)?, port))) {
        Some((name, port)) => format!("{name}:{port}"),
        None => address.to_owned(),
    }
}
