//! What a shell offers for the values of flags and words: from tables, from the kubeconfig, or from the cluster.
//!
//! A question to the cluster has a third of a second and fails in silence: nobody waits for a completion.

use std::sync::Arc;
use std::time::Duration;

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use serde_json::Value;

use crate::analysis::codes::CODES;
use crate::analysis::report::FORMATS;
use crate::analysis::rules::RULES;
use crate::cluster::{self, Cluster, Resource, Selection, Target, block_on, name_of};
use crate::install::revisions::injectors::{REVISION, TAG};
use crate::install::spec::package::Package;

const PATIENCE: Duration = Duration::from_millis(300);

/// Where candidates come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Words(&'static [&'static str]),
    Formats,
    Codes,
    Rules,
    Profiles,
    Contexts,
    Namespaces,
    Pods,
    Services,
    ServiceAccounts,
    Waypoints,
    Revisions,
    Tags,
}

/// Flags whose values are the same kind of thing everywhere.
const FLAGS: &[(&str, Source)] = &[
    ("context", Source::Contexts),
    ("remote-contexts", Source::Contexts),
    ("namespace", Source::Namespaces),
    ("istioNamespace", Source::Namespaces),
    ("istio-namespace", Source::Namespaces),
    ("revision", Source::Revisions),
    ("from-revision", Source::Revisions),
    ("analyzer", Source::Rules),
    ("suppress", Source::Codes),
    ("failure-threshold", Source::Words(&["Info", "Warning", "Error"])),
    ("output-threshold", Source::Words(&["Info", "Warning", "Error"])),
    ("serviceAccount", Source::ServiceAccounts),
    ("auth-type", Source::Words(&["bearer-token", "plugin"])),
    ("for", Source::Words(&["service", "workload", "all", "none"])),
];

/// The formats of a command whose default is text.
const SHORT: Source = Source::Words(&["short", "json", "yaml"]);

/// Flags of one command; the longest path that fits wins, and an empty list means that the value is no choice.
const FLAGS_OF: &[(&str, &str, Source)] = &[
    ("", "output", Source::Words(&["json", "yaml"])),
    ("analyze", "output", Source::Formats),
    ("experimental precheck", "output", Source::Words(&["log", "json", "yaml"])),
    ("proxy-config", "output", SHORT),
    ("ztunnel-config", "output", SHORT),
    ("admin log", "output", SHORT),
    ("remote-clusters", "output", SHORT),
    ("experimental authz", "output", SHORT),
    ("experimental check-inject", "output", SHORT),
    ("experimental describe", "output", SHORT),
    ("experimental injector list", "output", SHORT),
    ("experimental metrics", "output", SHORT),
    ("proxy-status", "output", Source::Words(&["table", "json", "yaml"])),
    ("experimental proxy-status", "output", Source::Words(&["table", "json", "yaml"])),
    ("tag list", "output", Source::Words(&["table", "json", "yaml"])),
    ("experimental envoy-stats", "output", Source::Words(&["short", "json", "yaml", "prom", "prom-merged"])),
    ("experimental envoy-stats", "type", Source::Words(&["server", "clusters"])),
    ("create-remote-secret", "type", Source::Words(&["remote", "config"])),
    ("waypoint list", "output", SHORT),
    ("waypoint", "name", Source::Waypoints),
];

/// Words by the name that the help gives them, and where only the command tells, by its path.
const WORDS: &[(&str, Source)] = &[
    ("POD", Source::Pods),
    ("WORKLOAD", Source::Pods),
    ("SERVICE", Source::Services),
    ("TAG", Source::Tags),
    ("CODE|KIND[.FIELD...]", Source::Codes),
];
const WORDS_OF: &[(&str, Source)] =
    &[("waypoint delete", Source::Waypoints), ("profile dump", Source::Profiles), ("profile diff", Source::Profiles)];

/// The command tree with a source of candidates on every argument that has one; `words` is the line being completed.
pub fn offered(command: Command, words: &[String]) -> Command {
    below(command, "", &Arc::new(target(words)))
}

fn below(command: Command, path: &str, target: &Arc<Target>) -> Command {
    command
        .mut_args(|arg| match source(path, &arg) {
            Some(source) => {
                let target = Arc::clone(target);
                arg.add(ArgValueCompleter::new(move |typed: &std::ffi::OsStr| {
                    candidates(source, &typed.to_string_lossy(), &target)
                }))
            }
            None => arg,
        })
        .mut_subcommands(|sub| {
            let path = format!("{path} {}", sub.get_name());
            below(sub, path.trim_start(), target)
        })
}

fn source(path: &str, arg: &Arg) -> Option<Source> {
    if !arg.get_action().takes_values() || arg.get_value_hint() != clap::ValueHint::Unknown {
        return None;
    }
    let Some(flag) = arg.get_long() else {
        let named = arg.get_value_names().and_then(|names| names.first()).map(|name| name.as_str());
        let of_path = WORDS_OF.iter().find(|(known, _)| *known == path).map(|(_, source)| *source);
        return of_path.or_else(|| WORDS.iter().find(|(known, _)| Some(*known) == named).map(|(_, source)| *source));
    };
    let fits = |known: &str| known.is_empty() || path == known || path.starts_with(&format!("{known} "));
    let longest =
        FLAGS_OF.iter().filter(|(known, name, _)| *name == flag && fits(known)).max_by_key(|(known, ..)| known.len());
    if let Some((known, _, source)) = longest {
        // A folder or file, where the help says so.
        let other = known.is_empty() && !arg.get_help().is_some_and(|help| help.to_string().contains("json"));
        return (!other).then_some(*source);
    }
    FLAGS.iter().find(|(known, _)| *known == flag).map(|(_, source)| *source)
}

