//! Which subcharts are rendered by Helm's rules: conditions, tags, aliases, and values that parents import.

use super::{Chart, Dependency, Error, values};
use crate::gotemplate::semver::{Range, Version};
use crate::yaml;

/// The chart with only the subcharts that are enabled, under the names that the chart gives them.
pub(super) fn resolve(chart: &Chart, user: &yaml::Value) -> Result<Chart, Error> {
    let mut chart = chart.clone();
    rename(&mut chart);
    let all = values::for_chart(&chart, user, &mut Vec::new())?;
    enable(&mut chart, &all, &all, "");
    import(&mut chart, user)?;
    Ok(chart)
}

/// Gives subcharts their aliases; a chart listed twice is there twice.
fn rename(chart: &mut Chart) {
    let mut renamed = Vec::new();
    for needed in &chart.metadata.dependencies {
        let Some(found) = chart.subcharts.iter().find(|subchart| meets(subchart, needed)) else {
            continue;
        };
        let mut subchart = found.clone();
        subchart.metadata.name = needed.local_name().to_owned();
        renamed.push(subchart);
    }
    // Charts that are there without being asked for are rendered, too.
    let unlisted = chart
        .subcharts
        .drain(..)
        .filter(|subchart| !chart.metadata.dependencies.iter().any(|needed| meets(subchart, needed)));
    renamed.extend(unlisted);
    chart.subcharts = renamed;
    chart.subcharts.iter_mut().for_each(rename);
}

fn meets(subchart: &Chart, needed: &Dependency) -> bool {
    if subchart.name() != needed.name {
        return false;
    }
    match (Range::parse(&needed.version), Version::parse(&subchart.metadata.version)) {
        (Some(range), Some(version)) => range.contains(&version),
        _ => true,
    }
}

/// Drops the subcharts that a tag or, stronger, a condition turns off.
fn enable(chart: &mut Chart, root: &yaml::Value, values: &yaml::Value, path: &str) {
    let dependencies = chart.metadata.dependencies.clone();
    chart.subcharts.retain(|subchart| {
        dependencies
            .iter()
            .filter(|needed| needed.local_name() == subchart.name())
            .all(|needed| condition(needed, values).or_else(|| tags(needed, root)).unwrap_or(true))
    });
    for subchart in &mut chart.subcharts {
        let inner = values.get(subchart.name()).cloned().unwrap_or_default();
        let path = format!("{path}{}.", subchart.name());
        enable(subchart, root, &inner, &path);
    }
}

fn condition(needed: &Dependency, values: &yaml::Value) -> Option<bool> {
    needed.condition.split(',').find_map(|path| lookup(values, path.trim())?.as_bool())
}

/// One tag that is on is enough; tags that are all off turn the chart off.
fn tags(needed: &Dependency, root: &yaml::Value) -> Option<bool> {
    let tags = root.get("tags")?;
    let set: Vec<bool> = needed.tags.iter().filter_map(|tag| tags.get(tag)?.as_bool()).collect();
    if set.is_empty() { None } else { Some(set.contains(&true)) }
}

fn lookup<'v>(values: &'v yaml::Value, path: &str) -> Option<&'v yaml::Value> {
    path.split('.').try_fold(values, |value, step| value.get(step))
}

/// `import-values`: tables of subcharts that become defaults of the parent.
fn import(chart: &mut Chart, user: &yaml::Value) -> Result<(), Error> {
    for subchart in &mut chart.subcharts {
        let inner = user.get(subchart.name()).cloned().unwrap_or_default();
        import(subchart, &inner)?;
    }
    let all = values::for_chart(chart, user, &mut Vec::new())?;
    let mut imported = yaml::Value::Object(serde_json::Map::new());
    for needed in &chart.metadata.dependencies {
        let Some(values) = all.get(needed.local_name()) else {
            continue;
        };
        for entry in &needed.import_values {
            let (child, parent) = match entry {
                yaml::Value::String(name) => (format!("exports.{name}"), ".".to_owned()),
                other => {
                    let text = |key: &str| other.get(key).and_then(yaml::Value::as_str).unwrap_or_default();
                    (text("child").to_owned(), text("parent").to_owned())
                }
            };
            if let Some(table @ yaml::Value::Object(_)) = lookup(values, &child) {
                imported = values::coalesce(&imported, &below(&parent, table.clone()));
            }
        }
    }
    chart.values = values::coalesce(&chart.values, &imported);
    Ok(())
}

/// The table at the end of a dotted path.
fn below(path: &str, table: yaml::Value) -> yaml::Value {
    path.split('.')
        .filter(|step| !step.is_empty())
        .rev()
        .fold(table, |inner, step| yaml::Value::Object([(step.to_owned(), inner)].into_iter().collect()))
}
