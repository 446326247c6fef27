//! Where a command's dumps come from, and how what is in them is printed.

use std::collections::BTreeSet;
use std::io::{BufWriter, Read as _, Write};
use std::ops::Deref;
use std::time::Duration;

use futures_util::future::join_all;
use http::Method;

use crate::cli::output::Format;
use crate::cli::values::parse_int;
use crate::cli::{Compat, Context, Exit, Failure};
use crate::cluster::{AdminError, Cluster, PodName, Target, block_on};
use crate::envoy::canonical::{Canonical, Resources};
use crate::envoy::text;
use crate::envoy::value::Value;
use crate::inspect::pattern::Pattern;
use crate::ui::log;
use crate::ui::tabwriter::TabWriter;

/// The pods or the file of a command.
#[derive(clap::Args, Debug)]
pub struct Source {
    /// Pods or workloads: `[TYPE/]NAME[.NAMESPACE]`; several get a column POD
    #[arg(value_name = "POD")]
    pub words: Vec<String>,
    /// All pods with these labels instead
    #[arg(long, default_value = "")]
    pub pod_selector: String,
    /// All pods of the workload instead of the first
    #[arg(long)]
    pub all_pods: bool,
    /// Read a saved answer of the admin interface instead; `-` is standard input
    #[arg(long, short = 'f', default_value = "")]
    pub file: String,
    /// Port of Envoy's admin interface
    #[arg(long, default_value = "15000", value_parser = parse_int)]
    pub proxy_admin_port: i64,
    /// Look for the pods in these clusters, named by their contexts; several get a column CLUSTER
    #[arg(long, value_delimiter = ',')]
    pub contexts: Vec<String>,
    /// Show again whenever it has changed, until interrupted
    #[arg(long)]
    pub watch: bool,
}

/// The text of a dump.
pub enum Text {
    Mapped(memmap2::Mmap),
    Owned(Vec<u8>),
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Text::Mapped(map) => map,
            Text::Owned(bytes) => bytes,
        }
    }
}

/// A dump and the pod it is from; a file's has no name.
pub struct Part {
    /// The context of the pod's cluster, where several were asked.
    pub cluster: String,
    pub pod: String,
    pub text: Text,
}

impl Part {
    /// What the part is called among others: `POD` or `CLUSTER/POD`.
    pub fn label(&self) -> String {
        if self.cluster.is_empty() { self.pod.clone() } else { format!("{}/{}", self.cluster, self.pod) }
    }

    /// Names the pod that something is wrong with.
    fn named(&self, failure: Failure) -> Failure {
        failure.hint(format!("this is what {} answered", self.label()))
    }
}

/// How long `--watch` waits before it looks again.
pub const WATCH_INTERVAL: Duration = Duration::from_secs(2);

impl Source {
    /// Checks that there are either pods or a file, and that the port exists. `command` is what the complaint calls it.
    pub fn check(&self, context: &Context, command: &str) -> Result<(), Failure> {
        check_port(self.proxy_admin_port)?;
        let most = if context.compat == Compat::Strict { 1 } else { usize::MAX };
        let pods = !self.words.is_empty() || !self.pod_selector.is_empty();
        if pods == self.file.is_empty() && self.words.len() <= most {
            return Ok(());
        }
        let given = match (pods, self.file.is_empty()) {
            (false, _) => "neither was given",
            (_, false) => "both were given",
            _ => "give one pod only",
        };
        Err(Failure::new(format!("{command} requires pod name or --file parameter")).hint(given))
    }

    /// Prints what `view` writes of the dumps, with `--watch` again and again.
    pub fn show(
        &self,
        context: &Context,
        path: &str,
        view: impl Fn(&[Part], &mut dyn Write) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let view = |dumps: &[Part], out: &mut dyn Write| view(dumps, out).map_err(|failure| self.of_file(failure));
        if !self.watch {
            let (dumps, silent) = self.fetch(context, path)?;
            let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
            let result = if dumps.is_empty() { Ok(()) } else { view(&dumps, &mut out) };
            out.flush()?;
            return result.and_then(|()| told(silent));
        }
        let mut last = Vec::new();
        loop {
            let mut shown = Vec::new();
            // A pod that restarts comes back: what fails for a while only is told, not the end.
            let fetched = self.fetch(context, path);
            match fetched
                .and_then(|(dumps, silent)| if dumps.is_empty() { told(silent) } else { view(&dumps, &mut shown) })
            {
                Ok(()) if shown != last => {
                    let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
                    crate::ui::print(&format!("{time}\n{}\n", String::from_utf8_lossy(&shown)))?;
                    last = shown;
                }
                Ok(()) => {}
                Err(failure) if last.is_empty() => return Err(failure),
                Err(failure) => log::warn(&failure.message),
            }
            std::thread::sleep(WATCH_INTERVAL);
        }
    }

