//! `analyze`: the linter, over files, a live cluster, or files laid over a cluster.

mod files;
mod live;
mod summary;
mod watch;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use super::values::GoDuration;
use super::{Compat, Context, Exit, Failure, Outcome};
use crate::analysis::baseline::Baseline;
use crate::analysis::codes::Level;
use crate::analysis::config::Config;
use crate::analysis::finding::Finding;
use crate::analysis::input::{self, Source};
use crate::analysis::report::{FORMATS, Format, Report};
use crate::analysis::rules::{Rule, Set};
use crate::analysis::suppression::{self, Suppression};
use crate::analysis::view::View;
use crate::analysis::{self, Given, MeshConfig, Profile, Settings, Snapshot, builtin, fixes};
use crate::ui;
use crate::yaml;
use summary::Summary;

/// Check the configuration of the mesh: files, a cluster, or files as if they were applied to the cluster
#[derive(clap::Args, Debug)]
pub struct Analyze {
    /// List the rules and stop
    #[arg(long, short = 'L')]
    list_analyzers: bool,
    /// Take the live cluster as the base; false looks at the files alone
    #[arg(long, short = 'k', action = clap::ArgAction::Set)]
    use_kube: Option<bool>,
    /// Colour, even where the output is not a terminal
    #[arg(long, action = clap::ArgAction::Set)]
    color: Option<bool>,
    /// Tell which rules ran and which did not, and why
    #[arg(long, short = 'v')]
    verbose: bool,
    /// Level from which findings make the command fail: info, warning or error
    #[arg(long, default_value = "Error")]
    failure_threshold: String,
    /// Level from which findings are shown
    #[arg(long, default_value = "Info")]
    output_threshold: String,
    /// Form of the report: log, json, yaml, pretty, sarif, junit, github or markdown (default: pretty on a terminal, else log)
    #[arg(long, short = 'o')]
    output: Option<String>,
    /// File with the mesh configuration to judge by, in place of the default or the cluster's
    #[arg(long = "meshConfigFile", default_value = "")]
    mesh_config_file: String,
    /// File with the mesh networks to judge by
    #[arg(long = "meshNetworksFile", default_value = "")]
    mesh_networks_file: String,
    /// Findings of all namespaces
    #[arg(long, short = 'A')]
    all_namespaces: bool,
    /// Leave findings out: CODE=PATTERN, where the pattern is for `Kind namespace/name` and * stands for any text; repeatable
    #[arg(long, short = 'S')]
    suppress: Vec<String>,
    /// Time limit for reading the cluster
    #[arg(long, default_value = "30s")]
    timeout: GoDuration,
    /// Directories are always read with everything in them; kept for old scripts
    #[arg(long, short = 'R', hide = true)]
    recursive: bool,
    /// Do not fail because of files that cannot be read
    #[arg(long)]
    ignore_unknown: bool,
    /// Revision whose objects are read from the cluster
    #[arg(long, short = 'r', default_value = "default")]
    revision: String,
    /// Contexts of other clusters of the mesh; repeatable
    #[arg(long)]
    remote_contexts: Vec<String>,
    /// Run this rule alone; repeatable
    #[arg(long)]
    analyzer: Vec<String>,
    /// The input is the whole mesh: what is not in it does not exist
    #[arg(long)]
    complete: bool,
    /// Mend what can be mended without a doubt, in the files
    #[arg(long)]
    fix: bool,
    /// With --fix or --diff, make guesses too
    #[arg(long)]
    guess: bool,
    /// Show what --fix would change
    #[arg(long)]
    diff: bool,
    /// File of known findings, which do not count
    #[arg(long)]
    baseline: Option<PathBuf>,
    /// Write the findings of this run to the --baseline file
    #[arg(long)]
    update_baseline: bool,
    /// Configuration file (default: bowline.yaml in the current folder, if there is one)
    #[arg(long)]
    config: Option<PathBuf>,
    /// Judge deprecated fields for this release of Istio, such as 1.31
    #[arg(long)]
    target_version: Option<String>,
    /// Run again whenever a file changes, until interrupted
    #[arg(long)]
    watch: bool,
    /// Files, directories, or - for standard input
    #[arg(value_name = "FILE")]
    paths: Vec<String>,
}

