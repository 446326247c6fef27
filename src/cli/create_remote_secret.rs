//! `create-remote-secret`: access to this cluster for the control plane of another one.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::install::is_label;
use super::values::csv_values;
use super::{Compat, Context, Exit, Failure, Outcome};
use crate::cluster::{self, Apply, Cluster, Selection, block_on};
use crate::install::remote_secret::{self, Credentials, Purpose, READER, Remote};
use crate::install::revisions::live::kind;
use crate::ui;

const FIELD_MANAGER: &str = "istio-ci";
/// The first minor version of Kubernetes that makes no token Secrets by itself.
const NO_AUTOMATIC_TOKENS: u32 = 24;
/// How often a Secret is looked at again that Kubernetes has yet to fill, and how long apart.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Print a Secret that gives the control plane of another cluster access to this one
#[derive(clap::Args, Debug)]
pub struct CreateRemoteSecret {
    /// Settings for the plugin, KEY=VALUE,…
    #[arg(long)]
    auth_plugin_config: Vec<String>,
    /// Authentication plugin, with --auth-type plugin
    #[arg(long, default_value = "")]
    auth_plugin_name: String,
    /// How the control plane proves who it is: bearer-token or plugin
    #[arg(long, default_value = "bearer-token")]
    auth_type: String,
    /// Create the reader's service account, with its role, if it is missing
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    create_service_account: bool,
    /// Folder or archive with the charts (default: built in)
    #[arg(long, short = 'd', default_value = "")]
    manifests: String,
    /// Name of this cluster in the mesh (default: UID of namespace kube-system)
    #[arg(long, default_value = "")]
    name: String,
    /// Secret with the token to use (default: the account's first one, or a new one)
    #[arg(long, default_value = "")]
    secret_name: String,
    /// Address at which the control plane reaches this API server (default: the one in the kubeconfig)
    #[arg(long, default_value = "")]
    server: String,
    /// Service account to use (default: istio-reader-service-account, or istiod for type config)
    #[arg(long, default_value = "")]
    service_account: String,
    /// Name that the API server's certificate is checked for (default: the host of the address)
    #[arg(long, default_value = "")]
    tls_server_name: String,
    /// What the Secret is for: remote (istiod watches this cluster) or config (istiod is configured from it)
    #[arg(long = "type", default_value = "remote")]
    purpose: String,
    #[arg(hide = true)]
    words: Vec<String>,
}

/// The account whose token is used, and where.
struct Account<'a> {
    cluster: &'a Cluster,
    namespace: &'a str,
    name: &'a str,
}

impl CreateRemoteSecret {
    pub fn run(self, context: &Context) -> Outcome {
        if let Some(word) = self.words.first() {
            let line = format!("{} create-remote-secret", context.program.name());
            return Err(Failure::usage(format!("unknown command \"{word}\" for \"{line}\"")));
        }
        if !self.name.is_empty() && !is_label(&self.name) {
            return Err(Failure::new(format!("{} is not a valid DNS 1123 label", self.name)));
        }
        let purpose = Purpose::parse(&self.purpose)
            .ok_or_else(|| Failure::new(format!("unsupported type: {}", self.purpose)).hint("use remote or config"))?;
        let plugin = match self.auth_type.as_str() {
            "bearer-token" => None,
            "plugin" => {
                Some(Credentials::Plugin { name: self.auth_plugin_name.clone(), config: self.plugin_config(context)? })
            }
            other => {
                return Err(Failure::new(format!("unsupported authentication type: {other}"))
                    .hint("use bearer-token or plugin"));
            }
        };
        block_on(self.print(context, purpose, plugin))?
    }

    async fn print(&self, context: &Context, purpose: Purpose, plugin: Option<Credentials>) -> Outcome {
        let target = context.target()?;
        let namespace = match target.namespace.as_str() {
            "" => cluster::context_namespace(&target).unwrap_or_else(|| context.globals.istio_namespace.clone()),
            given => given.to_owned(),
        };
        let cluster = Cluster::connect(&target).await?;
        let name = match self.name.as_str() {
            "" => cluster_uid(&cluster).await?,
            given => given.to_owned(),
        };
        let account = match self.service_account.as_str() {
            "" => purpose.account(),
            given => given,
        };
        let account = Account { cluster: &cluster, namespace: &namespace, name: account };
        let (ca, token) = self.token(&account, plugin.is_none()).await.map_err(|failure| Failure {
            message: format!(
                "cannot get credentials of service account {namespace}/{}: {}",
                account.name, failure.message
            ),
            ..failure
        })?;
        let server = if self.server.is_empty() { cluster.url() } else { &self.server };
        warn_about(server);
        let remote = Remote {
            purpose,
            name: &name,
            namespace: &namespace,
            server,
            tls_server_name: &self.tls_server_name,
            ca: &ca,
            credentials: plugin.unwrap_or(Credentials::Token(token)),
        };
        ui::print(&remote.file())?;
        Ok(Exit::OK)
    }

