//! `upgrade status`: where a canary upgrade is, as the cluster shows it.

use serde_json::{Value, json};

use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, block_on};
use crate::install::canary::mesh::{self, Mesh, injected_by, version_of};
use crate::install::canary::record::{self, Upgrade};
use crate::install::canary::state::{State, Wave, derive, is_available, wave_state};
use crate::install::canary::{gates, plan};
use crate::ui::tabwriter::TabWriter;

/// Show where the upgrade is and what comes next
#[derive(clap::Args, Debug)]
pub struct Status {
    /// Format: table, json or yaml
    #[arg(long, short = 'o', default_value = "table")]
    output: String,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Status {
    pub fn run(self, context: &Context) -> Outcome {
        if !self.words.is_empty() {
            return Err(Failure::usage(format!("upgrade status takes no arguments, got {}", self.words.join(" "))));
        }
        if !["table", "json", "yaml"].contains(&self.output.as_str()) {
            return Err(
                Failure::usage(format!("unknown format: {}", self.output)).hint("formats are table, json and yaml")
            );
        }
        let istio_namespace = context.globals.istio_namespace.as_str();
        let (upgrade, mesh) = block_on(async {
            let cluster = Cluster::connect(&context.target()?).await?;
            let mesh = mesh::look(&cluster, istio_namespace).await?;
            let known = record::read(&cluster, istio_namespace).await?;
            Ok::<_, Failure>((known.or_else(|| Upgrade::recovered(&mesh)), mesh))
        })??;
        let status = status(upgrade.as_ref(), &mesh);
        let text = match self.output.as_str() {
            "json" => format!("{}\n", serde_json::to_string_pretty(&status)?),
            "yaml" => crate::yaml::to_string(&status),
            _ => table(&status),
        };
        crate::ui::print(&text)?;
        Ok(Exit::OK)
    }
}

/// The facts, as one tree.
fn status(upgrade: Option<&Upgrade>, mesh: &Mesh) -> Value {
    let state = derive(upgrade, mesh);
    let revisions: Vec<Value> = mesh
        .revisions()
        .into_iter()
        .map(|revision| {
            let istiod = mesh.istiod(revision);
            let tags: Vec<&str> =
                mesh.tags().into_iter().filter(|(_, to)| *to == revision).map(|(tag, _)| tag).collect();
            json!({
                "revision": revision,
                "version": istiod.map(version_of).unwrap_or_default(),
                "available": istiod.is_some_and(is_available),
                "tags": tags,
                "namespaces": mesh.members(revision),
                "pods": mesh.pods.iter().filter(|pod| injected_by(pod).as_deref() == Some(revision)).count(),
            })
        })
        .collect();
    let mut status = json!({"state": state.to_string(), "revisions": revisions, "next": next(upgrade, state)});
    let Some(upgrade) = upgrade else { return status };
    let waves = upgrade.waves.iter().enumerate().map(|(at, wave)| {
        let state = match wave_state(upgrade, mesh, wave) {
            Wave::Untouched => "waiting",
            Wave::Open => "open",
            Wave::Done => "moved",
        };
        json!({"wave": at + 1, "namespaces": wave, "state": state, "since": upgrade.times.get(&format!("wave {}", at + 1))})
    });
    status["upgrade"] = json!({
        "id": upgrade.id, "from": upgrade.from, "to": upgrade.to,
        "waves": waves.collect::<Vec<Value>>(),
        "byHand": plan::by_hand(upgrade, mesh),
        "references": gates::references(mesh, &upgrade.from),
        "times": upgrade.times,
    });
    status
}

fn next(upgrade: Option<&Upgrade>, state: State) -> String {
    let to = upgrade.map(|upgrade| upgrade.to.as_str()).unwrap_or_default();
    match state {
        State::Idle => "`upgrade canary --revision NAME` starts one".to_owned(),
        State::Planned | State::Pinned | State::Running | State::Moving { .. } => {
            format!("`upgrade canary --revision {to}` goes on, `upgrade abort` takes it back")
        }
        State::Moved => "`upgrade promote` moves the tags, `upgrade rollback` goes back".to_owned(),
        State::Promoted => "`upgrade promote --remove-old` ends it, `upgrade rollback` goes back".to_owned(),
        State::Removed => "`upgrade promote --remove-old` cleans up".to_owned(),
    }
}

fn table(status: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
    let joined = |value: &Value| match list(value).as_slice() {
        [] => "-".to_owned(),
        names => names.join(","),
    };
    let mut out = format!("State: {}\n", text(&status["state"]));
    let upgrade = &status["upgrade"];
    if upgrade.is_object() {
        out.push_str(&format!("From {} to {}\n", text(&upgrade["from"]), text(&upgrade["to"])));
    }
    let mut revisions = TabWriter::new(2);
    revisions.row(["REVISION", "VERSION", "ISTIOD", "TAGS", "NAMESPACES", "PODS"]);
    for row in status["revisions"].as_array().into_iter().flatten() {
        let ready = if row["available"] == true { "available" } else { "not ready" };
        let cells = [text(&row["revision"]), text(&row["version"]), ready.to_owned(), joined(&row["tags"])];
        let more = [joined(&row["namespaces"]), row["pods"].to_string()];
        revisions.row(cells.iter().chain(&more));
    }
    out.push_str(&format!("\n{}", revisions.finish()));
    let mut waves = TabWriter::new(2);
    waves.row(["WAVE", "STATE", "NAMESPACES"]);
    for row in upgrade["waves"].as_array().into_iter().flatten() {
        waves.row([row["wave"].to_string(), text(&row["state"]), joined(&row["namespaces"])]);
    }
    if upgrade["waves"].as_array().is_some_and(|waves| !waves.is_empty()) {
        out.push_str(&format!("\n{}", waves.finish()));
    }
    for note in list(&upgrade["byHand"]) {
        out.push_str(&format!("by hand: {note}\n"));
    }
    out.push_str(&format!("\nNext: {}\n", text(&status["next"])));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mesh_without_an_upgrade_says_how_to_start_one() {
        let status = status(None, &Mesh::default());
        assert_eq!(
            table(&status),
            "State: idle\n\nREVISION  VERSION  ISTIOD  TAGS  NAMESPACES  PODS\n\nNext: `upgrade canary --revision NAME` starts one\n"
        );
    }
}
