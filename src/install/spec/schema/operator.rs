//! The IstioOperator document: components and their `k8s` settings.

use super::Shape::*;
use super::kubernetes::{
    AFFINITY, DEPLOYMENT_STRATEGY, ENV_VAR, HORIZONTAL_POD_AUTOSCALER_SPEC, POD_DISRUPTION_BUDGET_SPEC,
    POD_SECURITY_CONTEXT, PROBE, RESOURCE_REQUIREMENTS, SERVICE_SPEC, TOLERATION, VOLUME_MOUNT,
};
use super::volumes::VOLUME;
use super::{INT64, Object, UINT32, object};

pub(super) static BASE_COMPONENT_SPEC: Object =
    object("BaseComponentSpec", &[("enabled", Bool), ("k8s", Object(&KUBERNETES_RESOURCES))]);

pub(super) static COMPONENT_SPEC: Object = object(
    "ComponentSpec",
    &[("enabled", Bool), ("namespace", Text), ("hub", Text), ("tag", Any), ("k8s", Object(&KUBERNETES_RESOURCES))],
);

pub(super) static GATEWAY_COMPONENT_SPEC: Object = object(
    "GatewayComponentSpec",
    &[
        ("enabled", Bool),
        ("namespace", Text),
        ("hub", Text),
        ("tag", Any),
        ("k8s", Object(&KUBERNETES_RESOURCES)),
        ("name", Text),
        ("label", Map(&Text)),
    ],
);

pub(super) static ISTIO_COMPONENT_SPEC: Object = object(
    "IstioComponentSpec",
    &[
        ("base", Object(&BASE_COMPONENT_SPEC)),
        ("pilot", Object(&COMPONENT_SPEC)),
        ("cni", Object(&COMPONENT_SPEC)),
        ("ztunnel", Object(&COMPONENT_SPEC)),
        ("istiodRemote", Object(&COMPONENT_SPEC)),
        ("ingressGateways", List(&Object(&GATEWAY_COMPONENT_SPEC))),
        ("egressGateways", List(&Object(&GATEWAY_COMPONENT_SPEC))),
    ],
);

pub(super) static ISTIO_OPERATOR: Object = object(
    "IstioOperator",
    &[("kind", Text), ("apiVersion", Text), ("metadata", Object(&OBJECT_META)), ("spec", Object(&ISTIO_OPERATOR_SPEC))],
);

pub(super) static ISTIO_OPERATOR_SPEC: Object = object(
    "IstioOperatorSpec",
    &[
        ("profile", Text),
        ("installPackagePath", Text),
        ("hub", Text),
        ("tag", Any),
        ("namespace", Text),
        ("revision", Text),
        ("compatibilityVersion", Text),
        ("meshConfig", Any),
        ("components", Object(&ISTIO_COMPONENT_SPEC)),
        ("values", Any),
        ("unvalidatedValues", Any),
    ],
);

pub(super) static KUBERNETES_OVERLAY: Object = object(
    "KubernetesOverlay",
    &[("apiVersion", Text), ("kind", Text), ("name", Text), ("patches", List(&Object(&PATCH)))],
);

pub(super) static KUBERNETES_RESOURCES: Object = object(
    "KubernetesResources",
    &[
        ("affinity", Object(&AFFINITY)),
        ("env", List(&Object(&ENV_VAR))),
        ("hpaSpec", Object(&HORIZONTAL_POD_AUTOSCALER_SPEC)),
        ("imagePullPolicy", Text),
        ("nodeSelector", Map(&Text)),
        ("podDisruptionBudget", Object(&POD_DISRUPTION_BUDGET_SPEC)),
        ("podAnnotations", Map(&Text)),
        ("priorityClassName", Text),
        ("readinessProbe", Object(&PROBE)),
        ("replicaCount", UINT32),
        ("resources", Object(&RESOURCE_REQUIREMENTS)),
        ("service", Object(&SERVICE_SPEC)),
        ("strategy", Object(&DEPLOYMENT_STRATEGY)),
        ("tolerations", List(&Object(&TOLERATION))),
        ("serviceAnnotations", Map(&Text)),
        ("securityContext", Object(&POD_SECURITY_CONTEXT)),
        ("volumes", List(&Object(&VOLUME))),
        ("volumeMounts", List(&Object(&VOLUME_MOUNT))),
        ("overlays", List(&Object(&KUBERNETES_OVERLAY))),
    ],
);

pub(super) static PATCH: Object = object("Patch", &[("path", Text), ("value", Any)]);

pub(super) static OBJECT_META: Object = object(
    "ObjectMeta",
    &[
        ("name", Text),
        ("generateName", Text),
        ("namespace", Text),
        ("selfLink", Text),
        ("uid", Text),
        ("resourceVersion", Text),
        ("generation", INT64),
        ("creationTimestamp", Time),
        ("deletionTimestamp", Time),
        ("deletionGracePeriodSeconds", INT64),
        ("labels", Map(&Text)),
        ("annotations", Map(&Text)),
        ("ownerReferences", List(&Object(&OWNER_REFERENCE))),
        ("finalizers", List(&Text)),
        ("managedFields", List(&Object(&MANAGED_FIELDS_ENTRY))),
    ],
);

pub(super) static OWNER_REFERENCE: Object = object(
    "OwnerReference",
    &[
        ("apiVersion", Text),
        ("kind", Text),
        ("name", Text),
        ("uid", Text),
        ("controller", Bool),
        ("blockOwnerDeletion", Bool),
    ],
);

pub(super) static MANAGED_FIELDS_ENTRY: Object = object(
    "ManagedFieldsEntry",
    &[
        ("manager", Text),
        ("operation", Text),
        ("apiVersion", Text),
        ("time", Time),
        ("fieldsType", Text),
        ("fieldsV1", Any),
        ("subresource", Text),
    ],
);
