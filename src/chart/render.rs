//! Rendering: parse every template of the chart and its subcharts, execute them in Helm's order over one shared context.

use super::{
    Capabilities, Chart, Error, Release, Rendered, Style, TextFile, Texts, context, dependencies, output, schema,
    values,
};
use crate::gotemplate::{self, GENERIC_MAP, Map, MissingKey, Set, Value, helm, semver};
use crate::yaml;

/// What marks a line of the notes as a warning.
const WARNING: &str = "WARNING: ";

impl Chart {
    /// The files and objects this chart makes of a release, a cluster and the user's values.
    ///
    /// # Errors
    /// Values that don't meet the schema, templates that can't be parsed or refuse, output that isn't YAML.
    pub fn render_as(
        &self,
        style: Style,
        release: &Release,
        capabilities: &Capabilities,
        user_values: &yaml::Value,
    ) -> Result<Rendered, Error> {
        // Charts may nest includes a thousand deep, which takes more stack than a worker thread has.
        let read = || {
            let Texts { files, notes, warnings } = render(self, style, release, capabilities, user_values)?;
            Ok(Rendered { files: output::read(files, style)?, notes, warnings })
        };
        gotemplate::deep(read).map_err(Error::Thread)?
    }

    /// As [`Chart::render`], but the documents are not read: for callers that have a use for the text of large ones.
    ///
    /// # Errors
    /// As [`Chart::render_as`], but for output that isn't YAML.
    pub fn render_texts(
        &self,
        release: &Release,
        capabilities: &Capabilities,
        user_values: &yaml::Value,
    ) -> Result<Texts, Error> {
        let rendered = || render(self, Style::Installer, release, capabilities, user_values);
        gotemplate::deep(rendered).map_err(Error::Thread)?
    }
}

fn render(
    chart: &Chart,
    style: Style,
    release: &Release,
    capabilities: &Capabilities,
    user_values: &yaml::Value,
) -> Result<Texts, Error> {
    let resolved;
    let chart = match style {
        Style::Helm if !chart.subcharts.is_empty() => {
            resolved = dependencies::resolve(chart, user_values)?;
            &resolved
        }
        _ => chart,
    };
    let executed = executed(chart, release, capabilities, user_values)?;
    collect(chart, executed)
}

/// The text of every file that is no partial: (path, text), in the order of execution.
fn executed(
    chart: &Chart,
    release: &Release,
    capabilities: &Capabilities,
    user_values: &yaml::Value,
) -> Result<Vec<(String, String)>, Error> {
    require_kube_version(chart, capabilities)?;
    let all_values = values::for_chart(chart, user_values, &mut Vec::new())?;
    schema::check(chart, &all_values)?;

    let scene = Scene { release: context::of_release(release), capabilities: context::of_capabilities(capabilities) };
    let mut templates = Vec::new();
    scene.add_chart(chart, Value::from_json(&all_values), chart.name(), true, &mut templates);
    sort(&mut templates);
    execute(&templates)
}

/// The texts by Helm's rules, for comparison.
#[cfg(test)]
pub(super) fn texts(
    chart: &Chart,
    release: &Release,
    capabilities: &Capabilities,
    user_values: &yaml::Value,
) -> Result<std::collections::BTreeMap<String, String>, Error> {
    gotemplate::deep(|| {
        let chart = dependencies::resolve(chart, user_values)?;
        Ok(executed(&chart, release, capabilities, user_values)?.into_iter().collect())
    })
    .map_err(Error::Thread)?
}

/// A chart may say which clusters it is for.
fn require_kube_version(chart: &Chart, capabilities: &Capabilities) -> Result<(), Error> {
    let wanted = &chart.metadata.kube_version;
    let found = &capabilities.kube_version.version;
    if let (Some(range), Some(version)) = (semver::Range::parse(wanted), semver::Version::parse(found))
        && !range.contains(&version)
    {
        return Err(Error::Incompatible {
            chart: chart.name().to_owned(),
            wanted: wanted.clone(),
            found: found.clone(),
        });
    }
    Ok(())
}

/// One template of the tree of charts.
struct Template<'c> {
    /// `chart/charts/sub/templates/a.yaml`
    path: String,
    /// The folder of the chart's templates, `.Template.BasePath`.
    base: String,
    text: &'c [u8],
    context: Map,
}

