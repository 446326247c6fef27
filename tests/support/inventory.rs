//! What is in the cluster of an installation, for comparing two moments.

use bowline::cluster::{Resource, Selection, name_of, object_namespace};
use bowline::install::deploy::owned;
use bowline::install::deploy::plan::without_noise;
use serde_json::Value;

use super::control_plane::ControlPlane;

/// `Kind/name` of every object of the control plane's namespace and of the cluster that an installation may make.
pub fn names(plane: &ControlPlane) -> Vec<String> {
    objects(plane)
        .iter()
        .map(|object| format!("{}/{}", object["kind"].as_str().unwrap_or_default(), name_of(object)))
        .collect()
}

/// Those objects, without what the server and controllers write.
pub fn objects(plane: &ControlPlane) -> Vec<Value> {
    raw(plane).iter().map(without_noise).collect()
}

/// Those objects as the server gives them.
pub fn raw(plane: &ControlPlane) -> Vec<Value> {
    plane.with(async |cluster| {
        let mut found = Vec::new();
        for (group, kind) in
            owned::kinds(false).iter().filter(|(_, kind)| *kind != "Pod").chain(&[("coordination.k8s.io", "Lease")])
        {
            let resource = Resource::known(group, kind).expect("in the table");
            match cluster.list(&resource, &Selection::default()).await {
                Ok(objects) => found.extend(objects),
                Err(error) if error.is_not_found() => {}
                Err(error) => panic!("{kind}: {error}"),
            }
        }
        found.retain(|object| matches!(object_namespace(object), None | Some("istio-system")));
        found
    })
}

/// What one moment has and the other has not, or not in the same form.
pub fn differences(before: &[Value], after: &[Value]) -> Vec<String> {
    let title = |object: &Value| {
        format!("{} {}/{}", object["kind"], object_namespace(object).unwrap_or_default(), name_of(object))
    };
    let lost = before.iter().filter(|object| !after.contains(object)).map(|o| format!("- {} {o}", title(o)));
    let new = after.iter().filter(|object| !before.contains(object)).map(|o| format!("+ {} {o}", title(o)));
    lost.chain(new).collect()
}
