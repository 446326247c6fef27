//! The flags of commands that talk to istiod over xDS.

use super::values::{GoDuration, parse_int};
use super::{Context, Failure};
use crate::cli::proxy_config::source::check_port;
use crate::xds::control_planes::Central;
use crate::xds::tls::Identity;

/// How istiod is reached.
#[derive(clap::Args, Debug, Clone)]
pub struct CentralFlags {
    /// Control plane revision
    #[arg(long, short = 'r', default_value = "")]
    pub revision: String,
    /// HOST:PORT of istiod's xDS, instead of looking for its pods
    #[arg(long, default_value = "")]
    xds_address: String,
    /// Labels of istiod's pods
    #[arg(long, default_value = "")]
    xds_label: String,
    /// Port of istiod's xDS
    #[arg(long, default_value = "15012", value_parser = parse_int)]
    xds_port: i64,
    /// Folder with cert-chain.pem, key.pem and root-cert.pem, to come with a certificate instead of a token
    #[arg(long, default_value = "")]
    cert_dir: String,
    /// Name that istiod is asked by
    #[arg(long, default_value = "")]
    authority: String,
    /// Accept any certificate of istiod, which is the case anyway without --cert-dir
    #[arg(long)]
    insecure: bool,
    /// Talk to --xds-address without TLS
    #[arg(long)]
    plaintext: bool,
    /// Time limit of one answer
    #[arg(long, default_value = "30s")]
    timeout: String,
}

impl CentralFlags {
    /// Flags that contradict each other. Most commands of the reference let them pass.
    pub fn check(&self) -> Result<(), Failure> {
        let both = |one: bool, other: bool, text: &str| if one && other { Err(Failure::new(text)) } else { Ok(()) };
        let address = !self.xds_address.is_empty();
        both(address, !self.xds_label.is_empty(), "either --xds-address or --xds-label, not both")?;
        both(self.plaintext, !self.cert_dir.is_empty(), "either --plaintext or --cert-dir, not both")
    }

    pub fn central(&self, context: &Context) -> Result<Central, Failure> {
        let timeout: GoDuration = self.timeout.parse().map_err(|reason| {
            Failure::usage(format!("invalid argument {:?} for \"--timeout\" flag: {reason}", self.timeout))
        })?;
        Ok(Central {
            address: self.xds_address.clone(),
            labels: self.xds_label.clone(),
            port: check_port(self.xds_port)?,
            plaintext: self.plaintext,
            identity: Identity { folder: if self.insecure { String::new() } else { self.cert_dir.clone() } },
            authority: self.authority.clone(),
            istio_namespace: context.globals.istio_namespace.clone(),
            revision: self.revision.clone(),
            timeout: timeout.to_std(),
        })
    }
}
