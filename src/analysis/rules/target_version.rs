//! Fields judged by the release of Istio they are meant for. Runs with `--target-version`.
//!
//! # BOW0010 DeprecatedField
//! ## What it does
//! Reports fields that the API marks as deprecated.
//! ## Why is this bad?
//! They may be gone in a later release.
//! ## Example
//! ```yaml
//! corsPolicy:
//!   allowOrigin: [https://example.com]
//! ```
//! ## Use instead
//! The field that took its place: `allowOrigins: [{exact: https://example.com}]`.
//!
//! # BOW0011 FieldNotInTargetVersion
//! ## What it does
//! Reports fields that came with a later release than `--target-version` names.
//! ## Why is this bad?
//! The API server of that release drops the field in silence.
//! ## Example
//! A field of release 1.30 in configuration for a mesh of release 1.24.
//! ## Use instead
//! Leave the field out until the mesh is upgraded.

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{BOW0010, BOW0011};
use crate::analysis::kind::{KINDS, Kind};
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;
use crate::api;
use crate::api::schema::{Message, Type};

pub static RULE: Rule = Rule {
    name: "bowline.TargetVersion",
    description: "Fields exist in the release they are meant for (with --target-version)",
    inputs: &[],
    more: &[],
    codes: &[&BOW0010, &BOW0011],
    check,
    set: Set::Ours,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let Some(target) = snapshot.settings.target_version else { return };
    let kinds: Vec<Kind> = KINDS.iter().map(|row| row.kind).filter(|kind| kind.is_istio()).collect();
    for kind in kinds {
        let row = kind.row();
        let Some(definition) = row.versions.first().and_then(|version| api::find(row.group, version, row.name)) else {
            continue;
        };
        for resource in snapshot.all(kind) {
            walk(check, &resource, resource.spec(), definition.spec, target);
        }
    }
}

fn walk<'a>(
    check: &mut Check<'_, 'a>,
    resource: &Resource<'a>,
    view: View<'a>,
    message: &'static Message,
    target: (u32, u32),
) {
    for (key, value) in view.keyed() {
        let Some(field) = message.fields.iter().find(|field| field.name == key.str()) else { continue };
        if release(field.since).is_some_and(|since| since > target) {
            let params =
                params! { field: field.name, since: field.since, target: format!("{}.{}", target.0, target.1) };
            check.report(&BOW0011, resource, key, params);
        } else if field.deprecated {
            check.report(&BOW0010, resource, key, params! { field: field.name, kind: message.name });
        }
        descend(check, resource, value, &field.ty, target);
    }
}

fn descend<'a>(
    check: &mut Check<'_, 'a>,
    resource: &Resource<'a>,
    value: View<'a>,
    ty: &'static Type,
    target: (u32, u32),
) {
    match ty {
        Type::Msg(message) => walk(check, resource, value, message, target),
        Type::List(item) => value.items().for_each(|item_value| descend(check, resource, item_value, item, target)),
        Type::Map(item) | Type::PortMap(item) => {
            value.entries().for_each(|(_, entry)| descend(check, resource, entry, item, target))
        }
        _ => {}
    }
}

fn release(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}
