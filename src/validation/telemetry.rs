//! Telemetry: metrics, tracing, access logging.

use super::report::Report;
use super::targets::{self, Targeting};
use super::{cel, report::Fault};
use crate::api::view::View;

pub fn check<'d>(report: &mut Report<'d>, spec: View<'d>) {
    targets::check(report, spec, Targeting::All);
    for metrics in spec.list("metrics") {
        providers(report, metrics);
        for change in metrics.list("overrides") {
            override_of(report, change);
        }
    }
    if spec.count("tracing") > 1 {
        report.warning("tracing-multiple", spec.at("tracing"), "only the first tracing entry is used");
    }
    for tracing in spec.list("tracing") {
        check_tracing(report, tracing);
    }
    for logging in spec.list("accessLogging") {
        providers(report, logging);
        if let Some(filter) = logging.message("filter") {
            let expression = filter.text("expression");
            let verdict = cel::syntax(expression)
                .map_err(|why| Fault::new("cel", format!("{expression:?} is not a CEL expression: {why}")));
            report.check(filter.at("expression"), verdict);
        }
    }
}

/// The first provider without a name.
fn providers<'d>(report: &mut Report<'d>, entry: View<'d>) {
    if let Some(provider) = entry.list("providers").find(|provider| provider.text("name").is_empty()) {
        report.error("provider-name", provider.at("name"), "the provider has no name");
    }
}

fn override_of<'d>(report: &mut Report<'d>, change: View<'d>) {
    for (tag, action) in change.messages("tagOverrides") {
        if tag.text().is_empty() {
            report.warning("tag-override-name", tag, "the tag to change has no name");
        }
        let value = !action.text("value").is_empty();
        match action.choice("operation") {
            "UPSERT" if !value => {
                report.error("tag-override-value-missing", action.at("value"), "operation UPSERT needs a value");
            }
            "REMOVE" if value => {
                report.error("tag-override-value-extra", action.at("value"), "operation REMOVE takes no value");
            }
            _ => {}
        }
    }
    let matched = change.message_or_empty("match");
    if matched.has("customMetric") && matched.text("customMetric").is_empty() {
        report.error("metric-custom-empty", matched.at("customMetric"), "customMetric is empty");
    }
}

fn check_tracing<'d>(report: &mut Report<'d>, tracing: View<'d>) {
    if tracing.count("providers") > 1 {
        report.warning(
            "tracing-multiple-providers",
            tracing.at("providers"),
            "only the first tracing provider is used",
        );
    }
    providers(report, tracing);
    if tracing
        .decimal("randomSamplingPercentage")
        .is_some_and(|percent| !(0.0..=100.0).contains(&percent) && !percent.is_nan())
    {
        report.error(
            "sampling-range",
            tracing.at("randomSamplingPercentage"),
            "the sampling percentage must be between 0 and 100",
        );
    }
    for (name, tag) in tracing.messages("customTags") {
        if name.text().is_empty() {
            report.error("tag-name-empty", name, "the custom tag has no name");
        }
        let sources = [
            ("literal", "value", "tag-literal-empty"),
            ("header", "name", "tag-header-empty"),
            ("environment", "name", "tag-env-empty"),
        ];
        for (source, field, code) in sources {
            if let Some(source) = tag.message(source)
                && source.text(field).is_empty()
            {
                report.error(code, source.at(field), format!("the {field} of custom tag {:?} is empty", name.text()));
            }
        }
    }
}
