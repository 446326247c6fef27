//! core/v1: pods, containers, probes, scheduling.

use super::meta::{LABEL_SELECTOR, OBJECT_META};
use super::status::POD_STATUS;
use super::volume::{FIELD_SELECTOR, LOCAL_REFERENCE, RESOURCE_SELECTOR, VOLUME};
use super::{Kind, Struct, boolean, int_or_text, int32, int64, list, object, quantities, text, text_map, texts};

static PORT: Struct = Struct::new(
    "v1.ContainerPort",
    &[
        text("name"),
        int32("hostPort"),
        int32("containerPort").always(),
        text("protocol").named("v1.Protocol"),
        text("hostIP"),
    ],
);

static KEY_SELECTOR: Struct =
    Struct::new("v1.ConfigMapKeySelector", &[text("name"), text("key").always(), boolean("optional").optional()])
        .embedding(&["LocalObjectReference"]);

static SECRET_SELECTOR: Struct =
    Struct::new("v1.SecretKeySelector", &[text("name"), text("key").always(), boolean("optional").optional()])
        .embedding(&["LocalObjectReference"]);

static FILE_SELECTOR: Struct = Struct::new(
    "v1.FileKeySelector",
    &[text("volumeName").always(), text("path").always(), text("key").always(), boolean("optional").optional()],
);

static ENV_SOURCE: Struct = Struct::new(
    "v1.EnvVarSource",
    &[
        object("fieldRef", &FIELD_SELECTOR).optional(),
        object("resourceFieldRef", &RESOURCE_SELECTOR).optional(),
        object("configMapKeyRef", &KEY_SELECTOR).optional(),
        object("secretKeyRef", &SECRET_SELECTOR).optional(),
        object("fileKeyRef", &FILE_SELECTOR).optional(),
    ],
);

static ENV: Struct =
    Struct::new("v1.EnvVar", &[text("name").always(), text("value"), object("valueFrom", &ENV_SOURCE).optional()]);

static ENV_SOURCE_REFERENCE: Struct =
    Struct::new("v1.ConfigMapEnvSource", &[text("name"), boolean("optional").optional()])
        .embedding(&["LocalObjectReference"]);

static SECRET_REFERENCE: Struct = Struct::new("v1.SecretEnvSource", &[text("name"), boolean("optional").optional()])
    .embedding(&["LocalObjectReference"]);

static ENV_FROM: Struct = Struct::new(
    "v1.EnvFromSource",
    &[
        text("prefix"),
        object("configMapRef", &ENV_SOURCE_REFERENCE).optional(),
        object("secretRef", &SECRET_REFERENCE).optional(),
    ],
);

static CONTAINER_CLAIM: Struct = Struct::new("v1.ResourceClaim", &[text("name").always(), text("request")]);

pub static RESOURCES: Struct = Struct::new(
    "v1.ResourceRequirements",
    &[quantities("limits"), quantities("requests"), list("claims", &Kind::Struct(&CONTAINER_CLAIM))],
);

static RESIZE_POLICY: Struct = Struct::new(
    "v1.ContainerResizePolicy",
    &[
        text("resourceName").named("v1.ResourceName").always(),
        text("restartPolicy").named("v1.ResourceResizeRestartPolicy").always(),
    ],
);

static EXIT_CODES: Struct = Struct::new(
    "v1.ContainerRestartRuleOnExitCodes",
    &[text("operator").named("v1.ContainerRestartRuleOnExitCodesOperator"), list("values", &Kind::Int32)],
);

static RESTART_RULE: Struct = Struct::new(
    "v1.ContainerRestartRule",
    &[text("action").named("v1.ContainerRestartRuleAction"), object("exitCodes", &EXIT_CODES).optional()],
);

