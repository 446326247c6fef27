//! `proxy-config rootca-compare`.

use super::secret;
use super::source::{ask, check_port};
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, block_on};
use crate::envoy::certificate::Certificate;
use crate::envoy::value::Value;
use crate::envoy::well_known::format_timestamp;
use crate::inspect::root_ca::{roots, share_root};
use crate::ui;

/// Tell whether two proxies trust the same root
#[derive(clap::Args, Debug)]
pub struct RootcaCompare {
    /// Two pods: `[TYPE/]NAME[.NAMESPACE]`
    #[arg(value_name = "POD")]
    words: Vec<String>,
    /// Format: read for its syntax, the answer is a sentence
    #[arg(long, short = 'o', default_value = "short", hide = true)]
    output: String,
    /// Port of Envoy's admin interface
    #[arg(long, default_value = "15000", value_parser = parse_int)]
    proxy_admin_port: i64,
}

impl RootcaCompare {
    pub fn run(self, context: &Context) -> Outcome {
        let [first, second] = self.words.as_slice() else {
            return Err(Failure::new("rootca-compare requires 2 pods as an argument"));
        };
        let port = check_port(self.proxy_admin_port)?;
        let target = context.target()?;
        let (a, b) = block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let a = side(&cluster, first, port).await?;
            let b = side(&cluster, second, port).await?;
            Ok::<_, Failure>((a, b))
        })??;
        if share_root(&a.roots, &b.roots) {
            ui::tell(format_args!(
                "Both [{}] and [{}] have the identical ROOTCA, theoretically the connectivity between them is available",
                a.pod, b.pod
            ));
            return Ok(Exit::OK);
        }
        Err(Failure::new(format!(
            "[{}] and [{}] have the non identical ROOTCA, theoretically the connectivity between them is unavailable",
            a.pod, b.pod
        ))
        .hint(a.told())
        .hint(b.told()))
    }
}

/// A proxy and the roots it trusts.
struct Side {
    pod: String,
    roots: Vec<Certificate>,
}

impl Side {
    fn told(&self) -> String {
        let root = |root: &Certificate| format!("serial {} until {}", root.serial, format_timestamp(root.not_after, 0));
        format!("{} trusts {}", self.pod, self.roots.iter().map(root).collect::<Vec<_>>().join(", "))
    }
}

async fn side(cluster: &Cluster, word: &str, port: u16) -> Result<Side, Failure> {
    let pod = cluster.pod_by_word(word).await?;
    let body = ask(cluster, &pod, port, secret::QUERY).await?;
    let section = secret::read(&body)
        .map_err(|failure| Failure::new(format!("{pod}: sidecar doesn't support secrets: {}", failure.message)))?;
    let found = roots(section.values.first().unwrap_or(&Value::Null));
    let roots = found.map_err(|error| Failure::new(format!("{pod}: {error}")))?;
    Ok(Side { pod: pod.to_string(), roots })
}