    /// What the plugin is told. The reference reads this flag and forgets it.
    fn plugin_config(&self, context: &Context) -> Result<Map<String, Value>, Failure> {
        let mut config = Map::new();
        for pair in csv_values(&self.auth_plugin_config).map_err(Failure::usage)? {
            let Some((key, value)) = pair.split_once('=') else {
                return Err(Failure::usage(format!(
                    "invalid argument \"{pair}\" for \"--auth-plugin-config\" flag: expected KEY=VALUE"
                )));
            };
            config.insert(key.to_owned(), value.into());
        }
        if context.compat == Compat::Strict && !config.is_empty() {
            ui::tell("Warning: as with istioctl, --auth-plugin-config has no effect; --compat=off gives it one");
            config.clear();
        }
        Ok(config)
    }

    /// The CA and, if one is needed, the token of the account.
    async fn token(&self, account: &Account<'_>, needs_token: bool) -> Result<(String, String), Failure> {
        let object = self.account(account).await?;
        let secrets = kind("", "Secret")?;
        let version = account.cluster.version().await?;
        let name = if version.major == 1 && version.minor < NO_AUTOMATIC_TOKENS {
            remote_secret::listed_secret(&object, &self.secret_name).map_err(Failure::new)?
        } else {
            self.token_secret(account).await?
        };
        let mut looks = 0;
        loop {
            let secret = account.cluster.get(&secrets, Some(account.namespace), &name).await?.unwrap_or_default();
            match remote_secret::read_token(&secret, needs_token) {
                Ok(found) => return Ok(found),
                Err(_) if looks < LOOKS => looks += 1,
                Err(missing) => {
                    let what = format!("secret {}/{name} has no {missing}", account.namespace);
                    return Err(Failure::new(what).hint("Kubernetes fills it; does its token controller run?"));
                }
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// The service account, made if it is missing and may be made.
    async fn account(&self, account: &Account<'_>) -> Result<Value, Failure> {
        let accounts = kind("", "ServiceAccount")?;
        if let Some(found) = account.cluster.get(&accounts, Some(account.namespace), account.name).await? {
            return Ok(found);
        }
        let missing = Failure::new("it does not exist");
        if account.name != READER {
            return Err(
                missing.hint(format!("only {READER} can be created here; create this one, with its rights, yourself"))
            );
        }
        if !self.create_service_account {
            return Err(missing.hint("install Istio here first, or let --create-service-account create it"));
        }
        self.create_reader(account).await?;
        let found = account.cluster.get(&accounts, Some(account.namespace), account.name).await?;
        found.ok_or_else(|| Failure::new("it does not exist although it was just created"))
    }

    /// Makes the reader's account and what it may do; the account first, so that nothing is bound to a name alone.
    async fn create_reader(&self, account: &Account<'_>) -> Result<(), Failure> {
        let namespaces = kind("", "Namespace")?;
        if account.cluster.get(&namespaces, None, account.namespace).await?.is_none() {
            let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": account.namespace}});
            account.cluster.create(&namespaces, &object, FIELD_MANAGER).await?;
        }
        let how = Apply { field_manager: FIELD_MANAGER, force: true, dry_run: false };
        for object in remote_secret::reader_objects(account.namespace, &self.manifests)? {
            let resource = account.cluster.resource_of(&object).await?;
            account.cluster.apply(&resource, &object, &how).await?;
        }
        Ok(())
    }

    /// The name of a Secret with a token of the account: the one named, the first there is, or a new one.
    async fn token_secret(&self, account: &Account<'_>) -> Result<String, Failure> {
        let secrets = kind("", "Secret")?;
        if !self.secret_name.is_empty() {
            let full = format!("{}/{}", account.namespace, self.secret_name);
            let found = account.cluster.get(&secrets, Some(account.namespace), &self.secret_name).await?;
            let found = found.ok_or_else(|| Failure::new(format!("secret {full} does not exist")))?;
            if !remote_secret::is_token_of(&found, account.name) {
                return Err(Failure::new(format!("secret {full} holds no token of service account {}", account.name)));
            }
            return Ok(self.secret_name.clone());
        }
        let selection = Selection {
            namespace: Some(account.namespace),
            fields: "type=kubernetes.io/service-account-token",
            ..Selection::default()
        };
        let listed = account.cluster.list(&secrets, &selection).await?;
        if let Some(found) = listed.iter().find(|secret| remote_secret::is_token_of(secret, account.name)) {
            return Ok(cluster::name_of(found).to_owned());
        }
        let made = remote_secret::token_secret(account.name, account.namespace);
        match account.cluster.create(&secrets, &made, FIELD_MANAGER).await {
            // Another run was faster; its Secret is as good.
            Err(error) if !error.is_already_exists() => Err(error.into()),
            _ => Ok(cluster::name_of(&made).to_owned()),
        }
    }
}

/// The UID of namespace kube-system, which is unique among clusters.
async fn cluster_uid(cluster: &Cluster) -> Result<String, Failure> {
    let found = cluster.get(&kind("", "Namespace")?, None, "kube-system").await?;
    let uid = found.as_ref().and_then(|namespace| namespace["metadata"]["uid"].as_str());
    uid.map(str::to_owned).ok_or_else(|| {
        Failure::new("namespace kube-system, whose UID names this cluster, cannot be found")
            .hint("name the cluster with --name")
    })
}

fn warn_about(server: &str) {
    if remote_secret::is_loopback(server) {
        ui::tell(format_args!(
            "Warning: the address {server} means whatever machine uses it; give the one that other clusters reach with --server"
        ));
    } else if !server.contains("://") {
        ui::tell(format_args!(
            "Warning: {server} is not the address of a server, such as https://api.example.com:6443"
        ));
    }
}
