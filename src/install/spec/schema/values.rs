//! The values of a whole-mesh installation.
//!
//! A second spelling with underscores is the protobuf name of a field, which the reference takes too.

use super::Shape::*;
use super::{Object, PROTO_INT32, PROTO_INT64, PROTO_UINT32, object};

static AGENTGATEWAY: Object = object("Agentgateway", &[("image", Text)]);

static ARCH_CONFIG: Object = object(
    "ArchConfig",
    &[("amd64", PROTO_UINT32), ("ppc64le", PROTO_UINT32), ("s390x", PROTO_UINT32), ("arm64", PROTO_UINT32)],
);

static BASE_CONFIG: Object = object(
    "BaseConfig",
    &[
        ("enableCRDTemplates", Bool),
        ("excludedCRDs", List(&Text)),
        ("validationURL", Text),
        ("enableIstioConfigCRDs", Bool),
        ("validateGateway", Bool),
        ("validationCABundle", Text),
    ],
);

static CNI_AMBIENT_CONFIG: Object = object(
    "CNIAmbientConfig",
    &[
        ("enabled", Bool),
        ("configDir", Text),
        ("dnsCapture", Bool),
        ("ipv6", Bool),
        ("reconcileIptablesOnStartup", Bool),
    ],
);

static CNI_CONFIG: Object = object(
    "CNIConfig",
    &[
        ("enabled", Bool),
        ("hub", Text),
        ("tag", Any),
        ("variant", Text),
        ("image", Text),
        ("pullPolicy", Text),
        ("cniBinDir", Text),
        ("cniConfDir", Text),
        ("cniConfFileName", Text),
        ("cniNetnsDir", Text),
        ("excludeNamespaces", List(&Text)),
        ("affinity", Tree),
        ("env", Tree),
        ("daemonSetLabels", Tree),
        ("podAnnotations", Tree),
        ("podLabels", Tree),
        ("pspClusterRole", Text),
        ("psp_cluster_role", Text),
        ("logLevel", Text),
        ("logging", Object(&GLOBAL_LOGGING_CONFIG)),
        ("repair", Object(&CNI_REPAIR_CONFIG)),
        ("chained", Bool),
        ("resourceQuotas", Object(&RESOURCE_QUOTAS)),
        ("resource_quotas", Object(&RESOURCE_QUOTAS)),
        ("resources", Object(&RESOURCES)),
        ("privileged", Bool),
        ("seccompProfile", Tree),
        ("ambient", Object(&CNI_AMBIENT_CONFIG)),
        ("provider", Text),
        ("rollingMaxUnavailable", IntOrText),
        ("istioOwnedCNIConfig", Bool),
        ("istioOwnedCNIConfigFileName", Text),
        ("useAppArmorAnnotation", Bool),
    ],
);

static CNI_REPAIR_CONFIG: Object = object(
    "CNIRepairConfig",
    &[
        ("enabled", Bool),
        ("hub", Text),
        ("tag", Any),
        ("image", Text),
        ("labelPods", Bool),
        ("repairPods", Bool),
        ("createEvents", Text),
        ("deletePods", Bool),
        ("brokenPodLabelKey", Text),
        ("brokenPodLabelValue", Text),
        ("initContainerName", Text),
    ],
);

static CNI_USAGE_CONFIG: Object = object("CNIUsageConfig", &[("enabled", Bool), ("chained", Bool), ("provider", Text)]);

static DEFAULT_POD_DISRUPTION_BUDGET_CONFIG: Object = object("DefaultPodDisruptionBudgetConfig", &[("enabled", Bool)]);

static DEFAULT_RESOURCES_CONFIG: Object =
    object("DefaultResourcesConfig", &[("requests", Object(&RESOURCES_REQUESTS_CONFIG))]);

