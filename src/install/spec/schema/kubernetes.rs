//! The Kubernetes types that `k8s` settings and some values hold, without volumes.

use super::Shape::*;
use super::{INT32, INT64, Object, object};

pub(super) static AFFINITY: Object = object(
    "Affinity",
    &[
        ("nodeAffinity", Object(&NODE_AFFINITY)),
        ("podAffinity", Object(&POD_AFFINITY)),
        ("podAntiAffinity", Object(&POD_ANTI_AFFINITY)),
    ],
);

pub(super) static APP_ARMOR_PROFILE: Object = object("AppArmorProfile", &[("type", Text), ("localhostProfile", Text)]);

pub(super) static CLIENT_IP_CONFIG: Object = object("ClientIPConfig", &[("timeoutSeconds", INT32)]);

pub(super) static CONFIG_MAP_KEY_SELECTOR: Object =
    object("ConfigMapKeySelector", &[("name", Text), ("key", Text), ("optional", Bool)]);

pub(super) static DEPLOYMENT_STRATEGY: Object =
    object("DeploymentStrategy", &[("type", Text), ("rollingUpdate", Object(&ROLLING_UPDATE_DEPLOYMENT))]);

pub(super) static ENV_VAR: Object =
    object("EnvVar", &[("name", Text), ("value", Text), ("valueFrom", Object(&ENV_VAR_SOURCE))]);

pub(super) static ENV_VAR_SOURCE: Object = object(
    "EnvVarSource",
    &[
        ("fieldRef", Object(&OBJECT_FIELD_SELECTOR)),
        ("resourceFieldRef", Object(&RESOURCE_FIELD_SELECTOR)),
        ("configMapKeyRef", Object(&CONFIG_MAP_KEY_SELECTOR)),
        ("secretKeyRef", Object(&SECRET_KEY_SELECTOR)),
        ("fileKeyRef", Object(&FILE_KEY_SELECTOR)),
    ],
);

pub(super) static EXEC_ACTION: Object = object("ExecAction", &[("command", List(&Text))]);

pub(super) static FILE_KEY_SELECTOR: Object =
    object("FileKeySelector", &[("volumeName", Text), ("path", Text), ("key", Text), ("optional", Bool)]);

pub(super) static GRPC_ACTION: Object = object("GRPCAction", &[("port", INT32), ("service", Text)]);

pub(super) static HTTP_GET_ACTION: Object = object(
    "HTTPGetAction",
    &[
        ("path", Text),
        ("port", IntOrText),
        ("host", Text),
        ("scheme", Text),
        ("httpHeaders", List(&Object(&HTTP_HEADER))),
    ],
);

pub(super) static HTTP_HEADER: Object = object("HTTPHeader", &[("name", Text), ("value", Text)]);

pub(super) static LABEL_SELECTOR: Object = object(
    "LabelSelector",
    &[("matchLabels", Map(&Text)), ("matchExpressions", List(&Object(&LABEL_SELECTOR_REQUIREMENT)))],
);

pub(super) static LABEL_SELECTOR_REQUIREMENT: Object =
    object("LabelSelectorRequirement", &[("key", Text), ("operator", Text), ("values", List(&Text))]);

pub(super) static NODE_AFFINITY: Object = object(
    "NodeAffinity",
    &[
        ("requiredDuringSchedulingIgnoredDuringExecution", Object(&NODE_SELECTOR)),
        ("preferredDuringSchedulingIgnoredDuringExecution", List(&Object(&PREFERRED_SCHEDULING_TERM))),
    ],
);

pub(super) static NODE_SELECTOR: Object =
    object("NodeSelector", &[("nodeSelectorTerms", List(&Object(&NODE_SELECTOR_TERM)))]);

pub(super) static NODE_SELECTOR_REQUIREMENT: Object =
    object("NodeSelectorRequirement", &[("key", Text), ("operator", Text), ("values", List(&Text))]);

pub(super) static NODE_SELECTOR_TERM: Object = object(
    "NodeSelectorTerm",
    &[
        ("matchExpressions", List(&Object(&NODE_SELECTOR_REQUIREMENT))),
        ("matchFields", List(&Object(&NODE_SELECTOR_REQUIREMENT))),
    ],
);

