//! `bug-report`: everything that helps to find out what is wrong with a mesh, in one archive.

mod archive;
mod collect;
mod version;

use std::path::{Path, PathBuf};
use std::time::Instant;

use regex::Regex;
use serde_json::{Map, Value};

use self::archive::Archive;
use self::collect::{Asking, Gathered};
use super::values::{GoDuration, csv_values, parse_int};
use super::{Context, Exit, Failure, Outcome};
use crate::cli::version::BuildInfo;
use crate::cluster::{Cluster, Resource, Selection, Target, block_on};
use crate::inspect::bug_report::filter::glob;
use crate::inspect::bug_report::plan::{Left, questions};
use crate::inspect::bug_report::redact;
use crate::inspect::bug_report::settings::{Choice, NEVER, Window, read_file};
use crate::inspect::bug_report::workloads::{Container, Role, containers};
use crate::ui;

/// Questions at a time, unless the user says otherwise.
const AT_ONCE: usize = 32;

/// Collect what is needed to find out what is wrong with a mesh, in one archive without secrets
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = false, subcommand_negates_reqs = true)]
pub struct BugReport {
    /// Log lines that matter most, as shell patterns: they put their log at the head of the list
    #[arg(long, global = true)]
    critical_errs: Vec<String>,
    /// Folder to keep the collected files in, besides the archive
    #[arg(long, global = true, default_value = "")]
    dir: String,
    /// Show what would be collected and stop
    #[arg(long, global = true)]
    dry_run: bool,
    /// Log lines of the last so much time, such as 1h
    #[arg(long, global = true, default_value = "0s", hide_default_value = true)]
    duration: GoDuration,
    /// Log lines up to this time (RFC 3339)
    #[arg(long, global = true, default_value = "")]
    end_time: String,
    /// What to leave out, as with --include; repeatable. Namespaces of Kubernetes itself are always left out
    #[arg(long, global = true, default_value = NEVER, hide_default_value = true)]
    exclude: Vec<String>,
    /// File with these settings; a flag that is not at its default wins
    #[arg(long, short = 'f', global = true, default_value = "")]
    filename: String,
    /// Leave private keys, tokens, passwords and Secrets in, and take core dumps
    #[arg(long, global = true)]
    full_secrets: bool,
    /// Log lines that do not matter, as shell patterns
    #[arg(long, global = true)]
    ignore_errs: Vec<String>,
    /// What to collect: NAMESPACES/WORKLOADS/PODS/LABELS/ANNOTATIONS/CONTAINERS, each a list of shell patterns; repeatable
    #[arg(long, global = true)]
    include: Vec<String>,
    /// Namespace of the control plane; --istioNamespace does the same
    #[arg(long, global = true, default_value = "istio-system")]
    istio_namespace: String,
    /// Folder for the archive (default: the current one)
    #[arg(long, global = true, default_value = "")]
    output_dir: String,
    /// Port of the proxies' admin interface
    #[arg(long, global = true, default_value = "15000", value_parser = parse_int)]
    proxy_admin_port: i64,
    /// Questions to the cluster at a time (default 32)
    #[arg(long, global = true, default_value = "0", hide_default_value = true, value_parser = parse_int)]
    rq_concurrency: i64,
    /// Leave out the report of the analyzers
    #[arg(long, global = true)]
    skip_analyze: bool,
    /// Leave out the cluster's objects
    #[arg(long, global = true)]
    skip_cluster_dump: bool,
    /// Leave out core dumps
    #[arg(long, global = true)]
    skip_coredumps: bool,
    /// Leave out open connections
    #[arg(long, global = true)]
    skip_netstat: bool,
    /// Leave out the configuration of the proxies
    #[arg(long, global = true)]
    skip_proxy_debug: bool,
    /// Log lines from this time on (RFC 3339)
    #[arg(long, global = true, default_value = "")]
    start_time: String,
    /// So many of the last lines of each log (default: all)
    #[arg(long, global = true, default_value = "0", hide_default_value = true, value_parser = parse_int)]
    tail: i64,
    /// Time for the whole report; what is not collected by then is left out
    #[arg(long, global = true, default_value = "30m0s")]
    timeout: GoDuration,
    #[command(subcommand)]
    command: Option<Command>,
    #[arg(hide = true)]
    words: Vec<String>,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    Version(version::Version),
}