static EGRESS_GATEWAY_CONFIG: Object = object(
    "EgressGatewayConfig",
    &[
        ("autoscaleEnabled", Bool),
        ("autoscaleMax", PROTO_UINT32),
        ("autoscaleMin", PROTO_UINT32),
        ("memory", Object(&TARGET_UTILIZATION_CONFIG)),
        ("cpu", Object(&TARGET_UTILIZATION_CONFIG)),
        ("customService", Bool),
        ("enabled", Bool),
        ("env", Tree),
        ("labels", Map(&Text)),
        ("name", Text),
        ("nodeSelector", Tree),
        ("podAnnotations", Tree),
        ("podAntiAffinityLabelSelector", List(&Tree)),
        ("podAntiAffinityTermLabelSelector", List(&Tree)),
        ("ports", List(&Object(&PORTS_CONFIG))),
        ("resources", Object(&RESOURCES)),
        ("secretVolumes", List(&Object(&SECRET_VOLUME))),
        ("serviceAnnotations", Tree),
        ("type", Text),
        ("tolerations", List(&Tree)),
        ("rollingMaxSurge", IntOrText),
        ("rollingMaxUnavailable", IntOrText),
        ("configVolumes", List(&Tree)),
        ("additionalContainers", List(&Tree)),
        ("runAsRoot", Bool),
        ("injectionTemplate", Text),
        ("serviceAccount", Object(&SERVICE_ACCOUNT)),
        ("ipFamilies", List(&Text)),
        ("ipFamilyPolicy", Text),
    ],
);

static EXPERIMENTAL_CONFIG: Object = object("ExperimentalConfig", &[("stableValidationPolicy", Bool)]);

static GATEWAYS_CONFIG: Object = object(
    "GatewaysConfig",
    &[
        ("istio-egressgateway", Object(&EGRESS_GATEWAY_CONFIG)),
        ("istio_egressgateway", Object(&EGRESS_GATEWAY_CONFIG)),
        ("enabled", Bool),
        ("istio-ingressgateway", Object(&INGRESS_GATEWAY_CONFIG)),
        ("istio_ingressgateway", Object(&INGRESS_GATEWAY_CONFIG)),
        ("securityContext", Any),
        ("seccompProfile", Any),
    ],
);

static GLOBAL_CONFIG: Object = object(
    "GlobalConfig",
    &[
        ("arch", Object(&ARCH_CONFIG)),
        ("certSigners", List(&Text)),
        ("configValidation", Bool),
        ("defaultNodeSelector", Tree),
        ("defaultPodDisruptionBudget", Object(&DEFAULT_POD_DISRUPTION_BUDGET_CONFIG)),
        ("defaultResources", Object(&DEFAULT_RESOURCES_CONFIG)),
        ("defaultTolerations", List(&Tree)),
        ("hub", Text),
        ("imagePullPolicy", Text),
        ("imagePullSecrets", List(&Text)),
        ("istioNamespace", Text),
        ("logAsJson", Bool),
        ("logging", Object(&GLOBAL_LOGGING_CONFIG)),
        ("meshID", Text),
        ("meshNetworks", Tree),
        ("multiCluster", Object(&MULTI_CLUSTER_CONFIG)),
        ("network", Text),
        ("podDNSSearchNamespaces", List(&Text)),
        ("omitSidecarInjectorConfigMap", Bool),
        ("operatorManageWebhooks", Bool),
        ("priorityClassName", Text),
        ("proxy", Object(&PROXY_CONFIG)),
        ("proxy_init", Object(&PROXY_INIT_CONFIG)),
        ("sds", Object(&SDS_CONFIG)),
        ("tag", Any),
        ("variant", Text),
        ("tracer", Object(&TRACER_CONFIG)),
        ("remotePilotAddress", Text),
        ("istiod", Object(&ISTIOD_CONFIG)),
        ("pilotCertProvider", Text),
        ("jwtPolicy", Text),
        ("sts", Object(&STS_CONFIG)),
        ("revision", Text),
        ("mountMtlsCerts", Bool),
        ("caAddress", Text),
        ("externalIstiod", Bool),
        ("configCluster", Bool),
        ("caName", Text),
        ("platform", Text),
        ("ipFamilies", List(&Text)),
        ("ipFamilyPolicy", Text),
        ("waypoint", Object(&WAYPOINT_CONFIG)),
        ("trustBundleName", Text),
        ("nativeNftables", Bool),
        ("networkPolicy", Object(&NETWORK_POLICY_CONFIG)),
        ("resourceScope", Choice(&["undefined", "all", "cluster", "namespace"])),
        ("agentgateway", Object(&AGENTGATEWAY)),
        ("enableReaderRBAC", Bool),
    ],
);

