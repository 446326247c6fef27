//! `ztunnel-config log`.

use http::Method;

use super::source::Source;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, block_on};
use crate::ui::log;

/// Show or set the log level of ztunnels; without a name of all of them
#[derive(clap::Args, Debug)]
pub struct Log {
    #[command(flatten)]
    source: Source,
    /// New levels: `LEVEL`, or `SCOPE:LEVEL,…`
    #[arg(long, default_value = "")]
    level: String,
    /// Back to the level `info`
    #[arg(long, short = 'r')]
    reset: bool,
}

impl Log {
    pub fn run(self, context: &Context) -> Outcome {
        if self.source.output != "short" {
            return Err(Failure::new("--output means nothing here"));
        }
        if self.reset && !self.level.is_empty() {
            return Err(Failure::new("--level cannot be combined with --reset"));
        }
        let port = self.source.check()?;
        if !self.source.file.is_empty() {
            return Err(Failure::new("--file means nothing here: levels are asked of a running ztunnel"));
        }
        if self.reset {
            log::warn("ztunnel's level is reset to info");
        }
        let path = self.path();
        let target = context.target()?;
        let (shown, failed) = block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let (mut shown, mut failed) = (String::new(), Vec::new());
            for ztunnel in self.source.ztunnels(context, &cluster).await? {
                match cluster.admin(Method::POST, &ztunnel.pod, port, &path).await {
                    Ok(body) => shown.push_str(&format!("{}:\n{}\n", ztunnel.pod, String::from_utf8_lossy(&body))),
                    Err(error) => failed.push(format!("ztunnel {} does not answer: {error}", ztunnel.pod)),
                }
            }
            Ok::<_, Failure>((shown, failed))
        })??;
        crate::ui::print(&shown)?;
        if failed.is_empty() { Ok(Exit::OK) } else { Err(Failure::new(failed.join("\n"))) }
    }

    fn path(&self) -> String {
        // The names that Envoy has for these levels.
        let level = match self.level.as_str() {
            "" if self.reset => "info",
            "warning" => "warn",
            "critical" => "error",
            other => other,
        };
        format!("logging?level={level}{}", if self.reset { "&reset" } else { "" })
    }
}
