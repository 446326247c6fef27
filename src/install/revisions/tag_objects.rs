//! The objects of a revision tag, rendered from the control plane's chart and completed from the live webhook of the
//! revision it points to.

use serde_json::{Value, json};

use super::injectors::{REVISION, TAG};
use super::labels::label;
use crate::chart::{self, Capabilities, Chart, DEFAULT_KUBE_VERSION, KubeVersion, Release};

/// The chart that knows the shape of tags.
const CHART: &str = "charts/istio-control/istio-discovery";
/// The chart that knows the validator of objects without a revision.
const DEFAULT_CHART: &str = "charts/default";
/// The webhook entries that inject.
const ENTRY: &str = "sidecar-injector.istio.io";
pub const DEFAULT_VALIDATOR: &str = "istiod-default-validator";

/// A tag as the flags describe it.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'w> {
    pub tag: &'w str,
    /// As labels spell it: `default` for the unnamed revision.
    pub revision: &'w str,
    pub istio_namespace: &'w str,
    /// Inject into namespaces without any label too.
    pub auto_inject: bool,
    /// Another name for the webhook configuration; empty for the usual one.
    pub webhook_name: &'w str,
    /// Folder with other charts; empty for the built-in ones.
    pub manifests: &'w str,
    /// Labels for every object; an installer marks its own tag with them.
    pub labels: &'w [(&'w str, &'w str)],
    /// Whether users own the tag: labels that make an installer prune it are left out.
    pub of_user: bool,
}

/// Why the objects of a tag cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "failed to create tag webhook config: could not find sidecar-injector webhook in canonical webhook \"{0}\""
    )]
    NoInjector(String),
    #[error("failed to render the objects of the tag: {0}")]
    Chart(#[from] chart::Error),
    #[error("the control plane's chart has no {0} for the tag")]
    Shape(&'static str),
}

/// The name of a tag's webhook configuration.
pub fn webhook_name(tag: &str, istio_namespace: &str) -> String {
    match istio_namespace {
        "istio-system" => format!("istio-revision-tag-{tag}"),
        other => format!("istio-revision-tag-{tag}-{other}"),
    }
}

/// The objects, in the order in which they are printed: webhook, for the default tag the validator, Service.
///
/// `canonical` is the live webhook configuration of the revision, `validator` the live default validator, if any.
pub fn objects(wanted: &Wanted, canonical: &Value, validator: Option<&Value>) -> Result<Vec<Value>, Error> {
    let injector = Injector::of(canonical)?;
    let rendered = render(wanted, &injector)?;
    let of_tag = |kind: &str| {
        let is = |object: &&Value| object["kind"] == kind && label(object, TAG) == Some(wanted.tag);
        rendered.iter().find(is).cloned()
    };
    let mut webhook = of_tag("MutatingWebhookConfiguration").ok_or(Error::Shape("webhook"))?;
    injector.complete(&mut webhook);
    webhook["metadata"]["name"] = match wanted.webhook_name {
        "" => webhook_name(wanted.tag, wanted.istio_namespace).into(),
        given => given.into(),
    };
    let mut found = vec![webhook];
    if wanted.tag == "default" {
        found.push(default_validator(wanted, &injector, &rendered, validator)?);
    }
    for object in &mut found {
        copy_metadata(canonical, object);
    }
    let mut service = of_tag("Service").ok_or(Error::Shape("Service"))?;
    service["metadata"]["namespace"] = wanted.istio_namespace.into();
    service["spec"]["selector"] = json!({"app": "istiod", REVISION: wanted.revision});
    // A tag is as old as the control plane it points to, whatever charts this program carries.
    for key in ["app.kubernetes.io/version", "helm.sh/chart"] {
        if let Some(value) = label(canonical, key) {
            crate::install::deploy::stamp(&mut service, &[(key, value)]);
        }
    }
    found.push(service);
    for object in &mut found {
        crate::install::deploy::stamp(object, &[(REVISION, wanted.revision), (TAG, wanted.tag)]);
        if wanted.of_user
            && let Some(labels) = object["metadata"]["labels"].as_object_mut()
        {
            labels.retain(|key, _| !key.contains("operator.istio.io"));
        }
        crate::install::deploy::stamp(object, wanted.labels);
    }
    Ok(found)
}

/// The object as the reference prints it: a Service with the empty fields of its Go type.
pub fn as_printed(object: &Value) -> Value {
    let mut object = object.clone();
    if object["kind"] == "Service" {
        for port in object.pointer_mut("/spec/ports").and_then(Value::as_array_mut).into_iter().flatten() {
            if port["targetPort"].is_null() {
                port["targetPort"] = 0.into();
            }
        }
        object["status"] = json!({"loadBalancer": {}});
    }
    object
}

/// What is copied from the live webhook.
struct Injector<'c> {
    ca_bundle: &'c Value,
    url: Option<&'c str>,
    service: &'c Value,
    reinvocation: &'c str,
}

impl<'c> Injector<'c> {
    fn of(canonical: &'c Value) -> Result<Self, Error> {
        let mut entries = canonical["webhooks"].as_array().into_iter().flatten();
        let entry = entries
            .find(|entry| entry["name"].as_str().is_some_and(|name| name.ends_with(ENTRY)))
            .ok_or_else(|| Error::NoInjector(crate::cluster::name_of(canonical).to_owned()))?;
        let config = &entry["clientConfig"];
        Ok(Injector {
            ca_bundle: &config["caBundle"],
            url: config["url"].as_str(),
            service: &config["service"],
            reinvocation: entry["reinvocationPolicy"].as_str().unwrap_or("Never"),
        })
    }

