//! The order objects are printed in, and the text of a manifest.

use std::io;

use super::object::Object;

/// Sorts by rank, group, kind and name; what ties stays as it was.
pub fn sort(objects: &mut [Object]) {
    objects.sort_by(|a, b| {
        let key = |object: &Object| rank(object.group(), &object.identity.kind);
        key(a)
            .cmp(&key(b))
            .then_with(|| a.group().cmp(b.group()))
            .then_with(|| a.identity.kind.cmp(&b.identity.kind))
            .then_with(|| a.identity.name.cmp(&b.identity.name))
    });
}

/// Definitions first, then what others refer to, workloads, what scales them, and last what sends traffic to them.
fn rank(group: &str, kind: &str) -> i32 {
    const RANKS: [(&str, &str, i32); 8] = [
        ("apiextensions.k8s.io", "CustomResourceDefinition", -1000),
        ("", "ServiceAccount", 1),
        ("rbac.authorization.k8s.io", "ClusterRole", 1),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding", 2),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", 3),
        ("", "ConfigMap", 100),
        ("autoscaling", "HorizontalPodAutoscaler", 1001),
        ("", "Service", 10000),
    ];
    RANKS.iter().find(|(of, name, _)| *of == group && *name == kind).map_or(1000, |(_, _, rank)| *rank)
}

/// Every object as a YAML document, each followed by a separator.
pub fn print(objects: &[Object]) -> String {
    let mut out = Vec::new();
    // Writing to memory does not fail.
    let _ = write(objects, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// As [`print()`], without holding the whole text.
///
/// # Errors
/// When writing fails.
pub fn write(objects: &[Object], out: &mut impl io::Write) -> io::Result<()> {
    let mut text = String::new();
    for object in objects {
        text.clear();
        object.print(&mut text);
        text.push_str("\n---\n");
        out.write_all(text.as_bytes())?;
    }
    out.flush()
}
