//! `chart values`: the values a chart understands, with their defaults.

use super::named;
use crate::cli::{Context, Exit, Outcome};
use crate::yaml;

/// Print the values of a chart and their defaults
#[derive(clap::Args, Debug)]
pub struct Values {
    /// Print the chart's values.yaml as it is, comments included
    #[arg(long)]
    raw: bool,
    /// A built-in chart, or the path of one
    #[arg(value_name = "CHART")]
    charts: Vec<String>,
}

/// Where our charts keep their defaults, so that profiles can stand between them and the user's values.
const DEFAULTS_KEY: &str = "_internal_defaults_do_not_set";

impl Values {
    pub fn run(self, _context: &Context) -> Outcome {
        let chart = named(&self.charts)?;
        let text = match &chart.values_text {
            Some(bytes) if self.raw => yaml::text(bytes)?.to_owned(),
            _ => yaml::to_string(&without_wrapping(chart.values)),
        };
        crate::ui::print(&text)?;
        Ok(Exit::OK)
    }
}

/// The defaults where the user would write them.
fn without_wrapping(mut values: yaml::Value) -> yaml::Value {
    let Some(map) = values.as_object_mut() else {
        return values;
    };
    match map.remove(DEFAULTS_KEY) {
        Some(defaults) => crate::chart::merge(&values, &defaults),
        None => values,
    }
}
