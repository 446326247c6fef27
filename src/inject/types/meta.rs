//! meta/v1: what every object carries.

use super::{Kind, Struct, any, boolean, int64, list, object, text, text_map, texts, time};

pub static OWNER_REFERENCE: Struct = Struct::new(
    "v1.OwnerReference",
    &[
        text("apiVersion").go("APIVersion").always(),
        text("kind").always(),
        text("name").always(),
        text("uid").named("types.UID").go("UID").always(),
        boolean("controller").optional(),
        boolean("blockOwnerDeletion").optional(),
    ],
);

pub static MANAGED_FIELDS: Struct = Struct::new(
    "v1.ManagedFieldsEntry",
    &[
        text("manager"),
        text("operation").named("v1.ManagedFieldsOperationType"),
        text("apiVersion").go("APIVersion"),
        time("time").optional(),
        text("fieldsType"),
        any("fieldsV1").optional(),
        text("subresource"),
    ],
);

pub static OBJECT_META: Struct = Struct::new(
    "v1.ObjectMeta",
    &[
        text("name"),
        text("generateName"),
        text("namespace"),
        text("selfLink"),
        text("uid").named("types.UID").go("UID"),
        text("resourceVersion"),
        int64("generation"),
        time("creationTimestamp"),
        time("deletionTimestamp").optional(),
        int64("deletionGracePeriodSeconds").optional(),
        text_map("labels"),
        text_map("annotations"),
        list("ownerReferences", &Kind::Struct(&OWNER_REFERENCE)).key("uid"),
        texts("finalizers").union(),
        list("managedFields", &Kind::Struct(&MANAGED_FIELDS)),
    ],
);

/// What a document is read as before anything else.
pub static TYPE_META: Struct = Struct::new("v1.TypeMeta", &[text("kind"), text("apiVersion").go("APIVersion")]);

static LIST_META: Struct = Struct::new(
    "v1.ListMeta",
    &[text("selfLink"), text("resourceVersion"), text("continue"), int64("remainingItemCount").optional()],
);

/// Its items are read apart, each by its own kind.
pub static LIST: Struct = Struct::typed(
    "v1.List",
    &[
        text("kind"),
        text("apiVersion").go("APIVersion"),
        object("metadata", &LIST_META),
        list("items", &Kind::Any).named("runtime.RawExtension").always(),
    ],
);

pub static REQUIREMENT: Struct = Struct::new(
    "v1.LabelSelectorRequirement",
    &[text("key").always(), text("operator").named("v1.LabelSelectorOperator").always(), texts("values")],
);

pub static LABEL_SELECTOR: Struct =
    Struct::new("v1.LabelSelector", &[text_map("matchLabels"), list("matchExpressions", &Kind::Struct(&REQUIREMENT))]);
