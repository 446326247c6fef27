//! Locality load balancing: how traffic is spread over regions, zones and subzones, and where it goes when one fails.

use super::report::{Fault, Report, Verdict};
use crate::api::scalar;
use crate::api::schema::Type;
use crate::api::view::{Place, View};

/// Priorities by topology, which a failover list would contradict.
const TOPOLOGY: &[&str] =
    &["topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone"];

/// Checks a locality setting, if given. Failover does nothing without outlier detection.
pub fn check<'d>(report: &mut Report<'d>, setting: Option<View<'d>>, outlier_detection: bool) {
    let Some(setting) = setting else { return };
    let (distribute, failover) = (!setting.is_empty("distribute"), !setting.is_empty("failover"));
    if distribute && failover {
        report.error("lb-distribute-failover", setting.here(), "distribute and failover exclude each other");
        return;
    }
    if failover && setting.texts("failoverPriority").any(|(priority, _)| TOPOLOGY.contains(&priority)) {
        report.error(
            "lb-failover-priority-topology",
            setting.at("failoverPriority"),
            "a failoverPriority by region, zone or subzone contradicts the failover list",
        );
        return;
    }
    if let Err((code, place, message)) = distribution(report, setting) {
        report.error(code, place, message);
        return;
    }
    if (failover || !setting.is_empty("failoverPriority")) && !outlier_detection {
        report.warning(
            "lb-failover-outlier",
            setting.here(),
            "failover needs outlierDetection, which tells the proxies that endpoints fail",
        );
    }
    for rule in setting.list("failover") {
        failover_rule(report, rule);
    }
}

/// Where traffic of each origin goes. Of weights the first that is wrong is given back, and ends everything.
fn distribution<'d>(report: &mut Report<'d>, setting: View<'d>) -> Result<(), (&'static str, Place<'d>, String)> {
    let mut origins: Vec<&str> = Vec::new();
    for share in setting.list("distribute") {
        origins.push(share.text("from"));
        let mut total: u64 = 0;
        for (_, weight) in share.entries("to") {
            let weight = scalar::integer(weight, Type::Uint32).ok().flatten().unwrap_or(0);
            if !(1..=100).contains(&weight) {
                let message = format!("weight {weight} is not between 1 and 100");
                return Err(("lb-weight-range", share.at("to"), message));
            }
            total += u64::try_from(weight).unwrap_or(0);
        }
        if total != 100 {
            let message = format!("the weights add up to {total}, not to 100");
            return Err(("lb-weight-total", share.at("to"), message));
        }
        let mut destinations: Vec<&str> = share.entries("to").map(|(key, _)| key.text()).collect();
        destinations.sort_unstable();
        report.check(share.at("to"), localities(&destinations));
    }
    report.check(setting.at("distribute"), localities(&origins));
    Ok(())
}

/// What takes over when a region fails.
fn failover_rule<'d>(report: &mut Report<'d>, rule: View<'d>) {
    let (from, to) = (rule.text("from"), rule.text("to"));
    if from == to {
        report.error("lb-failover-same", rule.here(), format!("{from:?} fails over to itself"));
    }
    if from.contains('/') || to.contains('/') {
        report.error(
            "lb-failover-region",
            rule.here(),
            "failover is between regions; zones and subzones are tried first anyway",
        );
    }
    if from.contains('*') || to.contains('*') {
        report.error("lb-failover-wildcard", rule.here(), "failover is between named regions, without wildcards");
    }
}

/// A list of localities: well formed, and none inside another.
pub fn localities(list: &[&str]) -> Verdict {
    let mut earlier: Vec<Locality<'_>> = Vec::new();
    let mut everything = false;
    for text in list {
        let wildcards = text.matches('*').count();
        if wildcards > 1 || (wildcards == 1 && !text.ends_with('*')) {
            return Err(Fault::new(
                "lb-locality-wildcard",
                format!("the wildcard of locality {text:?} can only stand once, at the end"),
            ));
        }
        if everything {
            return Err(overlap(text, "*"));
        }
        if *text == "*" {
            everything = true;
            continue;
        }
        let parts: Vec<&str> = text.splitn(3, '/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err(Fault::new("lb-locality-empty", format!("locality {text:?} has an empty part")));
        }
        let bare = text.strip_suffix("/*").unwrap_or(text);
        let this = Locality { parts: bare.splitn(3, '/').collect(), text };
        for other in &earlier {
            let inside = starts_with(&this.parts, &other.parts);
            let around = wildcards == 0 && starts_with(&other.parts, &this.parts);
            if inside || around {
                return Err(overlap(text, other.text));
            }
        }
        earlier.push(this);
    }
    Ok(())
}

struct Locality<'t> {
    parts: Vec<&'t str>,
    text: &'t str,
}

fn starts_with(parts: &[&str], prefix: &[&str]) -> bool {
    parts.get(..prefix.len()).is_some_and(|start| start == prefix)
}

fn overlap(text: &str, other: &str) -> Fault {
    Fault::new("lb-locality-overlap", format!("locality {text:?} overlaps with {other:?}"))
}