static VOLUME_MOUNT: Struct = Struct::new(
    "v1.VolumeMount",
    &[
        text("name").always(),
        boolean("readOnly"),
        text("recursiveReadOnly").named("v1.RecursiveReadOnlyMode").optional(),
        text("mountPath").always(),
        text("subPath"),
        text("mountPropagation").named("v1.MountPropagationMode").optional(),
        text("subPathExpr"),
    ],
);

static VOLUME_DEVICE: Struct = Struct::new("v1.VolumeDevice", &[text("name").always(), text("devicePath").always()]);

static HEADER: Struct = Struct::new("v1.HTTPHeader", &[text("name").always(), text("value").always()]);

static EXEC: Struct = Struct::new("v1.ExecAction", &[texts("command")]);

pub static HTTP_GET: Struct = Struct::new(
    "v1.HTTPGetAction",
    &[
        text("path"),
        int_or_text("port").always(),
        text("host"),
        text("scheme").named("v1.URIScheme"),
        list("httpHeaders", &Kind::Struct(&HEADER)).go("HTTPHeaders"),
    ],
);

pub static TCP_SOCKET: Struct = Struct::new("v1.TCPSocketAction", &[int_or_text("port").always(), text("host")]);

pub static GRPC: Struct = Struct::new("v1.GRPCAction", &[int32("port").always(), text("service").optional().always()]);

pub static PROBE: Struct = Struct::new(
    "v1.Probe",
    &[
        object("exec", &EXEC).optional(),
        object("httpGet", &HTTP_GET).go("HTTPGet").optional(),
        object("tcpSocket", &TCP_SOCKET).go("TCPSocket").optional(),
        object("grpc", &GRPC).go("GRPC").optional(),
        int32("initialDelaySeconds"),
        int32("timeoutSeconds"),
        int32("periodSeconds"),
        int32("successThreshold"),
        int32("failureThreshold"),
        int64("terminationGracePeriodSeconds").optional(),
    ],
)
.embedding(&["ProbeHandler"]);

static SLEEP: Struct = Struct::new("v1.SleepAction", &[int64("seconds").always()]);

static HANDLER: Struct = Struct::new(
    "v1.LifecycleHandler",
    &[
        object("exec", &EXEC).optional(),
        object("httpGet", &HTTP_GET).go("HTTPGet").optional(),
        object("tcpSocket", &TCP_SOCKET).go("TCPSocket").optional(),
        object("sleep", &SLEEP).optional(),
    ],
);

static LIFECYCLE: Struct = Struct::new(
    "v1.Lifecycle",
    &[
        object("postStart", &HANDLER).optional(),
        object("preStop", &HANDLER).optional(),
        text("stopSignal").named("v1.Signal").optional(),
    ],
);

static CAPABILITIES: Struct =
    Struct::new("v1.Capabilities", &[texts("add").named("v1.Capability"), texts("drop").named("v1.Capability")]);

static SELINUX: Struct = Struct::new("v1.SELinuxOptions", &[text("user"), text("role"), text("type"), text("level")]);

static WINDOWS: Struct = Struct::new(
    "v1.WindowsSecurityContextOptions",
    &[
        text("gmsaCredentialSpecName").go("GMSACredentialSpecName").optional(),
        text("gmsaCredentialSpec").go("GMSACredentialSpec").optional(),
        text("runAsUserName").optional(),
        boolean("hostProcess").optional(),
    ],
);

static SECCOMP: Struct = Struct::new(
    "v1.SeccompProfile",
    &[text("type").named("v1.SeccompProfileType").always(), text("localhostProfile").optional()],
);

static APP_ARMOR: Struct = Struct::new(
    "v1.AppArmorProfile",
    &[text("type").named("v1.AppArmorProfileType").always(), text("localhostProfile").optional()],
);