    /// Names the file that something is wrong with.
    fn of_file(&self, failure: Failure) -> Failure {
        match self.file.as_str() {
            _ if failure.exit == Exit::OK => failure,
            "" => failure,
            "-" => failure.hint("this was read from standard input"),
            file => failure.hint(format!("this was read from {file}")),
        }
    }

    /// Fetches the dumps, those of several pods at once: `path` is what to ask their admin interfaces for. Of several
    /// pods and clusters those that do not answer hide none of the others.
    fn fetch(&self, context: &Context, path: &str) -> Result<(Vec<Part>, Vec<Failure>), Failure> {
        if !self.file.is_empty() {
            let part = Part { cluster: String::new(), pod: String::new(), text: read(&self.file)? };
            return Ok((vec![part], Vec::new()));
        }
        let port = check_port(self.proxy_admin_port)?;
        let target = context.target()?;
        let targets: Vec<Target> = match self.contexts.as_slice() {
            [] => vec![target],
            names => names.iter().map(|name| Target { context: name.clone(), ..target.clone() }).collect(),
        };
        block_on(async {
            let several = targets.len() > 1;
            let clusters = targets.iter().map(|target| async move {
                let named = |failure: Failure| {
                    let message = format!("context {}: {}", target.context, failure.message);
                    if several { Failure { message, ..failure } } else { failure }
                };
                match self.of_cluster(target, port, path, several).await {
                    Ok(answers) => answers.into_iter().map(|answer| answer.map_err(named)).collect(),
                    Err(failure) => vec![Err(named(failure))],
                }
            });
            Ok(parted(join_all(clusters).await.into_iter().flatten()))
        })?
    }

    /// What each pod of a cluster answered.
    async fn of_cluster(
        &self,
        target: &Target,
        port: u16,
        path: &str,
        named: bool,
    ) -> Result<Vec<Result<Part, Failure>>, Failure> {
        let cluster = Cluster::connect(target).await?;
        let pods = self.pods(&cluster).await?;
        let name = if named { target.context.as_str() } else { "" };
        let dumps = pods.iter().map(|pod| async {
            let body = ask(&cluster, pod, port, path).await?;
            Ok(Part { cluster: name.to_owned(), pod: pod.to_string(), text: Text::Owned(body) })
        });
        Ok(join_all(dumps).await)
    }

    async fn pods(&self, cluster: &Cluster) -> Result<Vec<PodName>, Failure> {
        let mut pods = Vec::new();
        for word in &self.words {
            let found = cluster.pods_by_word(word).await?;
            let wanted = if self.all_pods { found.len() } else { 1 };
            pods.extend(found.into_iter().take(wanted));
        }
        if !self.pod_selector.is_empty() {
            let found = cluster.pods_by_selector(cluster.namespace(), &self.pod_selector).await?;
            if found.is_empty() {
                let (labels, namespace) = (&self.pod_selector, cluster.namespace());
                return Err(Failure::new(format!("no pods match {labels:?} in namespace {namespace:?}")));
            }
            pods.extend(found.iter().map(PodName::of));
        }
        Ok(pods)
    }
}

/// What answered, and why the rest did not.
pub fn parted<T, E>(answers: impl IntoIterator<Item = Result<T, E>>) -> (Vec<T>, Vec<E>) {
    let (mut parts, mut silent) = (Vec::new(), Vec::new());
    for answer in answers {
        match answer {
            Ok(part) => parts.push(part),
            Err(reason) => silent.push(reason),
        }
    }
    (parts, silent)
}

/// One failure that tells all of them.
fn told(mut silent: Vec<Failure>) -> Result<(), Failure> {
    let Some(mut last) = silent.pop() else { return Ok(()) };
    for failure in silent.into_iter().rev() {
        last.message = format!("{}\n{}", failure.message, last.message);
        let hints: Vec<String> = failure.hints.into_iter().filter(|hint| !last.hints.contains(hint)).collect();
        last.hints.splice(0..0, hints);
    }
    Err(last)
}

