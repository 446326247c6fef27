//! What a run would change, shown before it is asked about.

use serde_json::Value;

use crate::install::deploy::plan::{Action, Effect, Plan, Step};

/// A line for each object that would be touched, with its changed fields on request, then the counts.
pub fn text(plan: &Plan, with_fields: bool) -> String {
    let mut text = String::new();
    for step in plan.steps.iter().filter(|step| step.action != Action::Unchanged) {
        let sign = match step.action {
            Action::Create => '+',
            Action::Prune => '-',
            _ => '~',
        };
        text.push_str(&format!("{sign} {}{}\n", step.object, note_of(step)));
        if with_fields {
            text.push_str(&fields(step));
        }
    }
    text.push_str(&format!(
        "{} to create, {} to change, {} unchanged, {} to remove\n",
        plan.count(Action::Create),
        plan.count(Action::Change),
        plan.count(Action::Unchanged),
        plan.count(Action::Prune)
    ));
    text
}

fn note_of(step: &Step) -> String {
    let effect = match step.effect {
        Effect::None => "",
        Effect::PodsRestart => "  pods restart",
        Effect::NodeWide => "  pods on every node restart",
        Effect::Traffic => "  carries traffic",
        Effect::Api => "  API",
    };
    let taken = match step.takes_over.as_slice() {
        [] => String::new(),
        managers => format!("  takes fields over from {}", managers.join(", ")),
    };
    format!("{effect}{taken}")
}

/// The changed lines of an object, indented.
fn fields(step: &Step) -> String {
    let text = |side: &Option<Value>| side.as_ref().map(crate::yaml::to_string).unwrap_or_default();
    let (before, after) = (text(&step.before), text(&step.after));
    let diff = similar::TextDiff::from_lines(before.as_str(), after.as_str());
    let unified = diff.unified_diff().context_radius(2).to_string();
    unified.lines().map(|line| format!("    {line}\n")).collect()
}