static GLOBAL_LOGGING_CONFIG: Object = object("GlobalLoggingConfig", &[("level", Text)]);

static INGRESS_GATEWAY_CONFIG: Object = object(
    "IngressGatewayConfig",
    &[
        ("autoscaleEnabled", Bool),
        ("autoscaleMax", PROTO_UINT32),
        ("autoscaleMin", PROTO_UINT32),
        ("memory", Object(&TARGET_UTILIZATION_CONFIG)),
        ("cpu", Object(&TARGET_UTILIZATION_CONFIG)),
        ("customService", Bool),
        ("enabled", Bool),
        ("env", Tree),
        ("labels", Map(&Text)),
        ("loadBalancerIP", Text),
        ("loadBalancerSourceRanges", List(&Text)),
        ("name", Text),
        ("nodeSelector", Tree),
        ("podAnnotations", Tree),
        ("podAntiAffinityLabelSelector", List(&Tree)),
        ("podAntiAffinityTermLabelSelector", List(&Tree)),
        ("ports", List(&Object(&PORTS_CONFIG))),
        ("replicaCount", PROTO_UINT32),
        ("resources", Tree),
        ("secretVolumes", List(&Object(&SECRET_VOLUME))),
        ("serviceAnnotations", Tree),
        ("type", Text),
        ("rollingMaxSurge", IntOrText),
        ("rollingMaxUnavailable", IntOrText),
        ("externalTrafficPolicy", Text),
        ("tolerations", List(&Tree)),
        ("ingressPorts", List(&Tree)),
        ("additionalContainers", List(&Tree)),
        ("configVolumes", List(&Tree)),
        ("runAsRoot", Bool),
        ("injectionTemplate", Text),
        ("serviceAccount", Object(&SERVICE_ACCOUNT)),
        ("ipFamilies", List(&Text)),
        ("ipFamilyPolicy", Text),
    ],
);

static ISTIOD_CONFIG: Object = object("IstiodConfig", &[("enableAnalysis", Bool)]);

static ISTIOD_REMOTE_CONFIG: Object = object(
    "IstiodRemoteConfig",
    &[
        ("injectionURL", Text),
        ("injectionPath", Text),
        ("injectionCABundle", Text),
        ("enabled", Bool),
        ("enabledLocalInjectorIstiod", Bool),
    ],
);

static MULTI_CLUSTER_CONFIG: Object = object(
    "MultiClusterConfig",
    &[("enabled", Bool), ("clusterName", Text), ("globalDomainSuffix", Text), ("includeEnvoyFilter", Bool)],
);

static NETWORK_POLICY_CONFIG: Object = object("NetworkPolicyConfig", &[("enabled", Bool)]);

