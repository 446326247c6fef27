//! `restore`: a backup, applied again.

use serde_json::Value;

use super::{Context, Exit, Failure, Outcome};
use crate::cluster::{Apply, Cluster, Error, block_on};
use crate::install::deploy::OWN_MANAGER;
use crate::install::deploy::apply::title_of;

/// Apply a backup: what is missing is created, what differs is changed, nothing is deleted
#[derive(clap::Args, Debug)]
pub struct Restore {
    /// Let the server check everything and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short = 'y')]
    skip_confirmation: bool,
    /// File written by `backup`, or - for standard input (then with -y)
    #[arg(value_name = "FILE")]
    words: Vec<String>,
}

impl Restore {
    pub fn run(self, context: &Context) -> Outcome {
        let [file] = self.words.as_slice() else {
            return Err(Failure::usage("restore takes one file written by `backup`"));
        };
        let objects = read(file)?;
        if !self.dry_run && !self.skip_confirmation {
            if file == "-" {
                return Err(Failure::usage("a backup on standard input needs --skip-confirmation"));
            }
            let question = format!("This will apply {} objects. Proceed? (y/N)", objects.len());
            if !crate::ui::prompt::confirm(&question)? {
                return Err(Failure::new("cancelled, nothing was changed"));
            }
        }
        block_on(self.apply(&objects, context))?
    }

    async fn apply(&self, objects: &[Value], context: &Context) -> Outcome {
        let cluster = Cluster::connect(&context.target()?).await?;
        let how = Apply { field_manager: OWN_MANAGER, force: true, dry_run: self.dry_run };
        let (mut failed, mut without_kind) = (Vec::new(), 0);
        for object in objects {
            let applied = match cluster.resource_of(object).await {
                Ok(resource) => cluster.apply(&resource, object, &how).await,
                Err(error) => Err(error),
            };
            match applied {
                Ok(_) if self.dry_run => crate::ui::print(&format!("{} would be applied\n", title_of(object)))?,
                Ok(_) => crate::ui::print(&format!("{} applied\n", title_of(object)))?,
                Err(error) if error.is_unreachable() => return Err(error.into()),
                Err(error) => {
                    without_kind += usize::from(matches!(error, Error::NoSuchKind { .. }));
                    failed.push(format!("{}: {error}", title_of(object)));
                }
            }
        }
        if failed.is_empty() {
            return Ok(Exit::OK);
        }
        Err(Failure::new(format!(
            "{} of {} objects were refused:\n  {}",
            failed.len(),
            objects.len(),
            failed.join("\n  ")
        ))
        .hint(match without_kind {
            0 => "correct the cause and run this again; what was applied stays as it is",
            _ => "install the control plane first, it brings the missing kinds; then run this again",
        }))
    }
}

fn read(file: &str) -> Result<Vec<Value>, Failure> {
    let text = match file {
        "-" => std::io::read_to_string(std::io::stdin())?,
        path => std::fs::read_to_string(path).map_err(|error| Failure::new(format!("{path}: {error}")))?,
    };
    let mut objects = Vec::new();
    for document in crate::yaml::parse_stream(&text) {
        let object = document.map_err(|error| Failure::new(format!("{file}: {error}")))?.to_value();
        if object["kind"].as_str().is_none() || object["metadata"]["name"].as_str().is_none() {
            return Err(Failure::new(format!("{file}: document {} has no kind or no name", objects.len() + 1)));
        }
        objects.push(object);
    }
    if objects.is_empty() {
        return Err(Failure::new(format!("{file}: there is no object in it")));
    }
    Ok(objects)
}