fn candidates(source: Source, typed: &str, target: &Target) -> Vec<CompletionCandidate> {
    let mut found: Vec<(String, Option<String>)> = match source {
        Source::Words(words) => words.iter().map(|word| ((*word).to_owned(), None)).collect(),
        Source::Formats => FORMATS.iter().map(|(name, _)| ((*name).to_owned(), None)).collect(),
        Source::Codes => CODES.iter().map(|code| (code.id.to_owned(), Some(code.name.to_owned()))).collect(),
        Source::Rules => RULES.iter().map(|rule| (rule.name.to_owned(), Some(rule.description.to_owned()))).collect(),
        Source::Profiles => Package::at("").profiles().into_iter().map(|name| (name, None)).collect(),
        Source::Contexts => cluster::contexts(target).into_iter().map(|name| (name, None)).collect(),
        asked => ask(asked, target).into_iter().map(|name| (name, None)).collect(),
    };
    found.retain(|(name, _)| !name.is_empty() && name.starts_with(typed));
    found.sort();
    found.dedup();
    found.into_iter().map(|(name, help)| CompletionCandidate::new(name).help(help.map(Into::into))).collect()
}

/// Names from the cluster; none if it does not answer in time.
fn ask(source: Source, target: &Target) -> Vec<String> {
    let asked = block_on(async {
        let answer = async {
            let cluster = Cluster::connect(target).await.ok()?;
            names(&cluster, source).await
        };
        tokio::time::timeout(PATIENCE, answer).await.ok().flatten()
    });
    asked.ok().flatten().unwrap_or_default()
}

async fn names(cluster: &Cluster, source: Source) -> Option<Vec<String>> {
    let (group, kind) = match source {
        Source::Namespaces => ("", "Namespace"),
        Source::Pods => ("", "Pod"),
        Source::Services => ("", "Service"),
        Source::ServiceAccounts => ("", "ServiceAccount"),
        Source::Waypoints => ("gateway.networking.k8s.io", "Gateway"),
        _ => ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    };
    let resource = Resource::known(group, kind)?;
    // Control planes keep no names of their own: their webhooks carry revision and tag as labels.
    let (labels, label) = match source {
        Source::Revisions => (REVISION, Some(REVISION)),
        Source::Tags => (TAG, Some(TAG)),
        _ => ("", None),
    };
    let namespace = resource.namespaced.then_some(cluster.namespace());
    let metadata_only = source != Source::Waypoints;
    let found =
        cluster.list(&resource, &Selection { namespace, labels, metadata_only, ..Selection::default() }).await.ok()?;
    let waypoint = |object: &&Value| source != Source::Waypoints || crate::install::waypoint::is_waypoint(object);
    let name = |object: &Value| match label {
        Some(label) => object["metadata"]["labels"][label].as_str().unwrap_or_default().to_owned(),
        None => name_of(object).to_owned(),
    };
    Some(found.iter().filter(waypoint).map(name).collect())
}

/// The cluster that the flags on the line mean.
fn target(words: &[String]) -> Target {
    let value = |long: &str, short: Option<char>| {
        let mut found = String::new();
        for (at, word) in words.iter().enumerate() {
            let next = || words.get(at + 1).cloned().unwrap_or_default();
            if let Some(rest) = word.strip_prefix("--").and_then(|word| word.strip_prefix(long)) {
                match rest.strip_prefix('=') {
                    Some(value) => found = value.to_owned(),
                    None if rest.is_empty() => found = next(),
                    None => {}
                }
            } else if let Some(rest) = short.and_then(|short| word.strip_prefix('-')?.strip_prefix(short)) {
                found = if rest.is_empty() { next() } else { rest.trim_start_matches('=').to_owned() };
            }
        }
        found
    };
    Target {
        kubeconfig: value("kubeconfig", Some('c')),
        context: value("context", None),
        namespace: value("namespace", Some('n')),
        as_user: value("as", None),
        as_uid: value("as-uid", None),
        as_groups: Vec::new(),
        request_timeout: PATIENCE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(words: &[&str]) -> Vec<String> {
        let words: Vec<String> = std::iter::once("bowline").chain(words.iter().copied()).map(str::to_owned).collect();
        let mut tree = offered(crate::cli::command(), &words);
        let index = words.len() - 1;
        let found = clap_complete::engine::complete(&mut tree, words.iter().map(Into::into).collect(), index, None);
        found.expect("completes").iter().map(|one| one.get_value().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn values_come_from_the_tables_by_command_and_flag() {
        assert_eq!(told(&["analyze", "--output-threshold", "E"]), ["Error"]);
        assert_eq!(told(&["tag", "list", "-o", ""]), ["json", "table", "yaml"]);
        assert_eq!(told(&["proxy-config", "cluster", "-o", "s"]), ["short"]);
        assert_eq!(told(&["x", "describe", "pod", "-o", ""]), ["json", "short", "yaml"]);
        assert_eq!(told(&["explain", "IST0101"]), ["IST0101"]);
        assert_eq!(told(&["profile", "dump", "amb"]), ["ambient"]);
    }

    #[test]
    fn the_flags_on_the_line_say_which_cluster_is_asked() {
        let words: Vec<String> = ["pc", "c", "-nshop", "--context=east", "-c", "file", ""].map(str::to_owned).to_vec();
        let target = target(&words);
        assert_eq!((&*target.namespace, &*target.context, &*target.kubeconfig), ("shop", "east", "file"));
    }
}
