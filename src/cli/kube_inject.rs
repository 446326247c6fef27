//! `kube-inject`: adds sidecars to the pods in manifests, before they reach a cluster.

use std::io::Write as _;

use super::inject::source::{Source, check, no_file, read};
use super::{Compat, Context, Exit, Failure, Outcome};
use crate::inject::documents::{self, Before, Cause, DocumentError, Written};
use crate::ui::{log, unified};

/// Inject sidecars into the pods of a manifest
///
/// Without the files of a control plane, the built-in templates and the values of a default installation are used; a
/// cluster is asked only when --kubeconfig, --context or the name of a ConfigMap is given. Documents without pods are
/// passed through byte for byte, and nothing is written when one document fails.
#[derive(clap::Args, Debug)]
pub struct KubeInject {
    /// Manifest to read; `-` is standard input
    #[arg(long, short = 'f', default_value = "")]
    filename: String,
    /// Where to write; standard output if absent
    #[arg(long, short = 'o', default_value = "")]
    output: String,
    /// Print only what injection adds, as a unified diff
    #[arg(long)]
    diff: bool,
    #[command(flatten)]
    source: Source,
    /// MutatingWebhookConfiguration of the injector, for messages
    #[arg(long = "webhookConfig", default_value = "istio-sidecar-injector", hide = true)]
    webhook_config: String,
    #[command(flatten)]
    control_plane: ControlPlane,
    #[arg(hide = true)]
    words: Vec<String>,
}

/// How the reference reaches a control plane. Injection here needs no connection to one, so these change nothing.
#[derive(clap::Args, Debug)]
struct ControlPlane {
    #[arg(long, default_value = "", hide = true)]
    authority: String,
    #[arg(long, default_value = "", hide = true)]
    cert_dir: String,
    #[arg(long, hide = true)]
    insecure: bool,
    #[arg(long, hide = true)]
    plaintext: bool,
    #[arg(long, default_value = "30s", hide = true)]
    timeout: String,
    #[arg(long, default_value = "", hide = true)]
    xds_address: String,
    #[arg(long, default_value = "", hide = true)]
    xds_label: String,
    #[arg(long, default_value = "15012", hide = true)]
    xds_port: i64,
}

impl KubeInject {
    pub fn run(self, context: &Context) -> Outcome {
        let named =
            if self.filename.is_empty() { Err("filename not specified (see --filename or -f)") } else { Ok(()) };
        check([named, self.source.names_mesh()])?;
        self.note_unused();
        let strict = context.compat == Compat::Strict;
        let mut text = read(&self.filename)?;
        if strict {
            // The reference reads lines, and ends each with a newline alone.
            text = text.replace("\r\n", "\n");
            // It also empties the output before it knows whether there will be any.
            self.write("")?;
        }
        let injector = self.source.injector(context)?;
        let before = if self.diff { Before::Kept } else { Before::Dropped };
        let results = documents::inject(&text, &injector, before);
        let (mut written, mut failure) = (Vec::with_capacity(results.len()), None);
        for result in results {
            match result {
                Ok(document) => written.push(document),
                Err(error) if strict => {
                    failure = Some(Failure::new(error.cause.reference()));
                    break;
                }
                Err(error) => return Err(self.failure(&error)),
            }
        }
        let out = if self.diff { differences(&written, &self.filename) } else { joined(&written) };
        self.write(&out)?;
        report(&written, strict)?;
        failure.map_or(Ok(Exit::OK), Err)
    }

    fn write(&self, out: &str) -> Result<(), Failure> {
        if self.output.is_empty() {
            return Ok(crate::ui::print(out)?);
        }
        std::fs::write(&self.output, out).map_err(|error| no_file(&self.output, &error))
    }

    /// Names the file, the document and the object.
    fn failure(&self, error: &DocumentError) -> Failure {
        let file = if self.filename == "-" { "standard input" } else { &self.filename };
        let line = match &*error.cause {
            Cause::Yaml(cause) => error.line + cause.line.unwrap_or(1) - 1,
            _ => error.line,
        };
        let object = if error.object.is_empty() { String::new() } else { format!(" {}:", error.object) };
        Failure::new(format!("{file}:{line}: document {}:{object} {}", error.number, error.cause))
    }

    fn note_unused(&self) {
        let flags = &self.control_plane;
        let given = flags.insecure
            || flags.plaintext
            || flags.timeout != "30s"
            || flags.xds_port != 15012
            || [&flags.authority, &flags.cert_dir, &flags.xds_address, &flags.xds_label]
                .iter()
                .any(|flag| !flag.is_empty())
            || self.webhook_config != "istio-sidecar-injector";
        if given {
            log::info(
                "injection runs here: flags about the connection to a control plane or its webhook have no effect",
            );
        }
    }
}

fn joined(written: &[Written]) -> String {
    const SEPARATOR: &str = "---\n";
    let mut out = String::with_capacity(written.iter().map(|document| document.text.len() + SEPARATOR.len()).sum());
    for document in written {
        out.push_str(&document.text);
        out.push_str(SEPARATOR);
    }
    out
}

fn differences(written: &[Written], file: &str) -> String {
    let changed = written.iter().filter_map(|document| Some((document.before.as_ref()?, &document.text)));
    changed.map(|(before, after)| unified::unified(before, after, file, "injected", 3)).collect()
}

fn report(written: &[Written], strict: bool) -> std::io::Result<()> {
    let mut err = std::io::stderr().lock();
    let skipped: Vec<&String> = written.iter().flat_map(|document| &document.skipped).collect();
    if !skipped.is_empty() {
        writeln!(err)?;
    }
    for text in skipped {
        writeln!(err, "{text}")?;
    }
    drop(err);
    if !strict {
        written.iter().flat_map(|document| &document.notes).for_each(|note| log::warn(note));
    }
    Ok(())
}
