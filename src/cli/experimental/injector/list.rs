//! `x injector list`: injected namespaces, and the injectors.

use crate::cli::output::Output;
use crate::cli::{Compat, Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, Resource, Selection, block_on};
use crate::inject::inventory::{Inventory, NO_SIDECAR, Objects, PodRevision, Restart, inventory};
use crate::ui::tabwriter::TabWriter;

/// List sidecar injectors, the namespaces they inject, and the pods that need a restart
#[derive(clap::Args, Debug)]
pub struct List {
    #[command(flatten)]
    format: Output,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl List {
    pub fn run(self, context: &Context) -> Outcome {
        let format = self.format.format()?;
        let target = context.target()?;
        let objects = block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let list = async |group: &str, kind: &str, labels: &str| {
                let resource =
                    Resource::known(group, kind).ok_or_else(|| Failure::new(format!("kind {kind} is not known")))?;
                Ok::<_, Failure>(cluster.list(&resource, &Selection { labels, ..Selection::default() }).await?)
            };
            Ok::<_, Failure>(Objects {
                namespaces: list("", "Namespace", "").await?,
                webhooks: list("admissionregistration.k8s.io", "MutatingWebhookConfiguration", "app=sidecar-injector")
                    .await?,
                pods: list("", "Pod", "").await?,
                config_maps: list("", "ConfigMap", "istio.io/rev").await?,
            })
        })??;
        let globals = &context.globals;
        let restart = if context.compat == Compat::Off { Restart::ByPod } else { Restart::ByNamespace };
        let found = inventory(&objects, &globals.istio_namespace, &globals.namespace, restart);
        crate::ui::print(&format.write(&found, render)?)?;
        Ok(Exit::OK)
    }
}

fn render(inventory: &Inventory) -> String {
    let mut text = String::new();
    let mut table = TabWriter::new(1);
    table.row(["NAMESPACE", "ISTIO-REVISION", "POD-REVISIONS"]);
    let mut rows = 0;
    for space in &inventory.namespaces {
        if space.revision.is_empty() && space.pods.iter().all(|pods| pods.revision == NO_SIDECAR) {
            continue;
        }
        let cells: Vec<String> = match space.pods.as_slice() {
            [] => vec!["<no pods>".to_string()],
            pods => pods.iter().map(cell).collect(),
        };
        for cell in cells {
            table.row([space.namespace.as_str(), space.revision.as_str(), cell.as_str()]);
            rows += 1;
        }
    }
    if rows == 0 {
        text.push_str("No Istio injected namespaces present.\n");
    } else {
        text.push_str(&table.finish());
    }
    text.push('\n');
    if inventory.hooks.is_empty() {
        text.push_str("No Istio injection hooks present.\n");
        return text;
    }
    let mut table = TabWriter::new(1);
    table.row(["NAMESPACES", "INJECTOR-HOOK", "ISTIO-REVISION", "SIDECAR-IMAGE"]);
    for hook in &inventory.hooks {
        let mut namespaces: Vec<&str> = hook.namespaces.iter().map(String::as_str).collect();
        if namespaces.is_empty() {
            namespaces.push("DOES NOT AUTOINJECT");
        }
        for space in namespaces {
            table.row([space, hook.hook.as_str(), hook.revision.as_str(), hook.image.as_str()]);
        }
    }
    text.push_str(&table.finish());
    text
}

fn cell(pods: &PodRevision) -> String {
    let mut text = format!("{}: {}", pods.revision, pods.pods);
    if pods.disabled > 0 {
        text.push_str(&format!(" (injection disabled: {})", pods.disabled));
    }
    if pods.needs_restart > 0 {
        text.push_str(&format!(" NEEDS RESTART: {}", pods.needs_restart));
    }
    text
}
