//! `install`: brings the cluster to what the flags and files say. `upgrade` is the same with other first words.

mod default_tag;
mod lock;
mod prepare;
mod preview;
mod report;
mod run;

use serde_json::Value;

pub use lock::{interrupted, interruption, locked};
pub use prepare::owner_of;
pub use report::Reporter;
pub use run::{Goal, Job, OLDEST_KUBERNETES, still_going};

use super::operator::OperatorFlags;
use super::values::GoDuration;
use super::{Context, Failure, Outcome};

/// Install a control plane, or change the one that is there
#[derive(clap::Args, Debug)]
pub struct Install {
    #[command(flatten)]
    flags: InstallFlags,
}

impl Install {
    pub fn run(self, context: &Context) -> Outcome {
        self.flags.run(context, Goal::Install)
    }
}

/// The flags that install and upgrade share.
#[derive(clap::Args, Debug)]
pub struct InstallFlags {
    #[command(flatten)]
    operator: OperatorFlags,
    /// Compare with the cluster, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Show every changed field in the preview
    #[arg(long)]
    diff: bool,
    /// Go on in spite of problems and conflicts
    #[arg(long)]
    force: bool,
    /// Shared components that a revisioned install may rewrite: ingressGateways, egressGateways, cni, ztunnel
    #[arg(long)]
    include: Vec<String>,
    /// Preview as json instead of text
    #[arg(long, short = 'o', default_value = "")]
    output: String,
    /// How progress is told: auto, plain or json
    #[arg(long, default_value = "auto")]
    progress: String,
    /// How long the whole may take until everything is ready
    #[arg(long, default_value = "5m0s", value_parser = str::parse::<GoDuration>)]
    readiness_timeout: GoDuration,
    /// Do not ask
    #[arg(long, short = 'y')]
    skip_confirmation: bool,
    /// Take over objects that another tool, such as Helm, manages now
    #[arg(long)]
    take_over: bool,
    /// Check after the installation that the cluster holds what was installed
    #[arg(long)]
    verify: bool,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl InstallFlags {
    /// Runs the command.
    pub fn run(self, context: &Context, goal: Goal) -> Outcome {
        if let Some(count) = Some(self.words.len()).filter(|count| *count > 0 && goal == Goal::Install) {
            return Err(Failure::new(format!("accepts 0 arg(s), received {count}")));
        }
        if !["", "json"].contains(&self.output.as_str()) {
            return Err(Failure::usage(format!("--output {}: the preview is text or json", self.output)));
        }
        if !self.output.is_empty() && !self.dry_run && !self.skip_confirmation {
            return Err(Failure::usage(format!(
                "--output {} leaves no room for a question on standard output",
                self.output
            ))
            .hint("add --dry-run to look only, or --skip-confirmation"));
        }
        let reporter = Reporter::new(&self.progress)?;
        if let Some(revision) = self.operator.revision().filter(|revision| !is_label(revision)) {
            let prefix = if goal == Goal::Upgrade { "generate config: " } else { "" };
            return Err(Failure::new(format!("{prefix}invalid revision specified: {revision}"))
                .hint("a revision is lower-case letters, digits and dashes, at most 63 characters"));
        }
        let wish = self.operator.wish(context)?;
        let input = wish.user_document()?;
        let job = Job {
            wish,
            input,
            dry_run: self.dry_run,
            diff: self.diff,
            force: self.force,
            include: self.include,
            json: self.output == "json",
            timeout: self.readiness_timeout.to_std(),
            skip_confirmation: self.skip_confirmation,
            take_over: self.take_over,
            verify: self.verify,
            upgrade: goal == Goal::Upgrade,
        };
        crate::cluster::block_on(job.run(context, &reporter))?
    }
}

/// A DNS-1123 label.
pub fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.len() <= 63 && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// A text below a tree, empty when absent.
fn text_at<'v>(tree: &'v Value, keys: &[&str]) -> &'v str {
    keys.iter().fold(tree, |tree, key| &tree[*key]).as_str().unwrap_or_default()
}
