//! Values that sources and conditions share: addresses, service accounts, trust domains, ports. Each check gives the first fault of
//! a list with its index.

use crate::validation::hosts;
use crate::validation::report::{Fault, Verdict};

const MOST_ACCOUNTS: usize = 16;
const LONGEST_ACCOUNT: usize = 320;

type First = Option<(usize, Fault)>;

fn empty(index: usize) -> (usize, Fault) {
    (index, Fault::new("authz-empty-value", "the value is empty"))
}

/// An address, or a network if there is a slash.
pub fn address(text: &str) -> Verdict {
    if text.contains('/') {
        hosts::is_cidr(text)
            .then_some(())
            .ok_or_else(|| Fault::new("authz-cidr", format!("{text:?} is not a network in CIDR notation")))
    } else {
        hosts::is_ip(text).then_some(()).ok_or_else(|| Fault::new("authz-ip", format!("{text:?} is not an IP address")))
    }
}

/// An unsigned decimal number up to 65535; leading zeros pass.
pub fn port(text: &str) -> Verdict {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits && text.parse::<u64>().is_ok_and(|port| port <= 65535) {
        Ok(())
    } else {
        Err(Fault::new("authz-port", format!("{text:?} is not a port")))
    }
}

/// Service accounts, `NAME` or `NAMESPACE/NAME`.
pub fn service_accounts<'t>(list: impl Iterator<Item = &'t str> + Clone) -> First {
    let count = list.clone().count();
    if count > MOST_ACCOUNTS {
        let message = format!("at most {MOST_ACCOUNTS} service accounts can be listed, not {count}");
        return Some((MOST_ACCOUNTS, Fault::new("authz-sa-count", message)));
    }
    list.enumerate().find_map(|(index, account)| {
        if account.is_empty() {
            return Some(empty(index));
        }
        let fault = if account.contains('*') {
            Fault::new("authz-sa-wildcard", format!("{account:?}: service accounts take no wildcards"))
        } else if account.matches('/').count() > 1 || account.split('/').any(str::is_empty) {
            Fault::new("authz-sa-format", format!("{account:?} must be NAME or NAMESPACE/NAME"))
        } else if account.len() > LONGEST_ACCOUNT {
            Fault::new("authz-sa-length", format!("a service account has at most {LONGEST_ACCOUNT} characters"))
        } else {
            return None;
        };
        Some((index, fault))
    })
}

/// A wildcard may stand once, first or last.
pub fn check_wildcards<'t>(list: impl Iterator<Item = &'t str>) -> First {
    list.enumerate().find_map(|(index, value)| {
        let fault = match value.matches('*').count() {
            0 => return None,
            1 if value.starts_with('*') || value.ends_with('*') => return None,
            1 => Fault::new("authz-wildcard-position", format!("the wildcard of {value:?} must stand first or last")),
            _ => Fault::new("authz-wildcard-count", format!("{value:?} has more than one wildcard")),
        };
        Some((index, fault))
    })
}

pub fn check_trust_domains<'t>(list: impl Iterator<Item = &'t str>) -> First {
    let slash = |value: &str| Fault::new("authz-td-slash", format!("{value:?}: a trust domain has no slash"));
    list.enumerate().find(|(_, value)| value.contains('/')).map(|(index, value)| (index, slash(value)))
}

pub fn first_empty<'t>(mut list: impl Iterator<Item = &'t str>) -> First {
    list.position(str::is_empty).map(empty)
}