    /// Gives each entry of a webhook configuration the live certificate and the live Service's path and name.
    fn complete(&self, webhook: &mut Value) {
        for entry in webhook["webhooks"].as_array_mut().into_iter().flatten() {
            let config = &mut entry["clientConfig"];
            if !self.ca_bundle.is_null() {
                config["caBundle"] = self.ca_bundle.clone();
            }
            if config["service"].is_object() && self.service.is_object() {
                for key in ["name", "path"] {
                    if !self.service[key].is_null() {
                        config["service"][key] = self.service[key].clone();
                    }
                }
            }
        }
    }
}

fn render(wanted: &Wanted, injector: &Injector) -> Result<Vec<Value>, Error> {
    let revision = if wanted.revision == "default" { "" } else { wanted.revision };
    let values = json!({
        "revision": revision,
        "revisionTags": [wanted.tag],
        "global": {"istioNamespace": wanted.istio_namespace, "configValidation": true},
        "sidecarInjectorWebhook": {
            "enableNamespacesByDefault": wanted.auto_inject,
            "reinvocationPolicy": injector.reinvocation,
        },
        "istiodRemote": {"injectionURL": injector.url.unwrap_or_default()},
    });
    let mut objects = render_chart(wanted, CHART, &values)?;
    if wanted.tag == "default" {
        let values = json!({"revision": revision, "global": {"istioNamespace": wanted.istio_namespace}});
        let kind = "ValidatingWebhookConfiguration";
        objects
            .extend(render_chart(wanted, DEFAULT_CHART, &values)?.into_iter().filter(|object| object["kind"] == kind));
    }
    Ok(objects)
}

fn render_chart(wanted: &Wanted, folder: &str, values: &Value) -> Result<Vec<Value>, Error> {
    let release = Release::installer("istio", wanted.istio_namespace);
    let capabilities = Capabilities::new(KubeVersion::verbatim(DEFAULT_KUBE_VERSION));
    let chart = match wanted.manifests {
        "" => Chart::embedded(folder)?,
        manifests => Chart::load(&std::path::Path::new(manifests).join(folder))?,
    };
    Ok(chart.render(&release, &capabilities, values)?.into_objects())
}

/// The validator of objects that name no revision.
fn default_validator(
    wanted: &Wanted,
    injector: &Injector,
    rendered: &[Value],
    live: Option<&Value>,
) -> Result<Value, Error> {
    let is = |object: &&Value| {
        object["kind"] == "ValidatingWebhookConfiguration" && crate::cluster::name_of(object) == DEFAULT_VALIDATOR
    };
    let mut validator = rendered.iter().find(is).cloned().ok_or(Error::Shape("default validator"))?;
    for entry in validator["webhooks"].as_array_mut().into_iter().flatten() {
        entry["clientConfig"] = match injector.url {
            Some(url) => json!({"url": validation_url(url)}),
            None => {
                let suffix = if wanted.revision == "default" { String::new() } else { format!("-{}", wanted.revision) };
                let name = injector.service["name"].as_str().map_or_else(|| format!("istiod{suffix}"), str::to_owned);
                json!({"service": {"name": name, "namespace": wanted.istio_namespace, "path": "/validate"}})
            }
        };
        if !injector.ca_bundle.is_null() {
            entry["clientConfig"]["caBundle"] = injector.ca_bundle.clone();
        }
        let mut known = live.and_then(|live| live["webhooks"].as_array()).into_iter().flatten();
        let policy =
            known.find(|known| known["name"] == entry["name"]).and_then(|known| known["failurePolicy"].as_str());
        match policy {
            // istiod made it strict once it could; to set the field would take it away from istiod.
            Some("Fail") => {
                entry.as_object_mut().map(|entry| entry.remove("failurePolicy"));
            }
            Some(other) => entry["failurePolicy"] = other.into(),
            None => entry["failurePolicy"] = "Ignore".into(),
        }
    }
    Ok(validator)
}

/// The validation address beside an injection address: the same host and query, path `/validate`.
fn validation_url(url: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
    let host_at = address.find("://").map_or(0, |at| at + 3);
    let host_end = address[host_at..].find('/').map_or(address.len(), |at| host_at + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/validate{query}", &address[..host_end])
}

/// Labels (but `app`) and annotations of the canonical webhook go onto the object; its own win nothing.
fn copy_metadata(canonical: &Value, object: &mut Value) {
    for (key, value) in canonical["metadata"]["labels"].as_object().into_iter().flatten() {
        if key != "app" {
            object["metadata"]["labels"][key] = value.clone();
        }
    }
    for (key, value) in canonical["metadata"]["annotations"].as_object().into_iter().flatten() {
        if !object["metadata"]["annotations"].is_object() {
            object["metadata"]["annotations"] = json!({});
        }
        object["metadata"]["annotations"][key] = value.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_validation_address_keeps_host_and_query() {
        assert_eq!(validation_url("https://1.2.3.4:15017/inject/a/b?x=1"), "https://1.2.3.4:15017/validate?x=1");
        assert_eq!(validation_url("https://host"), "https://host/validate");
    }
}