static PILOT_CONFIG: Object = object(
    "PilotConfig",
    &[
        ("enabled", Bool),
        ("autoscaleEnabled", Bool),
        ("autoscaleMin", PROTO_UINT32),
        ("autoscaleMax", PROTO_UINT32),
        ("autoscaleBehavior", Tree),
        ("replicaCount", PROTO_UINT32),
        ("image", Text),
        ("traceSampling", Number),
        ("resources", Object(&RESOURCES)),
        ("cpu", Object(&TARGET_UTILIZATION_CONFIG)),
        ("nodeSelector", Tree),
        ("keepaliveMaxServerConnectionAge", Duration),
        ("deploymentLabels", Tree),
        ("podLabels", Tree),
        ("configMap", Bool),
        ("env", Tree),
        ("affinity", Tree),
        ("rollingMaxSurge", IntOrText),
        ("rollingMaxUnavailable", IntOrText),
        ("tolerations", List(&Tree)),
        ("podAnnotations", Tree),
        ("serviceAnnotations", Tree),
        ("serviceAccountAnnotations", Tree),
        ("jwksResolverExtraRootCA", Text),
        ("hub", Text),
        ("tag", Any),
        ("variant", Text),
        ("seccompProfile", Tree),
        ("topologySpreadConstraints", List(&Tree)),
        ("extraContainerArgs", List(&Tree)),
        ("volumeMounts", List(&Tree)),
        ("volumes", List(&Tree)),
        ("ipFamilies", List(&Text)),
        ("ipFamilyPolicy", Text),
        ("memory", Object(&TARGET_UTILIZATION_CONFIG)),
        ("cni", Object(&CNI_USAGE_CONFIG)),
        ("taint", Object(&PILOT_TAINT_CONTROLLER_CONFIG)),
        ("trustedZtunnelNamespace", Text),
        ("istiodRemote", Object(&ISTIOD_REMOTE_CONFIG)),
        ("envVarFrom", List(&Tree)),
        ("crlConfigMapName", Text),
    ],
);

static PILOT_TAINT_CONTROLLER_CONFIG: Object =
    object("PilotTaintControllerConfig", &[("enabled", Bool), ("namespace", Text), ("name", Text)]);

static PORTS_CONFIG: Object = object(
    "PortsConfig",
    &[
        ("name", Text),
        ("port", PROTO_INT32),
        ("nodePort", PROTO_INT32),
        ("targetPort", PROTO_INT32),
        ("protocol", Text),
    ],
);

static PROXY_CONFIG: Object = object(
    "ProxyConfig",
    &[
        ("autoInject", Text),
        ("clusterDomain", Text),
        ("componentLogLevel", Text),
        ("enableCoreDump", Bool),
        ("excludeInboundPorts", Text),
        ("excludeIPRanges", Text),
        ("image", Text),
        ("includeIPRanges", Text),
        ("logLevel", Text),
        ("outlierLogPath", Text),
        ("privileged", Bool),
        ("readinessInitialDelaySeconds", PROTO_UINT32),
        ("readinessPeriodSeconds", PROTO_UINT32),
        ("readinessFailureThreshold", PROTO_UINT32),
        ("seccompProfile", Tree),
        ("startupProbe", Object(&STARTUP_PROBE)),
        ("statusPort", PROTO_UINT32),
        ("resources", Object(&RESOURCES)),
        ("tracer", Choice(&["zipkin", "lightstep", "datadog", "stackdriver", "openCensusAgent", "none"])),
        ("excludeOutboundPorts", Text),
        ("lifecycle", Tree),
        ("holdApplicationUntilProxyStarts", Bool),
        ("includeInboundPorts", Text),
        ("includeOutboundPorts", Text),
    ],
);

static PROXY_INIT_CONFIG: Object = object("ProxyInitConfig", &[("image", Text), ("resources", Object(&RESOURCES))]);

static RESOURCE_QUOTAS: Object = object("ResourceQuotas", &[("enabled", Bool), ("pods", PROTO_INT64)]);

static RESOURCES: Object = object("Resources", &[("limits", Map(&Text)), ("requests", Map(&Text))]);

static RESOURCES_REQUESTS_CONFIG: Object = object("ResourcesRequestsConfig", &[("cpu", Text), ("memory", Text)]);

static SDS_CONFIG: Object = object("SDSConfig", &[("token", Tree)]);

static STS_CONFIG: Object = object("STSConfig", &[("servicePort", PROTO_UINT32)]);

static SECRET_VOLUME: Object = object("SecretVolume", &[("mountPath", Text), ("name", Text), ("secretName", Text)]);

static SERVICE_ACCOUNT: Object = object("ServiceAccount", &[("annotations", Tree)]);

static SIDECAR_INJECTOR_CONFIG: Object = object(
    "SidecarInjectorConfig",
    &[
        ("enableNamespacesByDefault", Bool),
        ("reinvocationPolicy", Text),
        ("neverInjectSelector", List(&Tree)),
        ("alwaysInjectSelector", List(&Tree)),
        ("rewriteAppHTTPProbe", Bool),
        ("injectedAnnotations", Tree),
        ("injectionURL", Text),
        ("templates", Tree),
        ("defaultTemplates", List(&Text)),
    ],
);

