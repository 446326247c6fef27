//! `manifest generate`: prints the objects of an installation.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use super::super::operator::{OperatorFlags, operator, server_version, warn};
use super::super::values::csv_values;
use super::super::{Context, Exit, Failure, Outcome};
use crate::install::render::component::{self, Component};
use crate::install::render::order;
use crate::install::render::{Finish, Rendered};
use crate::ui;

/// Print the objects of an installation, in the order they can be applied
#[derive(clap::Args, Debug)]
pub struct Generate {
    #[command(flatten)]
    flags: OperatorFlags,
    /// Go on in spite of invalid input
    #[arg(long)]
    force: bool,
    /// Ask the cluster for its version and adapt to its platform
    #[arg(long)]
    cluster_specific: bool,
    /// Render only these components: base, pilot, cni, ztunnel, ingressGateways, egressGateways, or a gateway's name; repeatable
    #[arg(long)]
    component: Vec<String>,
    #[arg(long, hide = true)]
    filter: Vec<String>,
    /// Write a file for each component into this folder instead of printing
    #[arg(long, short = 'o', default_value = "")]
    output: String,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Generate {
    pub fn run(self, context: &Context) -> Outcome {
        if !self.words.is_empty() {
            let failure = Failure::new(format!("manifest generate takes no arguments, got {:?}", self.words));
            let assigns = self.words.iter().any(|word| word.contains('='));
            return Err(failure.hints(assigns.then(|| "each assignment has a --set of its own".to_owned())));
        }
        if matches!(self.output.as_str(), "yaml" | "json") {
            return Err(Failure::usage(format!("--output {}: --output names a folder", self.output))
                .hint("without it the objects are printed, as YAML"));
        }
        let mut wish = self.flags.wish(context)?;
        if self.cluster_specific {
            wish.server_version = Some(server_version(context)?);
        }
        let operator = operator(&wish, Some(self.force))?;
        let mut wanted = csv_values(&self.component).map_err(Failure::usage)?;
        // The reference takes this flag and forgets it.
        if !wish.strict {
            wanted.extend(csv_values(&self.filter).map_err(Failure::usage)?);
        }
        let known = operator.components();
        if let Some(word) = wanted.iter().find(|word| !known.iter().any(|component| is_meant(component, word))) {
            return Err(unknown_component(word, &known));
        }
        let rendered = operator.render(Finish::Settings, |component| {
            wanted.is_empty() || wanted.iter().any(|word| is_meant(component, word))
        })?;
        warn(wish.strict, rendered.warnings.iter().cloned());
        if self.output.is_empty() {
            let mut objects: Vec<_> = rendered.parts.into_iter().flat_map(|part| part.objects).collect();
            order::sort(&mut objects);
            order::write(&objects, &mut std::io::stdout().lock())?;
        } else {
            write(Path::new(&self.output), rendered)?;
        }
        Ok(Exit::OK)
    }
}

fn is_meant(component: &Component, word: &str) -> bool {
    component.name.as_deref() == Some(word) || component::find(word) == Some(component.kind)
}

fn unknown_component(word: &str, known: &[Component]) -> Failure {
    let labels: Vec<&str> = known.iter().map(Component::label).collect();
    let why = match component::find(word) {
        Some(kind) => format!("component {} is not enabled", kind.key),
        None => format!("no component {word:?}"),
    };
    let what = if labels.is_empty() { "nothing".to_owned() } else { labels.join(", ") };
    Failure::new(why).hint(format!("this installation has {what}"))
}

/// One file per component, with its objects in printing order.
fn write(folder: &Path, rendered: Rendered) -> Result<(), Failure> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| Failure::new(format!("write {path}: {error}"))
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let mut times: HashMap<String, usize> = HashMap::new();
    let mut written = Vec::new();
    for mut part in rendered.parts {
        let label = part.component.label().to_owned();
        let time = times.entry(label.clone()).or_default();
        *time += 1;
        let name = if *time == 1 { format!("{label}.yaml") } else { format!("{label}-{time}.yaml") };
        let path = folder.join(name);
        order::sort(&mut part.objects);
        fs::write(&path, order::print(&part.objects)).map_err(failed(&path))?;
        written.push(path.display().to_string());
    }
    ui::tell(format!("Wrote {}\n", written.join(", ")));
    Ok(())
}
