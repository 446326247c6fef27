//! `bug-report version`: of this program.

use crate::cli::version::BuildInfo;
use crate::cli::{Exit, Failure, Outcome};

/// Show the version of this program
#[derive(clap::Args, Debug)]
pub struct Version {
    /// Format: json or yaml; lines of text when absent
    #[arg(long, short = 'o', default_value = "")]
    output: String,
    /// The version number only
    #[arg(long, short = 's')]
    short: bool,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Version {
    pub fn run(self) -> Outcome {
        let client = BuildInfo::of_client();
        let tree = serde_json::json!({"clientVersion": client});
        let text = match self.output.as_str() {
            "" if self.short => format!("{}\n", client.version),
            "" => format!("{}\n", client.dump()),
            "json" => format!("{}\n", serde_json::to_string_pretty(&tree)?),
            "yaml" => crate::yaml::to_string(&tree),
            _ => return Err(Failure::new("--output must be 'yaml' or 'json'")),
        };
        crate::ui::print(&text)?;
        Ok(Exit::OK)
    }
}
