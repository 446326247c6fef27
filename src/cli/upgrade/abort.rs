//! `upgrade abort`: as if the upgrade had never been started.

use super::{Steering, stopped, under_way};
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::block_on;
use crate::ui;

/// Go back to the old revision and remove the new one
#[derive(clap::Args, Debug)]
pub struct Abort {
    #[command(flatten)]
    steering: Steering,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Abort {
    pub fn run(self, context: &Context) -> Outcome {
        if !self.words.is_empty() {
            return Err(Failure::usage(format!("upgrade abort takes no arguments, got {}", self.words.join(" "))));
        }
        let work = self.steering.steer(context, async |driver| {
            let mut upgrade = under_way(driver).await?;
            let question =
                format!("All namespaces go back to {} and {} is removed. Proceed? (y/N)", upgrade.from, upgrade.to);
            self.steering.confirm(&question)?;
            driver.abort(&mut upgrade).await.map_err(stopped)?;
            ui::tell(format_args!("✔ The upgrade to {} was taken back", upgrade.to));
            Ok(Exit::OK)
        });
        block_on(work)?
    }
}