pub(super) static OBJECT_FIELD_SELECTOR: Object =
    object("ObjectFieldSelector", &[("apiVersion", Text), ("fieldPath", Text)]);

pub(super) static POD_AFFINITY: Object = object(
    "PodAffinity",
    &[
        ("requiredDuringSchedulingIgnoredDuringExecution", List(&Object(&POD_AFFINITY_TERM))),
        ("preferredDuringSchedulingIgnoredDuringExecution", List(&Object(&WEIGHTED_POD_AFFINITY_TERM))),
    ],
);

pub(super) static POD_AFFINITY_TERM: Object = object(
    "PodAffinityTerm",
    &[
        ("labelSelector", Object(&LABEL_SELECTOR)),
        ("namespaces", List(&Text)),
        ("topologyKey", Text),
        ("namespaceSelector", Object(&LABEL_SELECTOR)),
        ("matchLabelKeys", List(&Text)),
        ("mismatchLabelKeys", List(&Text)),
    ],
);

pub(super) static POD_ANTI_AFFINITY: Object = object(
    "PodAntiAffinity",
    &[
        ("requiredDuringSchedulingIgnoredDuringExecution", List(&Object(&POD_AFFINITY_TERM))),
        ("preferredDuringSchedulingIgnoredDuringExecution", List(&Object(&WEIGHTED_POD_AFFINITY_TERM))),
    ],
);

pub(super) static POD_DISRUPTION_BUDGET_SPEC: Object = object(
    "PodDisruptionBudgetSpec",
    &[
        ("minAvailable", IntOrText),
        ("selector", Object(&LABEL_SELECTOR)),
        ("maxUnavailable", IntOrText),
        ("unhealthyPodEvictionPolicy", Text),
    ],
);

pub(super) static POD_SECURITY_CONTEXT: Object = object(
    "PodSecurityContext",
    &[
        ("seLinuxOptions", Object(&SE_LINUX_OPTIONS)),
        ("windowsOptions", Object(&WINDOWS_SECURITY_CONTEXT_OPTIONS)),
        ("runAsUser", INT64),
        ("runAsGroup", INT64),
        ("runAsNonRoot", Bool),
        ("supplementalGroups", List(&INT64)),
        ("supplementalGroupsPolicy", Text),
        ("fsGroup", INT64),
        ("sysctls", List(&Object(&SYSCTL))),
        ("fsGroupChangePolicy", Text),
        ("seccompProfile", Object(&SECCOMP_PROFILE)),
        ("appArmorProfile", Object(&APP_ARMOR_PROFILE)),
        ("seLinuxChangePolicy", Text),
    ],
);

pub(super) static PREFERRED_SCHEDULING_TERM: Object =
    object("PreferredSchedulingTerm", &[("weight", INT32), ("preference", Object(&NODE_SELECTOR_TERM))]);

pub(super) static PROBE: Object = object(
    "Probe",
    &[
        ("exec", Object(&EXEC_ACTION)),
        ("httpGet", Object(&HTTP_GET_ACTION)),
        ("tcpSocket", Object(&TCP_SOCKET_ACTION)),
        ("grpc", Object(&GRPC_ACTION)),
        ("initialDelaySeconds", INT32),
        ("timeoutSeconds", INT32),
        ("periodSeconds", INT32),
        ("successThreshold", INT32),
        ("failureThreshold", INT32),
        ("terminationGracePeriodSeconds", INT64),
    ],
);

pub(super) static RESOURCE_CLAIM: Object = object("ResourceClaim", &[("name", Text), ("request", Text)]);

pub(super) static RESOURCE_FIELD_SELECTOR: Object =
    object("ResourceFieldSelector", &[("containerName", Text), ("resource", Text), ("divisor", Quantity)]);

pub(super) static RESOURCE_REQUIREMENTS: Object = object(
    "ResourceRequirements",
    &[("limits", Map(&Quantity)), ("requests", Map(&Quantity)), ("claims", List(&Object(&RESOURCE_CLAIM)))],
);