static SECURITY_CONTEXT: Struct = Struct::new(
    "v1.SecurityContext",
    &[
        object("capabilities", &CAPABILITIES).optional(),
        boolean("privileged").optional(),
        object("seLinuxOptions", &SELINUX).go("SELinuxOptions").optional(),
        object("windowsOptions", &WINDOWS).optional(),
        int64("runAsUser").optional(),
        int64("runAsGroup").optional(),
        boolean("runAsNonRoot").optional(),
        boolean("readOnlyRootFilesystem").optional(),
        boolean("allowPrivilegeEscalation").optional(),
        text("procMount").named("v1.ProcMountType").optional(),
        object("seccompProfile", &SECCOMP).optional(),
        object("appArmorProfile", &APP_ARMOR).optional(),
    ],
);

macro_rules! container_fields {
    ($($extra:expr),*) => {
        &[
            text("name").always(),
            text("image"),
            texts("command"),
            texts("args"),
            text("workingDir"),
            list("ports", &Kind::Struct(&PORT)).key("containerPort"),
            list("envFrom", &Kind::Struct(&ENV_FROM)),
            list("env", &Kind::Struct(&ENV)).key("name"),
            object("resources", &RESOURCES),
            list("resizePolicy", &Kind::Struct(&RESIZE_POLICY)),
            text("restartPolicy").named("v1.ContainerRestartPolicy").optional(),
            list("restartPolicyRules", &Kind::Struct(&RESTART_RULE)),
            list("volumeMounts", &Kind::Struct(&VOLUME_MOUNT)).key("mountPath"),
            list("volumeDevices", &Kind::Struct(&VOLUME_DEVICE)).key("devicePath"),
            object("livenessProbe", &PROBE).optional(),
            object("readinessProbe", &PROBE).optional(),
            object("startupProbe", &PROBE).optional(),
            object("lifecycle", &LIFECYCLE).optional(),
            text("terminationMessagePath"),
            text("terminationMessagePolicy").named("v1.TerminationMessagePolicy"),
            text("imagePullPolicy").named("v1.PullPolicy"),
            object("securityContext", &SECURITY_CONTEXT).optional(),
            boolean("stdin"),
            boolean("stdinOnce"),
            boolean("tty").go("TTY"),
            $($extra),*
        ]
    };
}

pub static CONTAINER: Struct = Struct::new("v1.Container", container_fields!());

static EPHEMERAL_CONTAINER: Struct =
    Struct::new("v1.EphemeralContainer", container_fields!(text("targetContainerName")))
        .embedding(&["EphemeralContainerCommon"]);

static SYSCTL: Struct = Struct::new("v1.Sysctl", &[text("name").always(), text("value").always()]);

static POD_SECURITY: Struct = Struct::new(
    "v1.PodSecurityContext",
    &[
        object("seLinuxOptions", &SELINUX).go("SELinuxOptions").optional(),
        object("windowsOptions", &WINDOWS).optional(),
        int64("runAsUser").optional(),
        int64("runAsGroup").optional(),
        boolean("runAsNonRoot").optional(),
        list("supplementalGroups", &Kind::Int64),
        text("supplementalGroupsPolicy").named("v1.SupplementalGroupsPolicy").optional(),
        int64("fsGroup").go("FSGroup").optional(),
        list("sysctls", &Kind::Struct(&SYSCTL)),
        text("fsGroupChangePolicy").named("v1.PodFSGroupChangePolicy").go("FSGroupChangePolicy").optional(),
        object("seccompProfile", &SECCOMP).optional(),
        object("appArmorProfile", &APP_ARMOR).optional(),
        text("seLinuxChangePolicy").named("v1.PodSELinuxChangePolicy").go("SELinuxChangePolicy").optional(),
    ],
);

static NODE_REQUIREMENT: Struct = Struct::new(
    "v1.NodeSelectorRequirement",
    &[text("key").always(), text("operator").named("v1.NodeSelectorOperator").always(), texts("values")],
);

