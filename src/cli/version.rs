//! `version`: of the client, and of the mesh when a cluster answers.

use super::{Context, Exit, Failure, Outcome};

/// The Istio release whose command line, charts and rules this program carries.
pub const ISTIO_VERSION: &str = "1.30.3";

/// Show the versions of the client, the control plane and the data plane
#[derive(clap::Args, Debug)]
pub struct Version {
    /// Format: json or yaml; lines of text when absent
    #[arg(long, short = 'o', default_value = "")]
    output: String,
    /// Ask the cluster too
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    remote: bool,
    /// Control plane revision
    #[arg(long, short = 'r', default_value = "")]
    revision: String,
    /// Version numbers only
    #[arg(long, short = 's', default_value_t = true, action = clap::ArgAction::Set)]
    short: bool,
    #[arg(hide = true)]
    words: Vec<String>,
}

/// What a build says about itself, under the names the reference uses.
#[derive(Debug, serde::Serialize)]
pub struct BuildInfo {
    pub version: String,
    pub revision: String,
    pub golang_version: String,
    pub status: String,
    pub tag: String,
}

impl BuildInfo {
    /// Of this program. It is not made by Go, and says so.
    pub fn of_client() -> Self {
        BuildInfo {
            version: ISTIO_VERSION.to_owned(),
            revision: concat!("bowline-", env!("CARGO_PKG_VERSION")).to_owned(),
            golang_version: String::new(),
            status: "Clean".to_owned(),
            tag: ISTIO_VERSION.to_owned(),
        }
    }

    /// The long text form: a Go struct dump, which scripts take apart.
    fn dump(&self) -> String {
        format!(
            "version.BuildInfo{{Version:\"{}\", GitRevision:\"{}\", GolangVersion:\"{}\", BuildStatus:\"{}\", GitTag:\"{}\"}}",
            self.version, self.revision, self.golang_version, self.status, self.tag
        )
    }
}

impl Version {
    pub fn run(self, _context: &Context) -> Outcome {
        let client = BuildInfo::of_client();
        let tree = serde_json::json!({"clientVersion": client});
        let text = match self.output.as_str() {
            "" if self.short => format!("client version: {}\n", client.version),
            "" => format!("client version: {}\n", client.dump()),
            "json" => format!("{}\n\n", serde_json::to_string_pretty(&tree)?),
            "yaml" => format!("{}\n", crate::yaml::to_string(&tree)),
            _ => return Err(Failure::new("--output must be 'yaml' or 'json'")),
        };
        crate::ui::print(&text)?;
        Ok(Exit::OK)
    }
}
