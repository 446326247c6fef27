//! Injection webhooks that get in each other's way, or call nobody.
//!
//! # IST0139 InvalidWebhook
//! ## What it does
//! Tries label sets of namespaces and pods on all injection webhooks; reports webhooks that answer together, and webhooks whose
//! Service does not exist.
//! ## Why is this bad?
//! Two injectors for one pod inject twice, or one undoes the other. A webhook without its Service stops pods from being created.
//! ## Example
//! Two MutatingWebhookConfigurations for different revisions whose `namespaceSelector` both match `istio-injection: enabled`.
//! ## Use instead
//! Let one revision own the label: move it with a revision tag (`tag set default --revision NAME`), and remove the webhook that is left over.

use std::collections::{BTreeMap, BTreeSet};

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::IST0139;
use crate::analysis::kind::Kind;
use crate::analysis::labels::selector_matches;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "webhook.Analyzer",
    description: "Injection webhooks do not overlap and their Services exist",
    inputs: &[Kind::MutatingWebhookConfiguration, Kind::Service],
    more: &[],
    codes: &[&IST0139],
    check,
    set: Set::Reference,
};

const REVISION: &str = "istio.io/rev";
const INJECTION: &str = "istio-injection";
const INJECT: &str = "sidecar.istio.io/inject";

struct Webhook<'a> {
    configuration: Resource<'a>,
    node: View<'a>,
    name: String,
}

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let mut webhooks = Vec::new();
    let mut revisions = BTreeSet::new();
    for configuration in snapshot.all(Kind::MutatingWebhookConfiguration) {
        let own = own_revisions(&configuration);
        let entries: Vec<View<'_>> = configuration.root.key("webhooks").items().collect();
        if own.is_empty() && !entries.iter().any(|webhook| webhook.key("name").str().ends_with("istio.io")) {
            continue;
        }
        revisions.extend(own);
        for node in entries {
            let name = format!("{}/{}", configuration.name, node.key("name").str());
            webhooks.push(Webhook { configuration, node, name });
        }
    }
    overlaps(check, &webhooks, &revisions);
    for webhook in &webhooks {
        service(check, webhook);
    }
}

/// Revisions that a configuration is for, by its labels or its selectors.
fn own_revisions<'a>(configuration: &Resource<'a>) -> Vec<&'a str> {
    let mut revisions: Vec<&str> = configuration.labels().key(REVISION).text().into_iter().collect();
    for webhook in configuration.root.key("webhooks").items() {
        for selector in [webhook.key("namespaceSelector"), webhook.key("objectSelector")] {
            revisions.extend(selector.key("matchLabels").key(REVISION).text());
            let expressions =
                selector.key("matchExpressions").items().filter(|expression| expression.key("key").str() == REVISION);
            revisions
                .extend(expressions.flat_map(|expression| expression.key("values").items()).filter_map(View::text));
        }
    }
    revisions
}

fn overlaps<'a>(check: &mut Check<'_, 'a>, webhooks: &[Webhook<'a>], revisions: &BTreeSet<&str>) {
    let namespaces = label_sets(INJECTION, &["enabled", "disabled"], revisions);
    let objects = label_sets(INJECT, &["true", "false"], revisions);
    let mut found: BTreeMap<(usize, String), String> = BTreeMap::new();
    for namespace in &namespaces {
        let by_namespace: Vec<usize> = (0..webhooks.len())
            .filter(|n| selector_matches(webhooks[*n].node.key("namespaceSelector"), namespace.as_slice()))
            .collect();
        if by_namespace.len() < 2 {
            continue;
        }
        for object in &objects {
            let together: Vec<usize> = by_namespace
                .iter()
                .copied()
                .filter(|n| selector_matches(webhooks[*n].node.key("objectSelector"), object.as_slice()))
                .collect();
            for n in together.iter().filter(|_| together.len() > 1) {
                let mut others: Vec<&str> =
                    together.iter().filter(|other| *other != n).map(|other| webhooks[*other].name.as_str()).collect();
                others.sort_unstable();
                found
                    .entry((*n, others.join(", ")))
                    .or_insert_with(|| format!("{} and {}", shown(namespace), shown(object)));
            }
        }
    }
    let mut pairs = BTreeSet::new();
    for ((n, others), example) in found {
        let Some(webhook) = webhooks.get(n) else { continue };
        // In our profile one finding for each webhook, with the largest set of others left out.
        if !check.reference() && !pairs.insert(n) {
            continue;
        }
        let error = if check.reference() {
            format!("The webhook answers together with {others}; only one of them should inject")
        } else {
            format!(
                "The webhook answers together with {others} (for example for a namespace with {example} on the pod); only one of them should inject"
            )
        };
        let at = if check.reference() { View::NONE } else { webhook.node.key("name") };
        check.report(&IST0139, &webhook.configuration, at, params! { error: error });
    }
}

fn shown(labels: &[(&str, &str)]) -> String {
    if labels.is_empty() {
        return "no label".into();
    }
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

/// Nothing, each value of the label, and all of these with each revision.
fn label_sets<'a>(key: &'a str, values: &[&'a str], revisions: &BTreeSet<&'a str>) -> Vec<Vec<(&'a str, &'a str)>> {
    let mut sets = vec![Vec::new()];
    sets.extend(values.iter().map(|value| vec![(key, *value)]));
    let plain = sets.clone();
    for revision in revisions {
        sets.extend(plain.iter().map(|set| set.iter().copied().chain([(REVISION, *revision)]).collect()));
    }
    sets
}

fn service<'a>(check: &mut Check<'_, 'a>, webhook: &Webhook<'a>) {
    let service = webhook.node.key("clientConfig").key("service");
    if !service.is_set() {
        return;
    }
    let (namespace, name) = (service.key("namespace").str(), service.key("name").str());
    if check.snapshot.find(Kind::Service, namespace, name).is_some() {
        return;
    }
    if !check.closed(&[Kind::Service], Some(namespace)) {
        check.unverified(
            "webhook Services",
            format!("no Service of namespace {namespace} in the input"),
            name,
            &webhook.configuration,
        );
        return;
    }
    let at = if check.reference() { View::NONE } else { service.key("name") };
    let error = format!("The Service {namespace}/{name} that the webhook calls does not exist");
    check.report(&IST0139, &webhook.configuration, at, params! { error: error });
}