/// What the flags come to.
struct Plan {
    profile: Profile,
    strict: bool,
    format: Format,
    failure: Level,
    output: Level,
    live: bool,
    color: bool,
    rules: Vec<&'static Rule>,
    suppressions: Vec<Suppression>,
    config: Config,
    settings: Settings,
    /// Namespace whose findings are kept; `None` for all.
    shown: Option<String>,
    today: String,
    notes: Vec<String>,
}

impl Plan {
    /// Takes over what a cluster said, and gives its sources.
    fn take(&mut self, live: live::Live, context: &Context, everywhere: bool) -> Vec<Source> {
        self.settings.listed = live.listed;
        if context.globals.namespace.is_empty() && !(everywhere && self.profile == Profile::Reference) {
            self.settings.default_namespace.clone_from(&live.namespace);
        }
        if let Some(shown) = self.shown.as_mut().filter(|_| context.globals.namespace.is_empty()) {
            *shown = live.namespace;
        }
        let lacking = |rule: &&Rule| rule.inputs.iter().find(|kind| live.refused.contains_key(kind)).copied();
        for (kind, reason) in &live.refused {
            self.notes.push(format!("{} not read: {reason}", kind.name()));
        }
        let skipped: Vec<&str> =
            self.rules.iter().filter(|rule| lacking(rule).is_some()).map(|rule| rule.name).collect();
        if !skipped.is_empty() {
            self.notes.push(format!("rules skipped for want of what could not be read: {}", skipped.join(", ")));
        }
        self.rules.retain(|rule| lacking(rule).is_none());
        self.notes.extend(live.notes);
        live.sources
    }
}

impl Analyze {
    pub fn run(self, context: &Context) -> Outcome {
        let strict = context.compat == Compat::Strict;
        let flags = [("failure-threshold", &self.failure_threshold), ("output-threshold", &self.output_threshold)];
        for (flag, written) in flags {
            level(flag, written)?;
        }
        let format = self.format(strict, context)?;
        if self.list_analyzers {
            ui::print(&list_rules(context.compat))?;
            return Ok(Exit::OK);
        }
        if self.recursive && strict {
            ui::print("The flag -R is no longer needed: directories are always read with everything in them\n")?;
            return Ok(Exit::OK);
        }
        if self.watch {
            return watch::run(&self.paths, || self.once(context, format));
        }
        self.once(context, format)
    }

    fn once(&self, context: &Context, format: Format) -> Outcome {
        let strict = context.compat == Compat::Strict;
        let config = self.configuration(strict)?;
        let (mut sources, skipped) = files::collect(&self.paths, strict, |path| config.excludes(path))?;
        for line in &skipped {
            ui::tell(line);
        }
        let mut plan = self.plan(context, format, config)?;
        let named = files::names(&self.paths, &sources);
        let (mut mesh_config, mut mesh_networks) = (String::new(), String::new());
        if plan.live {
            match live::read(context, &self.request(&plan, context)?) {
                Ok(live) => {
                    (mesh_config, mesh_networks) = (live.mesh_config.clone(), live.mesh_networks.clone());
                    sources.extend(plan.take(live, context, self.all_namespaces));
                }
                Err(live::Trouble::Failed(failure)) => return Err(failure),
                Err(live::Trouble::NoNamespace(name)) if strict => {
                    ui::tell(format_args!("namespace \"{name}\" not found"));
                    return Ok(Exit::OK);
                }
                Err(live::Trouble::NoNamespace(name)) => {
                    return Err(Failure::new(format!("namespace \"{name}\" not found")));
                }
            }
        }
        if !self.mesh_config_file.is_empty() {
            mesh_config = self.side_file(&self.mesh_config_file, &plan)?.unwrap_or(mesh_config);
        }
        if !self.mesh_networks_file.is_empty() {
            mesh_networks = self.side_file(&self.mesh_networks_file, &plan)?.unwrap_or(mesh_networks);
        }
        let (mesh_config, mesh_networks) = (yaml::parse_document(&mesh_config)?, yaml::parse_document(&mesh_networks)?);
        let mesh = MeshConfig::new(View::new(mesh_config.root()), "");
        let ingress = (!plan.live && !mesh.ingress_controller_off()).then(|| mesh.ingress_service());
        sources.extend(builtin::sources(&plan.settings, ingress));
        self.judge(&plan, &sources, &named, mesh.written(), View::new(mesh_networks.root()))
    }

