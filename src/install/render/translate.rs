//! From an installation to Helm releases: values, and scripts that hand the objects over.

use std::fmt::Write as _;

use super::component::Component;
use super::object::Object;
use super::order;
use super::{Error, Finish, Part};
use crate::install::spec::Operator;
use crate::yaml;

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub text: String,
    pub executable: bool,
}

/// Where the charts of the release are published.
const CHARTS: &str = "oci://registry.istio.io/release/charts";

impl Operator {
    /// The files that move this installation to Helm, the README last.
    ///
    /// # Errors
    /// When the installation cannot be rendered.
    pub fn translate_to_helm(&self) -> Result<Vec<File>, Error> {
        let finished = self.render(Finish::Settings, |_| true)?;
        let plain = self.render(Finish::ChartsOnly, |_| true)?;
        let mut files = Vec::new();
        let mut readme = String::from("# Moving to Helm\n\n");
        for (part, plain) in finished.parts.iter().zip(&plain.parts) {
            match part.component.kind.helm_release {
                Some(chart) => translate_part(part, plain, chart, &mut files, &mut readme),
                None => {
                    let name = part.component.label();
                    let _ = writeln!(
                        readme,
                        "## {name}: ❌ not supported\n\nThe chart of this gateway is no Helm release of its own. Install the chart `gateway` under \
                         another name, move the traffic, then remove {name}.\n"
                    );
                }
            }
        }
        files.push(File { name: "README.md".to_owned(), text: readme, executable: false });
        Ok(files)
    }
}

fn translate_part(part: &Part, plain: &Part, chart: &str, files: &mut Vec<File>, readme: &mut String) {
    let component = &part.component;
    let name = component.label();
    let mut file = |name: String, text: String, executable: bool| files.push(File { name, text, executable });
    file(format!("{name}-values.yaml"), yaml::to_string(&component.values), false);
    file(format!("install-{name}.sh"), script(component, &part.objects, chart), true);
    let _ = writeln!(
        readme,
        "## {name}: ✅ supported\n\nRun `install-{name}.sh`: Helm takes over what is installed, with `{name}-values.yaml`.\n"
    );
    let printed = |objects: &[Object]| {
        let mut objects = objects.to_vec();
        order::sort(&mut objects);
        order::print(&objects)
    };
    let (ours, theirs) = (printed(&part.objects), printed(&plain.objects));
    if ours != theirs {
        file(format!("diff-{name}-helm-output.yaml"), theirs, false);
        file(format!("diff-{name}-istioctl-output.yaml"), ours, false);
        let _ = writeln!(
            readme,
            "`k8s` settings and overlays are not part of the values. `manifest diff diff-{name}-helm-output.yaml \
             diff-{name}-istioctl-output.yaml` shows what they change: find values for it, or give Helm a post-renderer.\n"
        );
    }
}

/// Marks every object as Helm's, then upgrades the release.
fn script(component: &Component, objects: &[Object], chart: &str) -> String {
    let (name, namespace) = (component.label(), &component.namespace);
    let mut text = String::from("#!/usr/bin/env bash\nset -e\n\n");
    for object in objects {
        let identity = &object.identity;
        let group = object.group();
        let kind = if group.is_empty() { identity.kind.clone() } else { format!("{}.{group}", identity.kind) };
        let within =
            if identity.namespace.is_empty() { String::new() } else { format!(" --namespace={}", identity.namespace) };
        let target = format!("{kind}{within} {}", identity.name);
        let _ = writeln!(text, "kubectl annotate {target} meta.helm.sh/release-name={name}");
        let _ = writeln!(text, "kubectl annotate {target} meta.helm.sh/release-namespace={namespace}");
        let _ = writeln!(text, "kubectl label {target} app.kubernetes.io/managed-by=Helm");
    }
    let _ = writeln!(
        text,
        "\nhelm upgrade --install {name} --namespace {namespace} -f {name}-values.yaml {CHARTS}/{chart}"
    );
    text
}
