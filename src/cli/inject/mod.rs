//! `inject`: what injection would do, told or answered as the webhook would.

mod explain;
pub mod pod;
pub mod source;

use std::collections::BTreeMap;

use super::{Context, Exit, Failure, Outcome};
use crate::inject::engine::{ProxyConfigs, Worker};
use crate::inject::webhook::{Admission, url_environment};

/// Explain injection, or answer an AdmissionReview as the webhook would
#[derive(clap::Args, Debug)]
pub struct Inject {
    /// AdmissionReview (or a bare Pod) to answer; `-` is standard input
    #[arg(long, default_value = "")]
    review: String,
    /// Path of the webhook's URL, whose variables are set on the proxy
    #[arg(long, default_value = "/inject")]
    url_path: String,
    #[command(flatten)]
    source: source::Source,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    Explain(explain::Explain),
}

impl Inject {
    pub fn run(self, context: &Context) -> Outcome {
        match self.command {
            Some(Command::Explain(command)) => command.run(context),
            None if self.review.is_empty() => {
                Err(Failure::usage("inject needs a subcommand or --review FILE").hint("try `inject explain FILE`"))
            }
            None => self.answer(context),
        }
    }

    fn answer(&self, context: &Context) -> Outcome {
        let review = source::read_yaml(&self.review)?;
        let failed = |error| Failure::new(format!("{}: {error}", self.review));
        let admission = if review.get("kind").and_then(serde_json::Value::as_str) == Some("Pod") {
            let namespace = context.globals.namespace.as_str();
            Admission::of_pod(review, namespace).map_err(failed)?
        } else {
            Admission::of(&review).map_err(failed)?
        };
        let mut injector = self.source.injector(context)?;
        injector.honours_config = true;
        if injector.revision.is_empty() {
            injector.revision = "default".to_string();
        }
        let environment: BTreeMap<String, String> = url_environment(&self.url_path);
        let outcome = admission.inject(&Worker::new(&injector), environment, None, ProxyConfigs::default());
        crate::ui::print(&format!("{:#}\n", admission.answer(&outcome)))?;
        Ok(Exit::OK)
    }
}