static NODE_TERM: Struct = Struct::new(
    "v1.NodeSelectorTerm",
    &[
        list("matchExpressions", &Kind::Struct(&NODE_REQUIREMENT)),
        list("matchFields", &Kind::Struct(&NODE_REQUIREMENT)),
    ],
);

static NODE_SELECTOR: Struct =
    Struct::new("v1.NodeSelector", &[list("nodeSelectorTerms", &Kind::Struct(&NODE_TERM)).always()]);

static PREFERRED_NODE: Struct =
    Struct::new("v1.PreferredSchedulingTerm", &[int32("weight").always(), object("preference", &NODE_TERM).always()]);

static NODE_AFFINITY: Struct = Struct::new(
    "v1.NodeAffinity",
    &[
        object("requiredDuringSchedulingIgnoredDuringExecution", &NODE_SELECTOR).optional(),
        list("preferredDuringSchedulingIgnoredDuringExecution", &Kind::Struct(&PREFERRED_NODE)),
    ],
);

static POD_TERM: Struct = Struct::new(
    "v1.PodAffinityTerm",
    &[
        object("labelSelector", &LABEL_SELECTOR).optional(),
        texts("namespaces"),
        text("topologyKey").always(),
        object("namespaceSelector", &LABEL_SELECTOR).optional(),
        texts("matchLabelKeys"),
        texts("mismatchLabelKeys"),
    ],
);

static WEIGHTED_POD: Struct = Struct::new(
    "v1.WeightedPodAffinityTerm",
    &[int32("weight").always(), object("podAffinityTerm", &POD_TERM).always()],
);

static POD_AFFINITY: Struct = Struct::new(
    "v1.PodAffinity",
    &[
        list("requiredDuringSchedulingIgnoredDuringExecution", &Kind::Struct(&POD_TERM)),
        list("preferredDuringSchedulingIgnoredDuringExecution", &Kind::Struct(&WEIGHTED_POD)),
    ],
);

static POD_ANTI_AFFINITY: Struct = Struct::new(
    "v1.PodAntiAffinity",
    &[
        list("requiredDuringSchedulingIgnoredDuringExecution", &Kind::Struct(&POD_TERM)),
        list("preferredDuringSchedulingIgnoredDuringExecution", &Kind::Struct(&WEIGHTED_POD)),
    ],
);

static AFFINITY: Struct = Struct::new(
    "v1.Affinity",
    &[
        object("nodeAffinity", &NODE_AFFINITY).optional(),
        object("podAffinity", &POD_AFFINITY).optional(),
        object("podAntiAffinity", &POD_ANTI_AFFINITY).optional(),
    ],
);

static TOLERATION: Struct = Struct::new(
    "v1.Toleration",
    &[
        text("key"),
        text("operator").named("v1.TolerationOperator"),
        text("value"),
        text("effect").named("v1.TaintEffect"),
        int64("tolerationSeconds").optional(),
    ],
);

static HOST_ALIAS: Struct = Struct::new("v1.HostAlias", &[text("ip").go("IP").always(), texts("hostnames")]);

static DNS_OPTION: Struct = Struct::new("v1.PodDNSConfigOption", &[text("name"), text("value").optional()]);

static DNS_CONFIG: Struct = Struct::new(
    "v1.PodDNSConfig",
    &[texts("nameservers"), texts("searches"), list("options", &Kind::Struct(&DNS_OPTION))],
);

static READINESS_GATE: Struct =
    Struct::new("v1.PodReadinessGate", &[text("conditionType").named("v1.PodConditionType").always()]);

static TOPOLOGY: Struct = Struct::new(
    "v1.TopologySpreadConstraint",
    &[
        int32("maxSkew").always(),
        text("topologyKey").always(),
        text("whenUnsatisfiable").named("v1.UnsatisfiableConstraintAction").always(),
        object("labelSelector", &LABEL_SELECTOR).optional(),
        int32("minDomains").optional(),
        text("nodeAffinityPolicy").named("v1.NodeInclusionPolicy").optional(),
        text("nodeTaintsPolicy").named("v1.NodeInclusionPolicy").optional(),
        texts("matchLabelKeys"),
    ],
);