/// Asks the admin interface of a pod.
pub async fn ask(cluster: &Cluster, pod: &PodName, port: u16, path: &str) -> Result<Vec<u8>, Failure> {
    cluster.admin(Method::GET, pod, port, path).await.map_err(|error| silent(pod, error))
}

/// Why the proxy of a pod did not answer: the cluster, the pod, or the proxy itself.
pub fn silent(pod: &PodName, error: AdminError) -> Failure {
    match error {
        AdminError::Pod { error, .. } if error.is_not_found() => {
            Failure::new(format!("there is no pod {:?} in namespace {:?}", pod.name, pod.namespace))
                .hint("NAME.NAMESPACE or --namespace names another namespace; TYPE/NAME is a workload")
        }
        AdminError::Pod { error, .. } => error.into(),
        AdminError::NoProxy { .. } => Failure::new(format!("{pod} has no proxy: {error}"))
            .hint(format!("`experimental check-inject {pod}` tells whether it would get one")),
        error => Failure::new(format!("the proxy of {pod} does not answer: {error}")),
    }
}

/// Asks the admin interface of the pod that a word means.
pub fn ask_word(context: &Context, word: &str, port: u16, path: &str) -> Result<Vec<u8>, Failure> {
    let target = context.target()?;
    block_on(async {
        let cluster = Cluster::connect(&target).await?;
        let pod = cluster.pod_by_word(word).await?;
        ask(&cluster, &pod, port, path).await
    })?
}

/// Checks a port that was given as a flag.
pub fn check_port(port: i64) -> Result<u16, Failure> {
    u16::try_from(port)
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(|| Failure::new(format!("port number {port} must be in the range 1..65535")))
}

/// Reads what a filter looks for; `flag` is its name, for the complaint about a regular expression, which the reference
/// does not have.
pub fn pattern(compat: Compat, flag: &str, text: &str) -> Result<Pattern, Failure> {
    if compat != Compat::Off {
        return Ok(Pattern::plain(text));
    }
    Pattern::parse(text).map_err(|error| {
        // The library draws a picture of several lines; what is wrong stands in the last.
        let error = error.to_string();
        let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
        Failure::new(format!("--{flag} {text} is no regular expression: {reason}"))
    })
}

/// The text of a file; `-` is standard input.
pub fn read(path: &str) -> Result<Text, Failure> {
    let text = bytes(path)?;
    if text.starts_with(&GZIP) {
        return Err(Failure::new(format!("{path} is compressed")).hint(format!("gunzip -c {path} | … --file -")));
    }
    Ok(text)
}

/// What a file starts with that `gzip` made.
const GZIP: [u8; 2] = [0x1f, 0x8b];

fn bytes(path: &str) -> Result<Text, Failure> {
    if path == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(Text::Owned(bytes));
    }
    let fail = |error: std::io::Error| Failure::new(format!("open {path}: {}", reason(&error)));
    let file = std::fs::File::open(path).map_err(fail)?;
    let about = file.metadata().map_err(fail)?;
    if about.is_file() && about.len() > 0 {
        return map(&file).map(Text::Mapped).map_err(fail);
    }
    let mut bytes = Vec::new();
    { file }.read_to_end(&mut bytes).map_err(fail)?;
    Ok(Text::Owned(bytes))
}

/// Maps a file into memory, so that a dump of a hundred megabytes is not copied before a byte of it is looked at.
#[allow(unsafe_code)]
fn map(file: &std::fs::File) -> std::io::Result<memmap2::Mmap> {
    // SAFETY: the map is read-only and private to this process. If another program shortens the file meanwhile, the
    // kernel ends this program; it never sees memory that is not its own.
    unsafe { memmap2::Mmap::map(file) }
}

/// The reason of an error as the system words it in lower case, without Rust's number.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// The table of each dump; several stand in one table with a first column POD, before it CLUSTER if there are several.
pub fn tables(
    parts: &[Part],
    out: &mut dyn Write,
    view: impl Fn(&[u8]) -> Result<TabWriter, Failure>,
) -> Result<(), Failure> {
    if let [only] = parts {
        return Ok(view(&only.text)?.write_to(out)?);
    }
    let several = parts.iter().any(|part| !part.cluster.is_empty());
    let mut tables = Vec::new();
    for part in parts {
        let label = if several { format!("{}\t{}", part.cluster, part.pod) } else { part.pod.clone() };
        tables.push((label, view(&part.text).map_err(|failure| part.named(failure))?));
    }
    let heading = if several { "CLUSTER\tPOD" } else { "POD" };
    match TabWriter::joined(heading, tables) {
        Some(table) => Ok(table.write_to(out)?),
        None => Ok(()),
    }
}