/// What flags and file come to.
struct Wish {
    choice: Choice,
    window: Window,
    istio_namespace: String,
    critical: Vec<Regex>,
    ignored: Vec<Regex>,
}

/// What is in the cluster and chosen.
struct Scene {
    containers: Vec<Container>,
    istiods: Vec<Value>,
}

impl BugReport {
    pub fn run(mut self, context: &Context) -> Outcome {
        if let Some(Command::Version(command)) = self.command {
            return command.run();
        }
        let mut target = context.target()?;
        self.take_file(&mut target)?;
        let wish = self.wish(context)?;
        let output = PathBuf::from(if self.output_dir.is_empty() { "." } else { &self.output_dir });
        if !self.dry_run && !output.is_dir() {
            return Err(Failure::new(format!("{}: there is no such folder for the archive", output.display())));
        }
        let started = Instant::now();
        let collected = block_on(self.collect(&target, &wish, &output, started))??;
        let Some((mut archive, mut told)) = collected else { return Ok(Exit::OK) };
        if !self.skip_analyze {
            match analysis(context, &target, &wish.istio_namespace) {
                Ok(text) => {
                    let clean = if self.full_secrets { text.into() } else { redact::text(&text) };
                    archive.add("analyze/allNamespaces/allNamespaces", clean.as_bytes())?;
                }
                Err(reason) => told.failed.push(("analyze/allNamespaces/allNamespaces".to_owned(), reason)),
            }
        }
        archive.add("logs-by-importance", told.importance().as_bytes())?;
        let log: String = told.failed.iter().map(|(path, reason)| format!("{path}: {reason}\n")).collect();
        archive.add("bug-report.log", redact::text(&log).as_bytes())?;
        let files = archive.files();
        let path = archive.finish()?;
        if !told.failed.is_empty() {
            ui::tell(format_args!(
                "Warning: {} items are missing; bug-report.log in the archive says why",
                told.failed.len()
            ));
        }
        ui::tell(format_args!("{files} files in {:.1?}", started.elapsed()));
        ui::print(&format!("{}\n", path.display()))?;
        Ok(Exit::OK)
    }

    /// Lays the flags over the file.
    fn take_file(&mut self, target: &mut Target) -> Result<(), Failure> {
        if self.filename.is_empty() {
            return Ok(());
        }
        let failed = |error: &dyn std::fmt::Display| Failure::new(format!("{}: {error}", self.filename));
        let text = std::fs::read_to_string(&self.filename).map_err(|error| failed(&error))?;
        let file = read_file(&text).map_err(|error| failed(&error))?;
        let text = |key: &str| file.get(key).and_then(Value::as_str).map(str::to_owned);
        let take = |flag: &mut String, default: &str, key: &str| {
            if *flag == default
                && let Some(value) = text(key)
            {
                *flag = value;
            }
        };
        take(&mut target.kubeconfig, "", "kubeConfigPath");
        take(&mut target.context, "", "context");
        take(&mut self.istio_namespace, "istio-system", "istioNamespace");
        take(&mut self.start_time, "", "startTime");
        take(&mut self.end_time, "", "endTime");
        let lists = [
            (&mut self.include, "include"),
            (&mut self.exclude, "exclude"),
            (&mut self.critical_errs, "criticalErrors"),
            (&mut self.ignore_errs, "ignoredErrors"),
        ];
        for (flag, key) in lists {
            if (flag.is_empty() || *flag == [NEVER])
                && let Some(values) = file.get(key).and_then(Value::as_array)
            {
                *flag = values.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            }
        }
        let switches = [
            (&mut self.dry_run, "dryRun"),
            (&mut self.full_secrets, "fullSecrets"),
            (&mut self.skip_cluster_dump, "skipClusterDump"),
            (&mut self.skip_analyze, "skipAnalyze"),
            (&mut self.skip_proxy_debug, "skipProxyDebug"),
            (&mut self.skip_netstat, "skipNetstat"),
            (&mut self.skip_coredumps, "skipCoredumps"),
        ];
        for (flag, key) in switches {
            *flag |= file.get(key).and_then(Value::as_bool).unwrap_or(false);
        }
        let numbers = [
            (&mut self.proxy_admin_port, 15000, "proxyAdminPort"),
            (&mut self.rq_concurrency, 0, "requestConcurrency"),
            (&mut self.tail, 0, "tailLines"),
        ];
        for (flag, default, key) in numbers {
            if *flag == default
                && let Some(value) = file.get(key).and_then(Value::as_i64)
            {
                *flag = value;
            }
        }
        let default = "30m".parse()?;
        take_duration(&mut self.timeout, default, &file, "commandTimeout")?;
        take_duration(&mut self.duration, GoDuration(0), &file, "since")
    }