pub(super) static ROLLING_UPDATE_DEPLOYMENT: Object =
    object("RollingUpdateDeployment", &[("maxUnavailable", IntOrText), ("maxSurge", IntOrText)]);

pub(super) static SE_LINUX_OPTIONS: Object =
    object("SELinuxOptions", &[("user", Text), ("role", Text), ("type", Text), ("level", Text)]);

pub(super) static SECCOMP_PROFILE: Object = object("SeccompProfile", &[("type", Text), ("localhostProfile", Text)]);

pub(super) static SECRET_KEY_SELECTOR: Object =
    object("SecretKeySelector", &[("name", Text), ("key", Text), ("optional", Bool)]);

pub(super) static SERVICE_PORT: Object = object(
    "ServicePort",
    &[
        ("name", Text),
        ("protocol", Text),
        ("appProtocol", Text),
        ("port", INT32),
        ("targetPort", IntOrText),
        ("nodePort", INT32),
    ],
);

pub(super) static SERVICE_SPEC: Object = object(
    "ServiceSpec",
    &[
        ("ports", List(&Object(&SERVICE_PORT))),
        ("selector", Map(&Text)),
        ("clusterIP", Text),
        ("clusterIPs", List(&Text)),
        ("type", Text),
        ("externalIPs", List(&Text)),
        ("sessionAffinity", Text),
        ("loadBalancerIP", Text),
        ("loadBalancerSourceRanges", List(&Text)),
        ("externalName", Text),
        ("externalTrafficPolicy", Text),
        ("healthCheckNodePort", INT32),
        ("publishNotReadyAddresses", Bool),
        ("sessionAffinityConfig", Object(&SESSION_AFFINITY_CONFIG)),
        ("ipFamilies", List(&Text)),
        ("ipFamilyPolicy", Text),
        ("allocateLoadBalancerNodePorts", Bool),
        ("loadBalancerClass", Text),
        ("internalTrafficPolicy", Text),
        ("trafficDistribution", Text),
    ],
);

pub(super) static SESSION_AFFINITY_CONFIG: Object =
    object("SessionAffinityConfig", &[("clientIP", Object(&CLIENT_IP_CONFIG))]);

pub(super) static SYSCTL: Object = object("Sysctl", &[("name", Text), ("value", Text)]);

pub(super) static TCP_SOCKET_ACTION: Object = object("TCPSocketAction", &[("port", IntOrText), ("host", Text)]);

pub(super) static TOLERATION: Object = object(
    "Toleration",
    &[("key", Text), ("operator", Text), ("value", Text), ("effect", Text), ("tolerationSeconds", INT64)],
);

pub(super) static VOLUME_MOUNT: Object = object(
    "VolumeMount",
    &[
        ("name", Text),
        ("readOnly", Bool),
        ("recursiveReadOnly", Text),
        ("mountPath", Text),
        ("subPath", Text),
        ("mountPropagation", Text),
        ("subPathExpr", Text),
    ],
);

pub(super) static WEIGHTED_POD_AFFINITY_TERM: Object =
    object("WeightedPodAffinityTerm", &[("weight", INT32), ("podAffinityTerm", Object(&POD_AFFINITY_TERM))]);

pub(super) static WINDOWS_SECURITY_CONTEXT_OPTIONS: Object = object(
    "WindowsSecurityContextOptions",
    &[("gmsaCredentialSpecName", Text), ("gmsaCredentialSpec", Text), ("runAsUserName", Text), ("hostProcess", Bool)],
);

pub(super) static CONTAINER_RESOURCE_METRIC_SOURCE: Object =
    object("ContainerResourceMetricSource", &[("name", Text), ("target", Object(&METRIC_TARGET)), ("container", Text)]);

pub(super) static CROSS_VERSION_OBJECT_REFERENCE: Object =
    object("CrossVersionObjectReference", &[("kind", Text), ("name", Text), ("apiVersion", Text)]);

pub(super) static EXTERNAL_METRIC_SOURCE: Object =
    object("ExternalMetricSource", &[("metric", Object(&METRIC_IDENTIFIER)), ("target", Object(&METRIC_TARGET))]);