/// What all charts of a release share.
struct Scene {
    release: Map,
    capabilities: Value,
}

impl Scene {
    fn add_chart<'c>(
        &self,
        chart: &'c Chart,
        values: Value,
        path: &str,
        is_root: bool,
        templates: &mut Vec<Template<'c>>,
    ) -> Map {
        let context =
            context::of_chart(chart, context::of_values(values.clone()), &self.release, &self.capabilities, is_root);
        let subcharts = context.get("Subcharts");
        for subchart in &chart.subcharts {
            let name = subchart.name();
            let inner = values.as_map().and_then(|map| map.get(name)).unwrap_or_else(|| Map::new().into());
            let inner = self.add_chart(subchart, inner, &format!("{path}/charts/{name}"), false, templates);
            if let Some(subcharts) = subcharts.as_ref().and_then(Value::as_map) {
                subcharts.insert(name, Value::Map(inner.seen_as(&GENERIC_MAP)));
            }
        }
        for (name, text) in &chart.templates {
            let partial = is_partial(name);
            if chart.is_library() && !partial {
                continue;
            }
            templates.push(Template {
                path: format!("{path}/{name}"),
                base: format!("{path}/templates"),
                text,
                context: context.clone(),
            });
        }
        context
    }
}

/// Whether the file only holds definitions.
fn is_partial(path: &str) -> bool {
    path.rsplit('/').next().unwrap_or(path).starts_with('_')
}

/// Deepest first, then backwards by name: later files see what earlier ones changed, later definitions win.
fn sort(templates: &mut [Template<'_>]) {
    let depth = |path: &str| path.bytes().filter(|b| *b == b'/').count();
    templates.sort_by(|a, b| (depth(&b.path), &b.path).cmp(&(depth(&a.path), &a.path)));
}

/// Parses all templates, then executes those that are no partials: (path, text) in the order of execution.
fn execute(templates: &[Template<'_>]) -> Result<Vec<(String, String)>, Error> {
    let mut set = Set::new(helm::functions()).with_missing_key(MissingKey::Zero);
    for template in templates {
        let text = std::str::from_utf8(template.text).map_err(|_| Error::NotText { file: template.path.clone() })?;
        set.parse(&template.path, text)?;
    }
    let mut executed = Vec::new();
    for template in templates.iter().filter(|template| !is_partial(&template.path)) {
        template.context.insert("Template", context::of_template(&template.path, &template.base));
        let text = set.execute(&template.path, Value::Map(template.context.clone()))?;
        let text = if text.contains("<no value>") { text.replace("<no value>", "") } else { text };
        executed.push((template.path.clone(), text));
    }
    Ok(executed)
}

/// Separates notes from objects, and adds the CRDs that are no templates.
fn collect(chart: &Chart, executed: Vec<(String, String)>) -> Result<Texts, Error> {
    let mut texts = Texts::default();
    let root_notes = format!("{}/templates/NOTES.txt", chart.name());
    for (path, text) in executed {
        if path.ends_with(".txt") {
            texts.warnings.extend(text.lines().filter(|line| line.starts_with(WARNING)).map(str::to_owned));
            if path == root_notes {
                texts.notes = text;
            }
        } else if !text.trim().is_empty() {
            texts.files.push(TextFile { path, text, is_crd: false });
        }
    }
    texts.files.sort_by(|a, b| a.path.cmp(&b.path));
    add_crds(chart, chart.name(), &mut texts.files)?;
    Ok(texts)
}

fn add_crds(chart: &Chart, path: &str, files: &mut Vec<TextFile>) -> Result<(), Error> {
    for (name, bytes) in &chart.files {
        let is_crd = name.starts_with("crds/") && [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
        if is_crd {
            let file = format!("{path}/{name}");
            let text = std::str::from_utf8(bytes).map_err(|_| Error::NotText { file: file.clone() })?;
            files.push(TextFile { path: file, text: text.to_owned(), is_crd: true });
        }
    }
    for subchart in &chart.subcharts {
        add_crds(subchart, &format!("{path}/charts/{}", subchart.name()), files)?;
    }
    Ok(())
}