    fn wish(&self, context: &Context) -> Result<Wish, Failure> {
        let istio_namespace = match self.istio_namespace.as_str() {
            "istio-system" => context.globals.istio_namespace.clone(),
            given => given.to_owned(),
        };
        let patterns = |texts: &[String]| -> Result<Vec<Regex>, Failure> {
            let words = csv_values(texts).map_err(Failure::usage)?;
            words.iter().map(|word| glob(word).map_err(Failure::from)).collect()
        };
        Ok(Wish {
            choice: Choice::new(&self.include, &self.exclude)?,
            window: Window::new(&self.start_time, &self.end_time, self.duration.0, jiff::Timestamp::now())?,
            istio_namespace,
            critical: patterns(&self.critical_errs)?,
            ignored: patterns(&self.ignore_errs)?,
        })
    }

    /// Everything but the analyzers' report; nothing in a dry run.
    async fn collect(
        &self,
        target: &Target,
        wish: &Wish,
        output: &Path,
        started: Instant,
    ) -> Result<Option<(Archive, Gathered)>, Failure> {
        let cluster = Cluster::connect(target).await?;
        let scene = look(&cluster, &wish.choice).await?;
        if self.dry_run {
            self.tell(target, &cluster, output, &scene)?;
            return Ok(None);
        }
        let folder = (!self.dir.is_empty()).then(|| PathBuf::from(&self.dir));
        let mut archive = Archive::create(output, folder.as_deref())
            .map_err(|error| Failure::new(format!("{}: {error}", output.join(archive::NAME).display())))?;
        let mut told = Gathered::default();
        let asking = Asking {
            cluster: &cluster,
            until: started + self.timeout.to_std(),
            at_once: usize::try_from(self.rq_concurrency).ok().filter(|number| *number > 0).unwrap_or(AT_ONCE),
            admin_port: u16::try_from(self.proxy_admin_port).ok().filter(|port| *port > 0).ok_or_else(|| {
                Failure::new(format!("port number {} must be in the range 1..65535", self.proxy_admin_port))
            })?,
            window: wish.window,
            tail: self.tail,
            show_secrets: self.full_secrets,
            critical: wish.critical.clone(),
            ignored: wish.ignored.clone(),
            pods: &scene.istiods,
        };
        archive.add("versions", versions(&scene).as_bytes())?;
        let place = format!("context: {}\nserver: {}\n", target.context, cluster.url());
        archive.add("cluster/cluster-context", place.as_bytes())?;
        match cluster.version().await {
            Ok(version) => archive.add("cluster/kubectl-version", format!("{}\n", version.git_version).as_bytes())?,
            Err(error) => told.failed.push(("cluster/kubectl-version".to_owned(), error.to_string())),
        }
        if !self.skip_cluster_dump {
            asking.objects(&wish.istio_namespace, &mut archive, &mut told).await?;
        }
        let left = Left {
            proxy_debug: self.skip_proxy_debug,
            netstat: self.skip_netstat,
            core_dumps: self.skip_coredumps,
            application_logs: !wish.choice.names_containers(),
        };
        asking.containers(&questions(&scene.containers, left), &mut archive, &mut told).await?;
        Ok(Some((archive, told)))
    }

