//! `proxy-config eds`: the endpoints that the control plane sent, from a dump taken with them.

use std::borrow::Cow;
use std::io;

use serde::{Deserialize, Deserializer};

use super::address;
use super::clusters::ClusterName;
use super::endpoints::named;
use super::go_sort::sort_by_less;
use super::pattern::Pattern;
use crate::envoy::decode::TYPE_PREFIX;
use crate::envoy::dump::endpoint::{Assignment, Endpoint, HEALTH, LbEndpoint, Locality};
use crate::envoy::value::Value;
use crate::ui::tabwriter::{TabWriter, write_rows};

/// What the table shows of an assignment. It is made while the dump is read, so that nothing else of it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary<'a> {
    cluster: Cow<'a, str>,
    /// It really is a `ClusterLoadAssignment`; everything else is passed over.
    fits: bool,
    /// Of each group of endpoints.
    localities: Box<[Box<str>]>,
    endpoints: Box<[Row<'a>]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row<'a> {
    addresses: Addresses<'a>,
    port: u32,
    health: i32,
    /// The place of its group.
    group: u32,
}

/// The addresses of an endpoint; the usual one without a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Addresses<'a> {
    Socket(Cow<'a, str>),
    Texts(Box<[Box<str>]>),
}

impl<'a> Summary<'a> {
    fn of(assignment: &Assignment<'a>) -> Self {
        let url = &*assignment.type_url;
        let groups = assignment.endpoints.iter();
        let rows = groups
            .clone()
            .zip(0..)
            .flat_map(|(group, place)| group.lb_endpoints.iter().map(move |endpoint| Row::of(endpoint, place)));
        Summary {
            cluster: assignment.cluster_name.0.clone(),
            fits: url.strip_prefix(TYPE_PREFIX).unwrap_or(url) == "envoy.config.endpoint.v3.ClusterLoadAssignment",
            endpoints: rows.collect(),
            localities: groups.map(|group| locality(group.locality.as_ref()).into()).collect(),
        }
    }

    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// The number of the health status of each endpoint.
    pub fn health(&self) -> impl Iterator<Item = i32> {
        self.endpoints.iter().map(|row| row.health)
    }

    fn order(&self, other: &Self) -> bool {
        ClusterName::parse(&self.cluster).order(&ClusterName::parse(&other.cluster)).is_lt()
    }

    fn rows<'s>(&'s self, filter: &'s Filter) -> impl Iterator<Item = [Cow<'s, str>; 4]> {
        let shown = self.endpoints.iter().filter(|row| filter.admits(row));
        shown.map(|row| {
            let locality = usize::try_from(row.group).ok().and_then(|group| self.localities.get(group));
            [row.name(), row.status(), Cow::Borrowed(locality.map_or("", |text| text)), Cow::Borrowed(&*self.cluster)]
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Summary<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Assignment::deserialize(deserializer).map(|assignment| Summary::of(&assignment))
    }
}

impl<'a> Row<'a> {
    fn of(endpoint: &LbEndpoint<'a>, group: u32) -> Self {
        let inner = endpoint.endpoint.as_ref();
        let address = inner.and_then(|endpoint| endpoint.address.as_ref());
        let socket = address.and_then(|address| address.socket_address.as_ref());
        let addresses = match (socket, inner) {
            (Some(socket), Some(inner)) if inner.additional_addresses.is_empty() => {
                Addresses::Socket(socket.address.0.clone())
            }
            _ => Addresses::Texts(texts(inner).map(Into::into).collect()),
        };
        let health = endpoint.health_status.number(&HEALTH).unwrap_or(0);
        Row { addresses, port: address.map_or(0, |address| address.port()), health, group }
    }

    fn name(&self) -> Cow<'_, str> {
        match &self.addresses {
            Addresses::Socket(address) => format!("{address}:{}", self.port).into(),
            Addresses::Texts(texts) => texts.join(",").into(),
        }
    }

    fn status(&self) -> Cow<'_, str> {
        match named(self.health) {
            "" => self.health.to_string().into(),
            name => name.into(),
        }
    }
}