pub(super) static HPA_SCALING_POLICY: Object =
    object("HPAScalingPolicy", &[("type", Text), ("value", INT32), ("periodSeconds", INT32)]);

pub(super) static HPA_SCALING_RULES: Object = object(
    "HPAScalingRules",
    &[
        ("stabilizationWindowSeconds", INT32),
        ("selectPolicy", Text),
        ("policies", List(&Object(&HPA_SCALING_POLICY))),
        ("tolerance", Quantity),
    ],
);

pub(super) static HORIZONTAL_POD_AUTOSCALER_BEHAVIOR: Object = object(
    "HorizontalPodAutoscalerBehavior",
    &[("scaleUp", Object(&HPA_SCALING_RULES)), ("scaleDown", Object(&HPA_SCALING_RULES))],
);

pub(super) static HORIZONTAL_POD_AUTOSCALER_SPEC: Object = object(
    "HorizontalPodAutoscalerSpec",
    &[
        ("scaleTargetRef", Object(&CROSS_VERSION_OBJECT_REFERENCE)),
        ("minReplicas", INT32),
        ("maxReplicas", INT32),
        ("metrics", List(&Object(&METRIC_SPEC))),
        ("behavior", Object(&HORIZONTAL_POD_AUTOSCALER_BEHAVIOR)),
    ],
);

pub(super) static METRIC_IDENTIFIER: Object =
    object("MetricIdentifier", &[("name", Text), ("selector", Object(&LABEL_SELECTOR))]);

pub(super) static METRIC_SPEC: Object = object(
    "MetricSpec",
    &[
        ("type", Text),
        ("object", Object(&OBJECT_METRIC_SOURCE)),
        ("pods", Object(&PODS_METRIC_SOURCE)),
        ("resource", Object(&RESOURCE_METRIC_SOURCE)),
        ("containerResource", Object(&CONTAINER_RESOURCE_METRIC_SOURCE)),
        ("external", Object(&EXTERNAL_METRIC_SOURCE)),
    ],
);

pub(super) static METRIC_TARGET: Object = object(
    "MetricTarget",
    &[("type", Text), ("value", Quantity), ("averageValue", Quantity), ("averageUtilization", INT32)],
);

pub(super) static OBJECT_METRIC_SOURCE: Object = object(
    "ObjectMetricSource",
    &[
        ("describedObject", Object(&CROSS_VERSION_OBJECT_REFERENCE)),
        ("target", Object(&METRIC_TARGET)),
        ("metric", Object(&METRIC_IDENTIFIER)),
    ],
);

pub(super) static PODS_METRIC_SOURCE: Object =
    object("PodsMetricSource", &[("metric", Object(&METRIC_IDENTIFIER)), ("target", Object(&METRIC_TARGET))]);

pub(super) static RESOURCE_METRIC_SOURCE: Object =
    object("ResourceMetricSource", &[("name", Text), ("target", Object(&METRIC_TARGET))]);

pub(super) static TOPOLOGY_SPREAD_CONSTRAINT: Object = object(
    "TopologySpreadConstraint",
    &[
        ("maxSkew", INT32),
        ("topologyKey", Text),
        ("whenUnsatisfiable", Text),
        ("labelSelector", Object(&LABEL_SELECTOR)),
        ("minDomains", INT32),
        ("nodeAffinityPolicy", Text),
        ("nodeTaintsPolicy", Text),
        ("matchLabelKeys", List(&Text)),
    ],
);

static SLEEP_ACTION: Object = object("SleepAction", &[("seconds", INT64)]);

static LIFECYCLE_HANDLER: Object = object(
    "LifecycleHandler",
    &[
        ("exec", Object(&EXEC_ACTION)),
        ("httpGet", Object(&HTTP_GET_ACTION)),
        ("tcpSocket", Object(&TCP_SOCKET_ACTION)),
        ("sleep", Object(&SLEEP_ACTION)),
    ],
);

pub(super) static LIFECYCLE: Object = object(
    "Lifecycle",
    &[("postStart", Object(&LIFECYCLE_HANDLER)), ("preStop", Object(&LIFECYCLE_HANDLER)), ("stopSignal", Text)],
);