    /// The result of a dry run.
    fn tell(&self, target: &Target, cluster: &Cluster, output: &Path, scene: &Scene) -> Result<(), Failure> {
        let context = if target.context.is_empty() { "(current)" } else { &target.context };
        let mut text = format!(
            "context: {context}\nserver:  {}\narchive: {} (dry run, not written)\n",
            cluster.url(),
            output.join(archive::NAME).display()
        );
        text.push_str(&format!("{} containers are selected:\n", scene.containers.len()));
        scene.containers.iter().for_each(|container| text.push_str(&format!("  {}\n", container.path())));
        ui::print(&text)?;
        Ok(())
    }
}

/// A duration in the file: Go's text, or nanoseconds.
fn take_duration(
    flag: &mut GoDuration,
    default: GoDuration,
    file: &Map<String, Value>,
    key: &str,
) -> Result<(), Failure> {
    if *flag == default {
        *flag = match file.get(key) {
            Some(Value::String(text)) => text.parse().map_err(|reason| Failure::new(format!("{key}: {reason}")))?,
            Some(Value::Number(number)) => GoDuration(number.as_i64().unwrap_or(default.0)),
            _ => *flag,
        };
    }
    Ok(())
}

/// Finds the chosen containers. Node agents of the CNI are always among them: whole nodes depend on them.
async fn look(cluster: &Cluster, choice: &Choice) -> Result<Scene, Failure> {
    let list = async |group: &str, kind: &str, metadata_only: bool| match Resource::known(group, kind) {
        Some(resource) => cluster.list(&resource, &Selection { metadata_only, ..Selection::default() }).await,
        None => Ok(Vec::new()),
    };
    let (pods, sets) = tokio::join!(list("", "Pod", false), list("apps", "ReplicaSet", true));
    let pods = pods?;
    // Who may not list ReplicaSets sees their names in place of the Deployments'.
    let mut found = containers(&pods, &sets.unwrap_or_default());
    found.retain(|container| container.role == Role::Cni || choice.takes(container));
    let istiods = pods.into_iter().filter(|pod| pod["metadata"]["labels"]["app"] == "istiod").collect();
    Ok(Scene { containers: found, istiods })
}

/// Versions of this program, and of the images of control planes and proxies.
fn versions(scene: &Scene) -> String {
    let mut lines: Vec<String> = scene
        .containers
        .iter()
        .filter(|container| container.role != Role::Application)
        .map(|container| format!("{:?}: {} ({})\n", container.role, container.image, container.path()))
        .collect();
    lines.sort();
    format!("client: {}\n{}", BuildInfo::of_client().dump(), lines.concat())
}

/// The analyzers' report on all namespaces, by this very program: it reads the cluster in a way of its own.
fn analysis(context: &Context, target: &Target, istio_namespace: &str) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = std::process::Command::new(program);
    command.args(["analyze", "--all-namespaces", "--output=log", "--color=false", "--timeout=5m"]);
    let globals = &context.globals;
    for (flag, value) in [
        ("--kubeconfig", &target.kubeconfig),
        ("--context", &target.context),
        ("--as", &globals.as_user),
        ("--as-uid", &globals.as_uid),
        ("--kubeclient-timeout", &globals.kubeclient_timeout),
    ] {
        if !value.is_empty() {
            command.arg(format!("{flag}={value}"));
        }
    }
    command.args(globals.as_group.iter().map(|group| format!("--as-group={group}")));
    command.arg(format!("--istioNamespace={istio_namespace}")).stdin(std::process::Stdio::null());
    let output = command.output().map_err(|error| error.to_string())?;
    let (found, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // Exit code 79 tells of findings, which is what is wanted.
    match output.status.code() {
        Some(0 | 79) => Ok(format!("{found}{said}")),
        _ => Err(said.trim().to_owned()),
    }
}