    /// What is to be read from the cluster.
    fn request<'r>(&'r self, plan: &Plan, context: &'r Context) -> Result<live::Request<'r>, Failure> {
        Ok(live::Request {
            kinds: analysis::kinds(&plan.rules, plan.profile),
            revision: &self.revision,
            remote_contexts: &self.remote_contexts,
            istio_namespace: &context.globals.istio_namespace,
            namespace: Some(context.globals.namespace.as_str()).filter(|name| !name.is_empty()),
            deadline: self.timeout.to_std(),
            discover_remotes: true,
        })
    }

    /// The form of the report; the reference knows three.
    fn format(&self, strict: bool, context: &Context) -> Result<Format, Failure> {
        let Some(written) = &self.output else {
            let terminal = std::io::stdout().is_terminal() && context.compat == Compat::Off;
            return Ok(if terminal { Format::Pretty } else { Format::Log });
        };
        let known = if strict { &FORMATS[..3] } else { FORMATS };
        let lower = written.to_lowercase();
        known.iter().find(|(name, _)| *name == lower).map(|(_, format)| *format).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            Failure::usage(format!("{written} is not a format of analyze, use one of {}", names.join(", ")))
        })
    }

    fn configuration(&self, strict: bool) -> Result<Config, Failure> {
        let default = PathBuf::from("bowline.yaml");
        let path = match &self.config {
            Some(path) => path,
            None if !strict && default.is_file() => &default,
            None => return Ok(Config::default()),
        };
        let text =
            std::fs::read_to_string(path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        Config::read(&text).map_err(|error| Failure::new(format!("{}: {error}", path.display())).with_exit(Exit::USAGE))
    }

    fn plan(&self, context: &Context, format: Format, config: Config) -> Result<Plan, Failure> {
        let strict = context.compat == Compat::Strict;
        let profile = if context.compat == Compat::Off { Profile::Ours } else { Profile::Reference };
        let threshold = |flag: &str, written: &str, default: &str, configured: &Option<String>| {
            level(flag, if written == default { configured.as_deref().unwrap_or(written) } else { written })
        };
        let failure = threshold("failure-threshold", &self.failure_threshold, "Error", &config.failure_threshold)?;
        let output = threshold("output-threshold", &self.output_threshold, "Info", &config.output_threshold)?;
        // Who has no cluster and gives files means the files.
        let alone = profile == Profile::Ours
            && self.use_kube.is_none()
            && !self.paths.is_empty()
            && !files::has_cluster(&context.globals.kubeconfig);
        let live = self.use_kube.unwrap_or(!alone);
        let given = context.globals.namespace.clone();
        let now = jiff::Timestamp::now();
        let today = now.strftime("%Y-%m-%d").to_string();
        let default_namespace = match (self.all_namespaces, given.is_empty()) {
            (true, _) if profile == Profile::Reference => String::new(),
            (_, false) => given.clone(),
            _ => "default".to_string(),
        };
        // Over files alone everything is shown, unless one namespace is asked for: hiding findings of other namespaces helps nobody.
        let everything = self.all_namespaces || (profile == Profile::Ours && !live && given.is_empty());
        let (mut suppressions, notes) = Suppression::configured(&config, &today);
        for text in &self.suppress {
            let suppression = Suppression::parse(text).map_err(|text| {
                Failure::new(format!(
                    "{text} is not a suppression, write CODE=PATTERN, such as IST0101=VirtualService shop/*"
                ))
            })?;
            if let Some(code) = suppression.unknown_code(profile == Profile::Reference) {
                ui::tell(format_args!("Warning: there is no code {code}, suppressing it has no effect"));
            }
            suppressions.push(suppression);
        }
        let target = self.target_version.as_ref().or(config.target_version.as_ref());
        let settings = Settings {
            profile,
            default_namespace: default_namespace.clone(),
            istio_namespace: context.globals.istio_namespace.clone(),
            runtime_kinds_from_files: !strict,
            complete: self.complete || config.complete.unwrap_or(false),
            now: now.as_second(),
            listed: Vec::new(),
            target_version: target.map(|text| release(text)).transpose()?,
        };
        let color = self.color.unwrap_or_else(ui::colour);
        if !self.analyzer.is_empty()
            && profile == Profile::Ours
            && let Some(unknown) = self.analyzer.iter().find(|name| Rule::find(name).is_none())
        {
            return Err(Failure::usage(format!("there is no analyzer {unknown}"))
                .hint("list them with analyze --list-analyzers"));
        }
        // istioctl runs what it has registered, whatever else it may have.
        let registered = |name: &&String| !strict || Rule::find(name).is_some_and(|rule| rule.set == Set::Reference);
        let named: Vec<String> = self.analyzer.iter().filter(registered).cloned().collect();
        Ok(Plan {
            profile,
            strict,
            format,
            failure,
            output,
            live,
            color,
            rules: analysis::chosen(&named, profile),
            suppressions,
            config,
            settings,
            shown: (!everything).then_some(default_namespace),
            today,
            notes,
        })
    }

    fn judge(
        &self,
        plan: &Plan,
        sources: &[Source],
        named: &[String],
        mesh_config: View<'_>,
        mesh_networks: View<'_>,
    ) -> Outcome {
        let chunks = input::parse(sources, plan.profile == Profile::Reference);
        let given = Given { sources, chunks: &chunks, settings: &plan.settings, mesh_config, mesh_networks };
        let snapshot = Snapshot::build(given, &plan.rules);
        let (runnable, skipped): (Vec<&Rule>, Vec<&Rule>) =
            plan.rules.iter().copied().partition(|rule| !analysis::is_skipped(rule, &plan.settings, plan.live));
        let mut outcome = analysis::run(&snapshot, &runnable);
        let mut summary = Summary::new(plan, self.verbose, &snapshot, named, &runnable, &skipped);
        let namespace = |finding: &Finding| {
            finding.resource.and_then(|id| snapshot.resource(id)).map(|r| home(&r)).unwrap_or_default()
        };
        summary.configured = plan.config.adjust(&mut outcome.findings, namespace);
        let tally = suppression::apply(&snapshot, &mut outcome.findings, &plan.suppressions, &plan.today);
        summary.suppressed = tally.suppressed;
        summary.notes.extend(plan.notes.iter().cloned().chain(tally.notes));
        if let Some(shown) = &plan.shown {
            let before = outcome.findings.len();
            outcome.findings.retain(|finding| {
                let home = namespace(finding);
                home.is_empty() || home == *shown
            });
            summary.hidden = before - outcome.findings.len();
        }
        self.subtract_baseline(&snapshot, &mut outcome.findings, &mut summary)?;
        summary.unverified = std::mem::take(&mut outcome.unverified);
        if self.fix || self.diff {
            return self.mend(plan, &snapshot, &outcome.findings);
        }
        self.report(plan, &snapshot, &outcome.findings, &summary)
    }

    fn subtract_baseline(
        &self,
        snapshot: &Snapshot<'_>,
        findings: &mut Vec<Finding>,
        summary: &mut Summary<'_>,
    ) -> Result<(), Failure> {
        let Some(path) = &self.baseline else { return Ok(()) };
        let failed = |error: &dyn std::fmt::Display| Failure::new(format!("{}: {error}", path.display()));
        if self.update_baseline {
            std::fs::write(path, Baseline::write(snapshot, findings)).map_err(|error| failed(&error))?;
            summary.notes.push(format!("wrote {} findings to {}", findings.len(), path.display()));
        }
        let text =
            std::fs::read_to_string(path).map_err(|error| failed(&error).hint("make one with --update-baseline"))?;
        let baseline = Baseline::read(&text).map_err(|error| failed(&error))?;
        let (known, gone) = baseline.subtract(snapshot, findings);
        summary.known = known;
        if gone > 0 {
            summary
                .notes
                .push(format!("{gone} findings of the baseline are gone; write it anew with --update-baseline"));
        }
        Ok(())
    }

    fn report(&self, plan: &Plan, snapshot: &Snapshot<'_>, findings: &[Finding], summary: &Summary<'_>) -> Outcome {
        let unreadable = snapshot.problems.iter().any(|problem| problem.class.is_error());
        summary.before_report()?;
        let visible: Vec<&Finding> = findings.iter().filter(|finding| finding.level >= plan.output).collect();
        let report = Report { snapshot, findings: &visible, color: plan.color };
        ui::print(&report.render(plan.format))?;
        summary.after_report(&visible)?;
        // istioctl ends well whatever it found, unless the report is a log.
        if plan.strict && plan.format != Format::Log {
            return Ok(Exit::OK);
        }
        if findings.iter().any(|finding| finding.level >= plan.failure) {
            return Err(summary.found());
        }
        if unreadable && !self.ignore_unknown {
            return Err(Failure::new("Some of the input could not be read").with_exit(Exit::UNREADABLE));
        }
        Ok(Exit::OK)
    }

    /// `--fix` and `--diff`.
    fn mend(&self, plan: &Plan, snapshot: &Snapshot<'_>, findings: &[Finding]) -> Outcome {
        let (texts, mended) = fixes::apply(snapshot.sources(), findings.iter(), self.guess);
        let mut stderr = std::io::stderr().lock();
        for (number, text) in &texts {
            let Some(source) = snapshot.sources().get(*number as usize) else { continue };
            if self.diff {
                let diff = similar::TextDiff::from_lines(source.text.as_str(), text.as_str());
                let name = source.name.as_str();
                ui::print(
                    &diff
                        .unified_diff()
                        .context_radius(3)
                        .header(&format!("a/{name}"), &format!("b/{name}"))
                        .to_string(),
                )?;
            } else if source.name == "-" {
                ui::print(text)?;
            } else {
                files::replace(&source.name, text)?;
                writeln!(stderr, "mended {}", source.name)?;
            }
        }
        let left = findings.iter().filter(|finding| finding.level >= plan.failure).count();
        let done = if self.diff { "can be mended" } else { "mended" };
        writeln!(stderr, "{mended} of {} findings {done}", findings.len())?;
        if self.diff && mended > 0 {
            return Err(Failure::silent(Exit::FINDINGS));
        }
        if left > mended { Err(Failure::silent(Exit::FINDINGS)) } else { Ok(Exit::OK) }
    }

    /// A mesh configuration file. istioctl goes on with the default when it cannot be read.
    fn side_file(&self, path: &str, plan: &Plan) -> Result<Option<String>, Failure> {
        let read = std::fs::read_to_string(path).map_err(|error| error.to_string());
        let read = read.and_then(|text| {
            crate::yaml::from_str(&text).map(|value| (text, value)).map_err(|error| error.to_string())
        });
        match read {
            Ok((_, value)) if plan.strict && !crate::validation::mesh::is_accepted(&value) => Ok(None),
            Ok((text, _)) => Ok(Some(text)),
            Err(_) if plan.strict => Ok(None),
            Err(error) => Err(Failure::new(format!("{path}: {error}"))),
        }
    }
}