/// The resources of each dump as JSON or YAML: a list; of several pods an object of lists.
pub fn lists<'p>(
    parts: &'p [Part],
    format: Format,
    out: &mut dyn Write,
    view: impl Fn(&'p [u8]) -> Result<Resources<'p>, Failure>,
) -> Result<(), Failure> {
    if let [only] = parts {
        return list(&view(&only.text)?, format, out);
    }
    let mut entries = Vec::new();
    for part in parts {
        let read = view(&part.text).and_then(|resources| Ok(resources.read()?));
        let canonical = read.map_err(|failure| part.named(failure))?;
        note_unknown(&canonical.unknown);
        entries.push((part.label().into(), Value::List(canonical.values)));
    }
    let value = Value::Object(entries);
    match format {
        Format::Yaml => Ok(out.write_all(yaml(&value).as_bytes())?),
        _ => Ok(writeln!(out, "{}", text::plain(&value))?),
    }
}

/// The resources of one dump. All are read before the first is written, as half a list is none.
fn list(resources: &Resources, format: Format, out: &mut dyn Write) -> Result<(), Failure> {
    note_unknown(&resources.check()?);
    if resources.is_empty() {
        let end = if format == Format::Yaml { "\n\n" } else { "\n" };
        return Ok(write!(out, "[]{end}")?);
    }
    if format == Format::Yaml {
        let item = |value: Value| crate::yaml::to_string(&serde_json::Value::Array(vec![value.to_tree()]));
        resources.print(item, |text| Ok::<_, Failure>(out.write_all(text.as_bytes())?))?;
        return Ok(writeln!(out)?);
    }
    let mut before = "[";
    resources.print(
        |value| text::item(&value),
        |text| Ok::<_, Failure>(write!(out, "{}{text}", std::mem::replace(&mut before, ","))?),
    )?;
    Ok(out.write_all(b"\n]\n")?)
}

/// The one message of each dump as JSON (with the white space of the reference) or YAML; of several pods an object.
pub fn singles<'p>(
    parts: &'p [Part],
    format: Format,
    out: &mut dyn Write,
    view: impl Fn(&'p [u8]) -> Result<Canonical<'p>, Failure>,
) -> Result<(), Failure> {
    let one = |part: &'p Part| {
        let canonical = view(&part.text)?;
        note_unknown(&canonical.unknown);
        Ok::<_, Failure>(canonical.values.into_iter().next().unwrap_or(Value::Null))
    };
    let value = match parts {
        [only] => one(only)?,
        several => {
            let entry = |part: &'p Part| Ok((part.label().into(), one(part).map_err(|failure| part.named(failure))?));
            let entries: Result<Vec<_>, Failure> = several.iter().map(entry).collect();
            Value::Object(entries?)
        }
    };
    match format {
        Format::Yaml => Ok(out.write_all(yaml(&value).as_bytes())?),
        _ => Ok(writeln!(out, "{}", text::single(&value))?),
    }
}

/// YAML, and the empty line that the reference ends it with.
pub fn yaml(value: &Value) -> String {
    format!("{}\n", crate::yaml::to_string(&value.to_tree()))
}

/// Says that filters left nothing of what there is: an empty table looks as if there were none.
pub fn note_none(shown: usize, all: usize, kind: &str) {
    if shown == 0 && all > 0 {
        log::warn(&format!("none of {all} {kind} matches; without filters all are shown"));
    }
}

/// Says what is wrong with resources that are shown, or not shown.
pub fn note_troubles(troubles: &[String]) {
    const SHOWN: usize = 10;
    troubles.iter().take(SHOWN).for_each(|trouble| log::warn(trouble));
    if troubles.len() > SHOWN {
        log::warn(&format!("and {} more", troubles.len() - SHOWN));
    }
}

/// Says what the output leaves out because this program does not know it.
pub fn note_unknown(unknown: &BTreeSet<String>) {
    const SHOWN: usize = 10;
    for name in unknown.iter().take(SHOWN) {
        log::warn(&format!("left out what this program does not know: {name}"));
    }
    if unknown.len() > SHOWN {
        log::warn(&format!("and {} more", unknown.len() - SHOWN));
    }
}