static OS: Struct = Struct::new("v1.PodOS", &[text("name").named("v1.OSName").always()]);
static SCHEDULING_GATE: Struct = Struct::new("v1.PodSchedulingGate", &[text("name").always()]);

static POD_CLAIM: Struct = Struct::new(
    "v1.PodResourceClaim",
    &[text("name").always(), text("resourceClaimName").optional(), text("resourceClaimTemplateName").optional()],
);

static WORKLOAD_REFERENCE: Struct = Struct::new(
    "v1.WorkloadReference",
    &[text("name").always(), text("podGroup").always(), text("podGroupReplicaKey")],
);

pub static POD_SPEC: Struct = Struct::new(
    "v1.PodSpec",
    &[
        list("volumes", &Kind::Struct(&VOLUME)).key("name"),
        list("initContainers", &Kind::Struct(&CONTAINER)).key("name"),
        list("containers", &Kind::Struct(&CONTAINER)).key("name").always(),
        list("ephemeralContainers", &Kind::Struct(&EPHEMERAL_CONTAINER)).key("name"),
        text("restartPolicy").named("v1.RestartPolicy"),
        int64("terminationGracePeriodSeconds").optional(),
        int64("activeDeadlineSeconds").optional(),
        text("dnsPolicy").named("v1.DNSPolicy").go("DNSPolicy"),
        text_map("nodeSelector"),
        text("serviceAccountName"),
        text("serviceAccount").go("DeprecatedServiceAccount"),
        boolean("automountServiceAccountToken").optional(),
        text("nodeName"),
        boolean("hostNetwork"),
        boolean("hostPID"),
        boolean("hostIPC"),
        boolean("shareProcessNamespace").optional(),
        object("securityContext", &POD_SECURITY).optional(),
        list("imagePullSecrets", &Kind::Struct(&LOCAL_REFERENCE)).key("name"),
        text("hostname"),
        text("subdomain"),
        object("affinity", &AFFINITY).optional(),
        text("schedulerName"),
        list("tolerations", &Kind::Struct(&TOLERATION)),
        list("hostAliases", &Kind::Struct(&HOST_ALIAS)).key("ip"),
        text("priorityClassName"),
        int32("priority").optional(),
        object("dnsConfig", &DNS_CONFIG).go("DNSConfig").optional(),
        list("readinessGates", &Kind::Struct(&READINESS_GATE)),
        text("runtimeClassName").optional(),
        boolean("enableServiceLinks").optional(),
        text("preemptionPolicy").named("v1.PreemptionPolicy").optional(),
        quantities("overhead"),
        list("topologySpreadConstraints", &Kind::Struct(&TOPOLOGY)).key("topologyKey"),
        boolean("setHostnameAsFQDN").optional(),
        object("os", &OS).go("OS").optional(),
        boolean("hostUsers").optional(),
        list("schedulingGates", &Kind::Struct(&SCHEDULING_GATE)).key("name"),
        list("resourceClaims", &Kind::Struct(&POD_CLAIM)).key("name"),
        object("resources", &RESOURCES).optional(),
        text("hostnameOverride").optional(),
        object("workloadRef", &WORKLOAD_REFERENCE).optional(),
    ],
);

pub static POD: Struct = Struct::typed(
    "v1.Pod",
    &[
        text("kind"),
        text("apiVersion").go("APIVersion"),
        object("metadata", &OBJECT_META).go("ObjectMeta"),
        object("spec", &POD_SPEC),
        object("status", &POD_STATUS),
    ],
);

pub static POD_TEMPLATE: Struct =
    Struct::new("v1.PodTemplateSpec", &[object("metadata", &OBJECT_META).go("ObjectMeta"), object("spec", &POD_SPEC)]);