/// The level that a threshold flag names.
fn level(flag: &str, text: &str) -> Result<Level, Failure> {
    Level::parse(text).ok_or_else(|| {
        Failure::usage(format!("invalid argument \"{text}\" for \"--{flag}\" flag: expected info, warning or error"))
    })
}

/// The namespace that decides whether a finding is shown; a Namespace is in itself.
fn home(resource: &analysis::snapshot::Resource<'_>) -> String {
    let name = if resource.kind == analysis::kind::Kind::Namespace { resource.name } else { resource.namespace };
    name.to_string()
}

fn release(text: &str) -> Result<(u32, u32), Failure> {
    let (major, rest) = text.split_once('.').unwrap_or((text, ""));
    let minor = rest.split('.').next().unwrap_or("");
    match (major.parse(), minor.parse()) {
        (Ok(major), Ok(minor)) => Ok((major, minor)),
        _ => Err(Failure::usage(format!("--target-version {text}: expected a release such as 1.31"))),
    }
}

/// `--list-analyzers`.
fn list_rules(compat: Compat) -> String {
    let profile = if compat == Compat::Off { Profile::Ours } else { Profile::Reference };
    let mut rules = analysis::chosen(&[], profile);
    rules.sort_by_key(|rule| rule.name);
    rules.iter().map(|rule| format!("* {}:\n    {}\n", rule.name, rule.description)).collect()
}