/// The address of an endpoint and the additional ones.
fn texts(endpoint: Option<&Endpoint>) -> impl Iterator<Item = String> {
    let more = endpoint.into_iter().flat_map(|endpoint| endpoint.additional_addresses.iter());
    std::iter::once(endpoint.and_then(|endpoint| endpoint.address.as_ref()))
        .chain(more.map(|more| more.address.as_ref()))
        .map(address::of_endpoint)
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

/// Which endpoints are shown; all conditions have to hold, all ignore case.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// `IP:PORT` of the address or one of the additional ones.
    pub address: Pattern,
    pub port: u32,
    pub cluster: Pattern,
    pub status: Pattern,
}

impl Filter {
    /// Whether an endpoint is shown (its cluster is judged apart).
    fn admits(&self, row: &Row) -> bool {
        let address = match (&self.address, &row.addresses) {
            (Pattern::Any, _) => true,
            (address, Addresses::Socket(_)) => address.is_nearly(&row.name()),
            (address, Addresses::Texts(texts)) => texts.iter().any(|text| address.is_nearly(text)),
        };
        address && (self.port == 0 || row.port == self.port) && self.status.is_nearly(named(row.health))
    }
}

/// The assignments that are shown, in order, each with the place it had in the dump. One without endpoints is never shown.
pub fn selected<'e, 'a>(assignments: &'e [Summary<'a>], filter: &Filter) -> Vec<(usize, &'e Summary<'a>)> {
    let shown = |summary: &Summary| {
        summary.fits
            && filter.cluster.is_nearly(&summary.cluster)
            && summary.endpoints.iter().any(|row| filter.admits(row))
    };
    let mut selected: Vec<_> = assignments.iter().enumerate().filter(|(_, summary)| shown(summary)).collect();
    sort_by_less(&mut selected, |(_, a), (_, b)| a.order(b));
    selected
}

/// Takes the endpoints that are not shown out of the canonical form of the same assignment.
pub fn prune(value: &mut Value, summary: &Summary, filter: &Filter) {
    let Value::Object(fields) = value else { return };
    let groups = fields.iter_mut().find(|(name, _)| name == "endpoints");
    let Some((_, Value::List(groups))) = groups else { return };
    let mut shown = summary.endpoints.iter().map(|row| filter.admits(row));
    for group in groups {
        let Value::Object(fields) = group else { continue };
        if let Some((_, Value::List(endpoints))) = fields.iter_mut().find(|(name, _)| name == "lbEndpoints") {
            endpoints.retain(|_| shown.next().unwrap_or(true));
        }
        fields.retain(|(name, value)| name != "lbEndpoints" || !value.items().is_empty());
    }
}

const PADDING: usize = 5;
const HEADING: [&str; 4] = ["NAME", "STATUS", "LOCALITY", "CLUSTER"];

/// A row for each endpoint.
pub fn table(assignments: &[(usize, &Summary)], filter: &Filter) -> TabWriter {
    let mut table = TabWriter::new(PADDING);
    table.row(HEADING);
    assignments.iter().flat_map(|(_, summary)| summary.rows(filter)).for_each(|row| table.row(row));
    table
}

/// Writes the same table without holding it; `prefix` stands before each name.
pub fn write(
    out: &mut dyn io::Write,
    assignments: &[(usize, &Summary)],
    filter: &Filter,
    prefix: &str,
) -> io::Result<()> {
    let heading = || std::iter::once(HEADING.map(Cow::Borrowed));
    write_rows(out, PADDING, || {
        let rows = assignments.iter().flat_map(|(_, summary)| summary.rows(filter));
        heading().chain(rows.map(|[name, status, locality, cluster]| {
            let name = if prefix.is_empty() { name } else { format!("{prefix}{name}").into() };
            [name, status, locality, cluster]
        }))
    })
}
