//! `upgrade`: the control plane that is there, brought to this program's release; and `upgrade canary`, which brings a
//! second one beside it and moves the mesh over in steps.

mod abort;
mod canary;
mod promote;
mod rollback;
mod status;

use std::time::Duration;

use super::install::{Goal, InstallFlags, interrupted, interruption};
use super::values::GoDuration;
use super::{Context, Exit, Failure, Outcome};
use crate::cluster::Cluster;
use crate::install::canary::driver::{Driver, Error, Event};
use crate::install::canary::record::{self, Upgrade as Plan};
use crate::install::deploy::lease::{self, Lease};
use crate::ui;

/// Upgrade the control plane in place, or guide a canary upgrade
#[derive(clap::Args, Debug)]
#[command(subcommand_negates_reqs = true)]
pub struct Upgrade {
    #[command(flatten)]
    flags: InstallFlags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    Abort(abort::Abort),
    Canary(canary::Canary),
    Promote(promote::Promote),
    Rollback(rollback::Rollback),
    Status(status::Status),
}

impl Upgrade {
    pub fn run(self, context: &Context) -> Outcome {
        match self.command {
            None => self.flags.run(context, Goal::Upgrade),
            Some(Command::Abort(command)) => command.run(context),
            Some(Command::Canary(command)) => command.run(context),
            Some(Command::Promote(command)) => command.run(context),
            Some(Command::Rollback(command)) => command.run(context),
            Some(Command::Status(command)) => command.run(context),
        }
    }
}

/// Flags of every command that takes a step.
#[derive(clap::Args, Debug, Clone)]
struct Steering {
    /// How progress is told: auto, plain or json
    #[arg(long, default_value = "auto")]
    progress: String,
    /// Do not ask
    #[arg(long, short = 'y')]
    skip_confirmation: bool,
    /// How long the workloads of a wave may take to move or to go back
    #[arg(long, default_value = "5m0s", value_parser = str::parse::<GoDuration>)]
    wave_timeout: GoDuration,
}

impl Steering {
    /// Takes the lease, does the work, gives the lease back.
    async fn steer(&self, context: &Context, work: impl AsyncFnOnce(&Driver<'_>) -> Result<Exit, Failure>) -> Outcome {
        let json = match self.progress.as_str() {
            "json" => true,
            "auto" | "plain" => false,
            other => return Err(Failure::usage(format!("--progress {other}: expected auto, plain or json"))),
        };
        let cluster = Cluster::connect(&context.target()?).await?;
        let istio_namespace = context.globals.istio_namespace.as_str();
        let lease = Lease::acquire(&cluster, istio_namespace, record::NAME).await.map_err(|error| match error {
            lease::Error::Cluster(error) if error.is_not_found() => {
                Failure::new(format!("no control plane: {error}")).hint("-i names the namespace of the control plane")
            }
            error @ lease::Error::Held { .. } => Failure::from(error)
                .hint("wait for it; if that machine is gone, the lease expires a minute after its last renewal"),
            error => error.into(),
        })?;
        let tell = move |event: Event| tell(json, &event);
        let driver = Driver {
            cluster: &cluster,
            istio_namespace,
            lease: &lease,
            tell: &tell,
            wave_timeout: self.wave_timeout.to_std(),
        };
        let outcome = tokio::select! {
            outcome = work(&driver) => outcome,
            lost = lease.keep(&cluster) => Err(lost.into()),
            () = interruption() => Err(interrupted("`upgrade status` shows how far the upgrade is")),
        };
        if let Err(error) = lease.release(&cluster).await {
            ui::tell(format_args!("Note: the lease was not given back ({error}); it expires by itself."));
        }
        outcome
    }

    /// Asks, unless told not to.
    fn confirm(&self, question: &str) -> Result<(), Failure> {
        if self.skip_confirmation || crate::ui::prompt::confirm(question)? {
            return Ok(());
        }
        ui::tell("Cancelled.");
        Err(Failure::silent(Exit::ERROR))
    }
}

/// The upgrade that is under way: its record, else what namespaces tell.
async fn under_way(driver: &Driver<'_>) -> Result<Plan, Failure> {
    if let Some(upgrade) = record::read(driver.cluster, driver.istio_namespace).await? {
        return Ok(upgrade);
    }
    let mesh = driver.look().await?;
    match Plan::recovered(&mesh) {
        Some(upgrade) => {
            ui::tell(format_args!(
                "Note: the record of the upgrade is lost; going by the marks on {} namespaces.",
                upgrade.waves.len()
            ));
            Ok(upgrade)
        }
        None => Err(Failure::new("no upgrade is under way").hint("`upgrade canary --revision NAME` starts one")),
    }
}

/// A failed step, with what can be done next.
fn stopped(error: Error) -> Failure {
    let verdict = error.is_verdict();
    let failure = Failure::from(error);
    if verdict {
        failure
    } else {
        failure.hint("nothing was undone: the same command goes on from here, `upgrade status` shows where that is")
    }
}

/// A length of time in whole seconds.
fn seconds(duration: GoDuration) -> u64 {
    Duration::as_secs(&duration.to_std())
}

/// One event on stderr, as a line of text or JSON.
fn tell(json: bool, event: &Event) {
    if json {
        if let Ok(line) = serde_json::to_string(event) {
            ui::tell(line);
        }
        return;
    }
    match event {
        Event::Step { what } => ui::tell(format_args!("- {what}")),
        Event::Gate(verdict) => {
            let sign = match (verdict.passed, verdict.unknown) {
                (true, false) => "✔",
                (true, true) => "?",
                _ => "✘",
            };
            ui::tell(format_args!("  {sign} {}: {}", verdict.gate, verdict.text));
        }
        Event::Relabelled { namespace, revision } => ui::tell(format_args!("  namespace {namespace} → {revision}")),
        Event::Restarted { workload } => ui::tell(format_args!("  restarting {workload}")),
        Event::Waiting { objects } if objects.is_empty() => {}
        Event::Waiting { objects } => {
            let reasons: Vec<&str> = objects.iter().map(|pending| pending.reason.as_str()).collect();
            ui::tell(format_args!("  waiting: {}", reasons.join("; ")));
        }
        Event::Tagged { tag, revision } => ui::tell(format_args!("  tag {tag} → {revision}")),
        Event::Removed { object } => ui::tell(format_args!("  removed {object}")),
        Event::Note { text } => ui::tell(format_args!("  note: {text}")),
    }
}
