//! core/v1, apps/v1, batch/v1 and OpenShift: what controllers report in `status`, for objects that come out of a cluster.

use super::pod::RESOURCES;
use super::{Kind, Struct, boolean, int32, int64, list, object, quantities, text, text_map, texts, time};

/// A condition: its type and state, the given times, which Go prints even when they are not set, and why.
macro_rules! condition {
    ($name:literal, $($time:literal),*) => {
        Struct::new(
            $name,
            &[
                text("type").named(concat!($name, "Type")).always(),
                text("status").named("v1.ConditionStatus").always(),
                $(time($time).always(),)*
                text("reason"),
                text("message"),
            ],
        )
    };
}

pub static DAEMON_SET_CONDITION: Struct = condition!("v1.DaemonSetCondition", "lastTransitionTime");
pub static DEPLOYMENT_CONDITION: Struct = condition!("v1.DeploymentCondition", "lastUpdateTime", "lastTransitionTime");
pub static JOB_CONDITION: Struct = condition!("v1.JobCondition", "lastProbeTime", "lastTransitionTime");
pub static REPLICA_SET_CONDITION: Struct = condition!("v1.ReplicaSetCondition", "lastTransitionTime");
pub static REPLICATION_CONTROLLER_CONDITION: Struct =
    condition!("v1.ReplicationControllerCondition", "lastTransitionTime");
pub static STATEFUL_SET_CONDITION: Struct = condition!("v1.StatefulSetCondition", "lastTransitionTime");
static CLAIM_CONDITION: Struct = condition!("v1.PersistentVolumeClaimCondition", "lastProbeTime", "lastTransitionTime");

static MODIFY_VOLUME: Struct = Struct::new(
    "v1.ModifyVolumeStatus",
    &[
        text("targetVolumeAttributesClassName"),
        text("status").named("v1.PersistentVolumeClaimModifyVolumeStatus").always(),
    ],
);

pub static CLAIM_STATUS: Struct = Struct::new(
    "v1.PersistentVolumeClaimStatus",
    &[
        text("phase").named("v1.PersistentVolumeClaimPhase"),
        texts("accessModes").named("v1.PersistentVolumeAccessMode"),
        quantities("capacity"),
        list("conditions", &Kind::Struct(&CLAIM_CONDITION)).key("type"),
        quantities("allocatedResources"),
        text_map("allocatedResourceStatuses"),
        text("currentVolumeAttributesClassName").optional(),
        object("modifyVolumeStatus", &MODIFY_VOLUME).optional(),
    ],
);

static UNCOUNTED: Struct = Struct::new(
    "v1.UncountedTerminatedPods",
    &[texts("succeeded").named("types.UID"), texts("failed").named("types.UID")],
);

pub static JOB_STATUS: Struct = Struct::new(
    "v1.JobStatus",
    &[
        list("conditions", &Kind::Struct(&JOB_CONDITION)).key("type"),
        time("startTime").optional(),
        time("completionTime").optional(),
        int32("active"),
        int32("succeeded"),
        int32("failed"),
        int32("terminating").optional(),
        text("completedIndexes"),
        text("failedIndexes").optional(),
        object("uncountedTerminatedPods", &UNCOUNTED).optional(),
        int32("ready").optional(),
    ],
);

pub static OBJECT_REFERENCE: Struct = Struct::new(
    "v1.ObjectReference",
    &[
        text("kind"),
        text("namespace"),
        text("name"),
        text("uid").named("types.UID").go("UID"),
        text("apiVersion").go("APIVersion"),
        text("resourceVersion"),
        text("fieldPath"),
    ],
);

static IMAGE_CAUSE: Struct =
    Struct::new("v1.DeploymentCauseImageTrigger", &[object("from", &OBJECT_REFERENCE).always()]);

static CAUSE: Struct = Struct::new(
    "v1.DeploymentCause",
    &[text("type").named("v1.DeploymentTriggerType").always(), object("imageTrigger", &IMAGE_CAUSE).optional()],
);

static DETAILS: Struct =
    Struct::new("v1.DeploymentDetails", &[text("message"), list("causes", &Kind::Struct(&CAUSE)).always()]);

pub static CONFIG_STATUS: Struct = Struct::new(
    "v1.DeploymentConfigStatus",
    &[
        int64("latestVersion").always(),
        int64("observedGeneration").always(),
        int32("replicas").always(),
        int32("updatedReplicas").always(),
        int32("availableReplicas").always(),
        int32("unavailableReplicas").always(),
        object("details", &DETAILS).optional(),
        list("conditions", &Kind::Struct(&DEPLOYMENT_CONDITION)).key("type"),
        int32("readyReplicas"),
    ],
);

