//! `verify-install`: whether the cluster has, and keeps ready, what was installed.

use std::time::Instant;

use serde_json::Value;

use super::operator::{self, OperatorFlags, read_files};
use super::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, block_on, name_of, object_namespace};
use crate::install::deploy::apply::{Run, title_of};
use crate::install::deploy::progress::{Pending, Silent};
use crate::install::deploy::{Part, record};
use crate::install::render::Finish;
use crate::install::render::object::Object;
use crate::ui;
use crate::yaml;

/// Check that everything that was installed is there and ready
///
/// Goes by the given manifests or IstioOperators, else by the record of the installation, else by the default profile.
#[derive(clap::Args, Debug)]
pub struct VerifyInstall {
    /// File with manifests or an IstioOperator, `-` for standard input; repeatable
    #[arg(long, short = 'f')]
    filename: Vec<String>,
    /// Folder with `profiles` and `charts` to use instead of the built-in ones
    #[arg(long, short = 'd', default_value = "")]
    manifests: String,
    /// Control plane revision
    #[arg(long, short = 'r', default_value = "")]
    revision: String,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl VerifyInstall {
    pub fn run(self, context: &Context) -> Outcome {
        if !self.words.is_empty() {
            return Err(Failure::usage(format!("verify-install takes no arguments, got {}", self.words.join(" "))));
        }
        block_on(self.verify(context))?.map_err(|failure| match failure.message.as_str() {
            "" => failure,
            message => Failure { message: format!("verify-install: {message}"), ..failure },
        })
    }

    async fn verify(&self, context: &Context) -> Outcome {
        let cluster = Cluster::connect(&context.target()?).await?;
        let wanted = self.wanted(&cluster, context).await?;
        let mut missing = Vec::new();
        for object in &wanted {
            let there = match cluster.resource_of(object).await {
                Ok(resource) => cluster.get(&resource, object_namespace(object), name_of(object)).await?.is_some(),
                Err(error) if error.is_not_found() => false,
                Err(error) => return Err(error.into()),
            };
            if !there {
                missing.push(title_of(object));
            }
        }
        let found: Vec<Value> = wanted.iter().filter(|object| !missing.contains(&title_of(object))).cloned().collect();
        if found.is_empty() {
            ui::print("! No Istio installation found\n")?;
            return Err(Failure::new("no Istio installation found").hint("-i and -r name another control plane"));
        }
        let run = Run::new(&cluster, &Silent, Instant::now());
        let pending = run.pending(&[Part { name: "", title: "", objects: found }]).await;
        ui::print(&report(&wanted, &missing, &pending))?;
        if missing.is_empty() && pending.is_empty() {
            return Ok(Exit::OK);
        }
        Err(Failure::new(format!("{} objects are missing, {} are not ready", missing.len(), pending.len()))
            .hint("`install` with the same settings brings them back"))
    }

    /// What should be there.
    async fn wanted(&self, cluster: &Cluster, context: &Context) -> Result<Vec<Value>, Failure> {
        let mut given = Vec::new();
        let mut operators = Vec::new();
        for file in read_files(&self.filename)? {
            let mut is_operator = false;
            for document in yaml::parse_stream(&file.text) {
                let object = document.map_err(|error| Failure::new(format!("{}: {error}", file.name)))?.to_value();
                is_operator |= object["kind"] == "IstioOperator";
                if !is_operator && object["kind"].is_string() {
                    given.push(object);
                }
            }
            if is_operator {
                operators.push(file);
            }
        }
        if operators.is_empty() && !given.is_empty() {
            return Ok(given);
        }
        if operators.is_empty() {
            let revision = if self.revision.is_empty() { "default" } else { &self.revision };
            let records = record::records(cluster, &context.globals.istio_namespace).await?;
            let only = |_: &&record::Record| records.len() == 1 && self.revision.is_empty();
            let named = records.iter().find(|record| record.revision == revision);
            if let Some(record) = named.or_else(|| records.iter().find(only)) {
                return Ok(record.inventory.iter().filter_map(|line| object_of(line)).collect());
            }
            ui::tell("Note: no record of the installation; checking for the default profile.");
        }
        let flags = OperatorFlags::from_parts(&[], &self.manifests, &self.revision);
        let operator = operator::operator(&flags.wish_with(operators, context)?, None)?;
        let rendered = operator.render(Finish::Settings, |_| true)?;
        given.extend(rendered.parts.iter().flat_map(|part| part.objects.iter().map(Object::tree)));
        Ok(given)
    }
}

/// The object of a line of an inventory.
fn object_of(line: &str) -> Option<Value> {
    let mut words = line.split(' ');
    let (_, api_version, kind) = (words.next()?, words.next()?, words.next()?);
    let (namespace, name) = (words.next()?, words.next()?);
    let mut object = serde_json::json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
    if namespace != "-" {
        object["metadata"]["namespace"] = namespace.into();
    }
    Some(object)
}

/// A line for each object, then the counts.
fn report(wanted: &[Value], missing: &[String], pending: &[Pending]) -> String {
    let mut text = String::new();
    for object in wanted {
        let title = title_of(object);
        let kind = object["kind"].as_str().unwrap_or_default();
        let name = format!("{kind}: {}.{}", name_of(object), object_namespace(object).unwrap_or_default());
        let name = name.trim_end_matches('.');
        if missing.contains(&title) {
            text.push_str(&format!("✘ {name} is missing\n"));
        } else if let Some(pending) = pending.iter().find(|pending| pending.object == title) {
            text.push_str(&format!("✘ {name} is not ready: {}\n", pending.reason));
        } else {
            text.push_str(&format!("✔ {name} checked successfully\n"));
        }
    }
    let count = |kind: &str| wanted.iter().filter(|object| object["kind"] == kind).count();
    text.push_str(&format!("Checked {} custom resource definitions\n", count("CustomResourceDefinition")));
    text.push_str(&format!("Checked {} Istio Deployments\n", count("Deployment")));
    if missing.is_empty() && pending.is_empty() {
        text.push_str("✔ Istio is installed and verified successfully\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_or_not_ready_is_told_by_name() {
        let wanted: Vec<Value> = [
            "Pilot apps/v1 Deployment istio-system istiod 0",
            "Pilot v1 Service istio-system istiod 0",
            "Base apiextensions.k8s.io/v1 CustomResourceDefinition - gateways.networking.istio.io 0",
        ]
        .iter()
        .filter_map(|line| object_of(line))
        .collect();
        assert_eq!(wanted[2]["metadata"], json!({"name": "gateways.networking.istio.io"}));
        let pending =
            [Pending { object: "Deployment/istio-system/istiod".into(), reason: "0 of 1 replicas are ready".into() }];
        assert_eq!(
            report(&wanted, &["Service/istio-system/istiod".into()], &pending),
            "✘ Deployment: istiod.istio-system is not ready: 0 of 1 replicas are ready\n\
             ✘ Service: istiod.istio-system is missing\n\
             ✔ CustomResourceDefinition: gateways.networking.istio.io checked successfully\n\
             Checked 1 custom resource definitions\n\
             Checked 1 Istio Deployments\n"
        );
    }
}
