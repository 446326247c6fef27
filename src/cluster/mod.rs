//! The Kubernetes API server: client, discovery, port-forward, exec, server-side apply, waiting.
//!
//! A [`Cluster`] is made without a request. Every call has a deadline, says what it waited for when it passes, and
//! retries what can be repeated safely. Objects are plain JSON trees; nothing here decides what to do with them.

mod admin;
mod error;
mod exec;
mod forward;
mod kubeconfig;
mod objects;
mod pods;
mod request;
mod resource;
mod review;
mod revision;

use std::cell::Cell;
use std::future::Future;
use std::time::Duration;

use kube::Client;

pub use admin::AdminError;
pub use error::Error;
pub use exec::{ExecOutput, LogPart};
pub use forward::{Forward, HttpReply};
pub use objects::{Apply, Propagation, Selection, name_of, namespace_of as object_namespace};
pub use pods::{PodName, Word};
pub use request::Version;
pub use resource::Resource;

/// Which cluster to talk to and as whom, as the flags say.
#[derive(Clone, Debug)]
pub struct Target {
    /// `--kubeconfig`; empty when not given.
    pub kubeconfig: String,
    /// `--context`; empty for the current one.
    pub context: String,
    /// `--namespace`; empty when not given.
    pub namespace: String,
    pub as_user: String,
    pub as_uid: String,
    pub as_groups: Vec<String>,
    /// Limit of one request.
    pub request_timeout: Duration,
}

/// A connection to one API server.
pub struct Cluster {
    client: Client,
    /// Where the server is, for messages.
    url: String,
    namespace: String,
    request_timeout: Duration,
    /// Whether the server has ever answered: before that, a refused connection is a wrong address, not a hiccup.
    answered: Cell<bool>,
    /// How far the server's clock is ahead of ours, as its last answer showed.
    ahead: Cell<jiff::SignedDuration>,
}

impl Cluster {
    /// Reads the configuration; sends nothing.
    pub async fn connect(target: &Target) -> Result<Self, Error> {
        let mut config = kubeconfig::config(target).await?;
        config.default_retry = false; // retries are ours: they know which requests can be repeated
        let url = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let namespace = match target.namespace.as_str() {
            "" => config.default_namespace.clone(),
            given => given.to_owned(),
        };
        let client = Client::try_from(config).map_err(|error| Error::Config { reason: error::chain(&error) })?;
        Ok(Cluster::of(client, url, namespace, target.request_timeout))
    }

    /// Connects by the text of a client configuration, such as a remote cluster's secret holds.
    ///
    /// # Errors
    /// When the text is no configuration, or wants a program to be run for credentials: the text is not the user's own.
    pub async fn connect_by(kubeconfig: &str, request_timeout: Duration) -> Result<Self, Error> {
        let mut config = kubeconfig::config_of_text(kubeconfig).await?;
        config.default_retry = false;
        config.connect_timeout = Some(request_timeout);
        let url = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let namespace = config.default_namespace.clone();
        let client = Client::try_from(config).map_err(|error| Error::Config { reason: error::chain(&error) })?;
        Ok(Cluster::of(client, url, namespace, request_timeout))
    }

    fn of(client: Client, url: String, namespace: String, request_timeout: Duration) -> Self {
        let ahead = Cell::new(jiff::SignedDuration::ZERO);
        Cluster { client, url, namespace, request_timeout, answered: Cell::new(false), ahead }
    }

    /// The moment by the server's clock, so that machines whose clocks differ agree on it.
    pub fn now(&self) -> jiff::Timestamp {
        let here = jiff::Timestamp::now();
        here.checked_add(self.ahead.get()).unwrap_or(here)
    }

    /// The namespace that holds when none is named: `--namespace`, else the context's, else `default`.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The server's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The time limit of one request.
    pub fn request_timeout(&self) -> Duration {
        self.request_timeout
    }
}

/// Runs a piece of network work on this thread. The runtime exists only while it runs.
pub fn block_on<F: Future>(work: F) -> Result<F::Output, std::io::Error> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work))
}

/// The names of the contexts there are; none if the configuration cannot be read.
pub fn contexts(target: &Target) -> Vec<String> {
    kubeconfig::contexts(target)
}

/// The namespace that the context of the target names, if it names one.
pub fn context_namespace(target: &Target) -> Option<String> {
    kubeconfig::context_namespace(target)
}

/// The namespace of the target without a connection: `--namespace`, else the context's, else `default`; an unreadable
/// configuration counts as none.
pub fn namespace_of(target: &Target) -> String {
    if !target.namespace.is_empty() {
        return target.namespace.clone();
    }
    kubeconfig::context_namespace(target).unwrap_or_else(|| "default".to_owned())
}
