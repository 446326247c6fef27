//! Services, and the parts of the Gateway API that templates of managed gateways look at.

use super::meta::OBJECT_META;
use super::{Kind, Struct, any, int_or_text, int32, list, object, text, text_map, texts};

pub static SERVICE_PORT: Struct = Struct::new(
    "v1.ServicePort",
    &[
        text("name"),
        text("protocol"),
        text("appProtocol").optional(),
        int32("port").always(),
        int_or_text("targetPort"),
        int32("nodePort"),
    ],
);

static SERVICE_SPEC: Struct = Struct::new(
    "v1.ServiceSpec",
    &[
        list("ports", &Kind::Struct(&SERVICE_PORT)).key("port"),
        text_map("selector"),
        text("clusterIP"),
        texts("clusterIPs"),
        text("type"),
        texts("externalIPs"),
        text("sessionAffinity"),
        text("loadBalancerIP"),
        texts("loadBalancerSourceRanges"),
        text("externalName"),
        text("externalTrafficPolicy"),
        texts("ipFamilies"),
        text("ipFamilyPolicy").optional(),
        text("loadBalancerClass").optional(),
        text("internalTrafficPolicy").optional(),
        text("trafficDistribution").optional(),
    ],
);

pub static SERVICE: Struct = Struct::new(
    "v1.Service",
    &[
        text("kind"),
        text("apiVersion").go("APIVersion"),
        object("metadata", &OBJECT_META).go("ObjectMeta"),
        object("spec", &SERVICE_SPEC),
    ],
);

static NAMED: Struct = Struct::new("v1.ObjectReference", &[text("name")]);

pub static SERVICE_ACCOUNT: Struct = Struct::new(
    "v1.ServiceAccount",
    &[
        object("metadata", &OBJECT_META).go("ObjectMeta"),
        list("secrets", &Kind::Struct(&NAMED)).key("name"),
        list("imagePullSecrets", &Kind::Struct(&NAMED)),
    ],
);

static DISRUPTION_BUDGET_SPEC: Struct =
    Struct::new("v1.PodDisruptionBudgetSpec", &[any("minAvailable"), any("selector").whole(), any("maxUnavailable")]);

pub static DISRUPTION_BUDGET: Struct = Struct::new(
    "v1.PodDisruptionBudget",
    &[object("metadata", &OBJECT_META).go("ObjectMeta"), object("spec", &DISRUPTION_BUDGET_SPEC)],
);

/// Kinds whose lists are all replaced as wholes.
pub static PLAIN: Struct = Struct::new("v1.Object", &[object("metadata", &OBJECT_META).go("ObjectMeta")]);

static ADDRESS: Struct = Struct::new("v1.GatewaySpecAddress", &[text("type").optional(), text("value")]);

static LISTENER: Struct = Struct::new(
    "v1.Listener",
    &[
        text("name").always(),
        text("hostname").optional(),
        int32("port").always(),
        text("protocol").always(),
        any("tls").go("TLS").optional(),
        any("allowedRoutes").optional(),
    ],
);

pub static GATEWAY_SPEC: Struct = Struct::new(
    "v1.GatewaySpec",
    &[
        text("gatewayClassName").always(),
        list("listeners", &Kind::Struct(&LISTENER)).always(),
        list("addresses", &Kind::Struct(&ADDRESS)),
        any("infrastructure").optional(),
        any("allowedListeners").optional(),
        any("tls").go("TLS").optional(),
    ],
);