static WAITING: Struct = Struct::new("v1.ContainerStateWaiting", &[text("reason"), text("message")]);
static RUNNING: Struct = Struct::new("v1.ContainerStateRunning", &[time("startedAt").always()]);
static TERMINATED: Struct = Struct::new(
    "v1.ContainerStateTerminated",
    &[
        int32("exitCode").always(),
        int32("signal"),
        text("reason"),
        text("message"),
        time("startedAt").always(),
        time("finishedAt").always(),
        text("containerID"),
    ],
);

static STATE: Struct = Struct::new(
    "v1.ContainerState",
    &[
        object("waiting", &WAITING).optional(),
        object("running", &RUNNING).optional(),
        object("terminated", &TERMINATED).optional(),
    ],
);

static MOUNT_STATUS: Struct = Struct::new(
    "v1.VolumeMountStatus",
    &[
        text("name").always(),
        text("mountPath").always(),
        boolean("readOnly"),
        text("recursiveReadOnly").named("v1.RecursiveReadOnlyMode").optional(),
    ],
);

static LINUX_USER: Struct = Struct::new(
    "v1.LinuxContainerUser",
    &[int64("uid").go("UID").always(), int64("gid").go("GID").always(), list("supplementalGroups", &Kind::Int64)],
);
static USER: Struct = Struct::new("v1.ContainerUser", &[object("linux", &LINUX_USER).optional()]);

static HEALTH: Struct = Struct::new(
    "v1.ResourceHealth",
    &[text("resourceID").named("v1.ResourceID").always(), text("health").named("v1.ResourceHealthStatus")],
);
static RESOURCE_STATUS: Struct = Struct::new(
    "v1.ResourceStatus",
    &[text("name").named("v1.ResourceName").always(), list("resources", &Kind::Struct(&HEALTH))],
);

static CONTAINER_STATUS: Struct = Struct::new(
    "v1.ContainerStatus",
    &[
        text("name").always(),
        object("state", &STATE).always(),
        object("lastState", &STATE).go("LastTerminationState").always(),
        boolean("ready").always(),
        int32("restartCount").always(),
        text("image").always(),
        text("imageID").always(),
        text("containerID"),
        boolean("started").optional(),
        quantities("allocatedResources"),
        object("resources", &RESOURCES).optional(),
        list("volumeMounts", &Kind::Struct(&MOUNT_STATUS)).key("mountPath"),
        object("user", &USER).optional(),
        list("allocatedResourcesStatus", &Kind::Struct(&RESOURCE_STATUS)).key("name"),
        text("stopSignal").named("v1.Signal").optional(),
    ],
);

static CLAIM_IN_USE: Struct =
    Struct::new("v1.PodResourceClaimStatus", &[text("name").always(), text("resourceClaimName").optional()]);

static EXTENDED_REQUEST: Struct = Struct::new(
    "v1.ContainerExtendedResourceRequest",
    &[text("containerName").always(), text("resourceName").always(), text("requestName").always()],
);
static EXTENDED_CLAIM: Struct = Struct::new(
    "v1.PodExtendedResourceClaimStatus",
    &[list("requestMappings", &Kind::Struct(&EXTENDED_REQUEST)).always(), text("resourceClaimName").always()],
);

static POD_CONDITION: Struct = Struct::new(
    "v1.PodCondition",
    &[
        text("type").named("v1.PodConditionType").always(),
        int64("observedGeneration"),
        text("status").named("v1.ConditionStatus").always(),
        time("lastProbeTime").always(),
        time("lastTransitionTime").always(),
        text("reason"),
        text("message"),
    ],
);

static HOST_IP: Struct = Struct::new("v1.HostIP", &[text("ip").go("IP").always()]);
static POD_IP: Struct = Struct::new("v1.PodIP", &[text("ip").go("IP").always()]);

pub static POD_STATUS: Struct = Struct::new(
    "v1.PodStatus",
    &[
        int64("observedGeneration"),
        text("phase").named("v1.PodPhase"),
        list("conditions", &Kind::Struct(&POD_CONDITION)).key("type"),
        text("message"),
        text("reason"),
        text("nominatedNodeName"),
        text("hostIP"),
        list("hostIPs", &Kind::Struct(&HOST_IP)).key("ip"),
        text("podIP"),
        list("podIPs", &Kind::Struct(&POD_IP)).key("ip"),
        time("startTime").optional(),
        list("initContainerStatuses", &Kind::Struct(&CONTAINER_STATUS)),
        list("containerStatuses", &Kind::Struct(&CONTAINER_STATUS)),
        text("qosClass").named("v1.PodQOSClass").go("QOSClass"),
        list("ephemeralContainerStatuses", &Kind::Struct(&CONTAINER_STATUS)),
        text("resize").named("v1.PodResizeStatus"),
        list("resourceClaimStatuses", &Kind::Struct(&CLAIM_IN_USE)).key("name"),
        object("extendedResourceClaimStatus", &EXTENDED_CLAIM).optional(),
        quantities("allocatedResources"),
        object("resources", &RESOURCES).optional(),
    ],
);