static STARTUP_PROBE: Object = object("StartupProbe", &[("enabled", Bool), ("failureThreshold", PROTO_UINT32)]);

static TARGET_UTILIZATION_CONFIG: Object =
    object("TargetUtilizationConfig", &[("targetAverageUtilization", PROTO_INT32)]);

static TELEMETRY_CONFIG: Object = object("TelemetryConfig", &[("enabled", Bool), ("v2", Object(&TELEMETRY_V2_CONFIG))]);

static TELEMETRY_V2_CONFIG: Object = object(
    "TelemetryV2Config",
    &[
        ("enabled", Bool),
        ("prometheus", Object(&TELEMETRY_V2_PROMETHEUS_CONFIG)),
        ("stackdriver", Object(&TELEMETRY_V2_STACK_DRIVER_CONFIG)),
    ],
);

static TELEMETRY_V2_PROMETHEUS_CONFIG: Object = object("TelemetryV2PrometheusConfig", &[("enabled", Bool)]);

static TELEMETRY_V2_STACK_DRIVER_CONFIG: Object = object("TelemetryV2StackDriverConfig", &[("enabled", Bool)]);

static TRACER_CONFIG: Object = object(
    "TracerConfig",
    &[
        ("datadog", Object(&TRACER_DATADOG_CONFIG)),
        ("lightstep", Object(&TRACER_LIGHT_STEP_CONFIG)),
        ("zipkin", Object(&TRACER_ZIPKIN_CONFIG)),
        ("stackdriver", Object(&TRACER_STACKDRIVER_CONFIG)),
    ],
);

static TRACER_DATADOG_CONFIG: Object = object("TracerDatadogConfig", &[("address", Text)]);

static TRACER_LIGHT_STEP_CONFIG: Object = object("TracerLightStepConfig", &[("address", Text), ("accessToken", Text)]);

static TRACER_STACKDRIVER_CONFIG: Object = object(
    "TracerStackdriverConfig",
    &[
        ("debug", Bool),
        ("maxNumberOfAttributes", PROTO_UINT32),
        ("maxNumberOfAnnotations", PROTO_UINT32),
        ("maxNumberOfMessageEvents", PROTO_UINT32),
    ],
);

static TRACER_ZIPKIN_CONFIG: Object = object("TracerZipkinConfig", &[("address", Text)]);

pub(super) static VALUES: Object = object(
    "Values",
    &[
        ("cni", Object(&CNI_CONFIG)),
        ("gateways", Object(&GATEWAYS_CONFIG)),
        ("global", Object(&GLOBAL_CONFIG)),
        ("pilot", Object(&PILOT_CONFIG)),
        ("ztunnel", Any),
        ("telemetry", Object(&TELEMETRY_CONFIG)),
        ("sidecarInjectorWebhook", Object(&SIDECAR_INJECTOR_CONFIG)),
        ("istioCni", Object(&CNI_USAGE_CONFIG)),
        ("istio_cni", Object(&CNI_USAGE_CONFIG)),
        ("revision", Text),
        ("ownerName", Text),
        ("meshConfig", Any),
        ("base", Object(&BASE_CONFIG)),
        ("istiodRemote", Object(&ISTIOD_REMOTE_CONFIG)),
        ("revisionTags", List(&Text)),
        ("defaultRevision", Text),
        ("profile", Text),
        ("compatibilityVersion", Text),
        ("experimental", Object(&EXPERIMENTAL_CONFIG)),
        ("gatewayClasses", Any),
    ],
);

static WAYPOINT_CONFIG: Object = object(
    "WaypointConfig",
    &[
        ("resources", Object(&RESOURCES)),
        ("affinity", Tree),
        ("topologySpreadConstraints", List(&Tree)),
        ("nodeSelector", Tree),
        ("toleration", List(&Tree)),
    ],
);
