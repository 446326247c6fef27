//! `waypoint apply`: the object, written to the cluster, and the namespace made to use it.

use std::time::Instant;

use serde_json::{Value, json};

use super::{PAUSE, gateways};
use crate::cli::values::GoDuration;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::{self, Cluster, Resource, block_on};
use crate::install::waypoint::{self, USE_LABEL};

/// Create or change a waypoint
#[derive(clap::Args, Debug)]
pub struct Apply {
    /// Label the namespace so that its workloads use the waypoint
    #[arg(long)]
    enroll_namespace: bool,
    /// Traffic that goes through it: service, workload, all or none
    #[arg(long = "for", default_value = "")]
    traffic: String,
    /// Replace another waypoint that the namespace uses
    #[arg(long)]
    overwrite: bool,
    /// Control plane revision that runs it
    #[arg(long, short = 'r', default_value = "")]
    revision: String,
    /// Wait until the waypoint is ready
    #[arg(long, short = 'w')]
    wait: bool,
    /// How long to wait
    #[arg(long, default_value = "1m30s", value_parser = str::parse::<GoDuration>)]
    waypoint_timeout: GoDuration,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Apply {
    pub fn run(self, name: &str, context: &Context) -> Outcome {
        block_on(self.apply(name, context))?
    }

    async fn apply(self, name: &str, context: &Context) -> Outcome {
        let cluster = Cluster::connect(&context.target()?).await?;
        let namespace = cluster.namespace().to_owned();
        let namespaces = Resource::known("", "Namespace").ok_or_else(|| Failure::new("no namespaces"))?;
        let live = cluster
            .get(&namespaces, None, &namespace)
            .await
            .map_err(|error| Failure::new(format!("namespace {namespace} cannot be read: {error}")))?
            .ok_or_else(|| {
                Failure::new(format!("there is no namespace {namespace}"))
                    .hint(format!("create it first: kubectl create namespace {namespace}"))
            })?;
        let waypoint =
            waypoint::Waypoint { name, namespace: &namespace, traffic: &self.traffic, revision: &self.revision };
        let gateway = waypoint.gateway().map_err(|error| Failure::new(format!("no waypoint can be made: {error}")))?;
        let name = cluster::name_of(&gateway).to_owned();
        if self.enroll_namespace && !self.may_enroll(&live, &namespace, &name)? {
            return Ok(Exit::OK);
        }
        let how = cluster::Apply { field_manager: "istioctl", force: false, dry_run: false };
        match cluster.apply(&gateways(), &gateway, &how).await {
            Err(error) if error.is_not_found() => {
                return Err(Failure::new("the cluster does not know the Gateway API, which waypoints are made of")
                    .hint("install the standard channel of the Gateway API, then run this again"));
            }
            applied => applied?,
        };
        crate::ui::print(&format!("✅ waypoint {namespace}/{name} applied\n"))?;
        if self.wait {
            self.until_ready(&cluster, &namespace, &name).await?;
            crate::ui::print(&format!("✅ waypoint {namespace}/{name} is ready!\n"))?;
        }
        if self.enroll_namespace {
            enroll(&cluster, &namespaces, live, &name).await?;
            crate::ui::print(&format!("✅ namespace {namespace} labeled with \"{USE_LABEL}: {name}\"\n"))?;
        }
        Ok(Exit::OK)
    }

    /// Warns about what stands in the way; whether to go on.
    fn may_enroll(&self, namespace: &Value, name: &str, waypoint: &str) -> Result<bool, Failure> {
        let labels = &namespace["metadata"]["labels"];
        if let Some(used) = labels[USE_LABEL].as_str().filter(|used| *used != waypoint && !self.overwrite) {
            crate::ui::print(&format!(
                "Warning: namespace ({name}) already uses waypoint {used}; nothing was changed. \
                 Add --overwrite to use {waypoint} instead.\n"
            ))?;
            return Ok(false);
        }
        if labels["istio.io/dataplane-mode"].as_str() != Some("ambient") {
            crate::ui::print(&format!(
                "Warning: namespace ({name}) is not in ambient mode, so its traffic will not reach the waypoint. \
                 Label it with istio.io/dataplane-mode=ambient.\n"
            ))?;
        }
        Ok(true)
    }

    async fn until_ready(&self, cluster: &Cluster, namespace: &str, name: &str) -> Result<(), Failure> {
        let deadline = Instant::now() + self.waypoint_timeout.to_std();
        loop {
            let gateway = cluster.get(&gateways(), Some(namespace), name).await?.unwrap_or_default();
            let state = waypoint::programmed(&gateway);
            if state.is_some_and(|(status, ..)| status == "True") {
                return Ok(());
            }
            if Instant::now() + PAUSE > deadline {
                let last = state.map_or_else(
                    || "no controller has looked at it yet".to_owned(),
                    |(_, reason, message)| format!("{reason}: {message}"),
                );
                return Err(Failure::new(format!("waypoint {namespace}/{name} is not ready in time ({last})"))
                    .hint("is an istiod with ambient mode running? `waypoint status` shows later progress"));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Sets the label by a full update, so that a namespace changed meanwhile is a conflict, not a loss.
async fn enroll(cluster: &Cluster, resource: &Resource, mut namespace: Value, name: &str) -> Result<(), Failure> {
    if !namespace["metadata"]["labels"].is_object() {
        namespace["metadata"]["labels"] = json!({});
    }
    namespace["metadata"]["labels"][USE_LABEL] = name.into();
    cluster.replace(resource, &namespace, "istioctl").await?;
    Ok(())
}
