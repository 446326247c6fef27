//! apps/v1, batch/v1, core/v1 and OpenShift: the objects that carry pods.

use super::meta::{LABEL_SELECTOR, OBJECT_META};
use super::pod::{POD, POD_TEMPLATE, RESOURCES};
use super::status::{
    CLAIM_STATUS, CONFIG_STATUS, DAEMON_SET_CONDITION, DEPLOYMENT_CONDITION, JOB_STATUS, OBJECT_REFERENCE,
    REPLICA_SET_CONDITION, REPLICATION_CONTROLLER_CONDITION, STATEFUL_SET_CONDITION,
};
use super::volume::CLAIM_SPEC;
use super::{Field, Kind, Struct, any, boolean, int_or_text, int32, int64, list, object, text, text_map, texts, time};

/// The object types that may carry a pod, by kind. Any group and version is taken for these.
pub static WORKLOADS: &[(&str, &Struct)] = &[
    ("CronJob", &CRON_JOB),
    ("DaemonSet", &DAEMON_SET),
    ("Deployment", &DEPLOYMENT),
    ("DeploymentConfig", &DEPLOYMENT_CONFIG),
    ("Job", &JOB),
    ("Pod", &POD),
    ("ReplicaSet", &REPLICA_SET),
    ("ReplicationController", &REPLICATION_CONTROLLER),
    ("StatefulSet", &STATEFUL_SET),
];

const fn kind() -> Field {
    text("kind")
}
const fn api_version() -> Field {
    text("apiVersion").go("APIVersion")
}
const fn metadata() -> Field {
    object("metadata", &OBJECT_META).go("ObjectMeta")
}

static ROLLING_DEPLOYMENT: Struct = Struct::new(
    "v1.RollingUpdateDeployment",
    &[int_or_text("maxUnavailable").optional(), int_or_text("maxSurge").optional()],
);

static DEPLOYMENT_STRATEGY: Struct = Struct::new(
    "v1.DeploymentStrategy",
    &[text("type").named("v1.DeploymentStrategyType"), object("rollingUpdate", &ROLLING_DEPLOYMENT).optional()],
);

static DEPLOYMENT_SPEC: Struct = Struct::new(
    "v1.DeploymentSpec",
    &[
        int32("replicas").optional(),
        object("selector", &LABEL_SELECTOR).optional().always(),
        object("template", &POD_TEMPLATE).always(),
        object("strategy", &DEPLOYMENT_STRATEGY),
        int32("minReadySeconds"),
        int32("revisionHistoryLimit").optional(),
        boolean("paused"),
        int32("progressDeadlineSeconds").optional(),
    ],
);

static DEPLOYMENT_STATUS: Struct = Struct::new(
    "v1.DeploymentStatus",
    &[
        int64("observedGeneration"),
        int32("replicas"),
        int32("updatedReplicas"),
        int32("readyReplicas"),
        int32("availableReplicas"),
        int32("unavailableReplicas"),
        int32("terminatingReplicas").optional(),
        list("conditions", &Kind::Struct(&DEPLOYMENT_CONDITION)).key("type"),
        int32("collisionCount").optional(),
    ],
);

static DEPLOYMENT: Struct = Struct::typed(
    "v1.Deployment",
    &[kind(), api_version(), metadata(), object("spec", &DEPLOYMENT_SPEC), object("status", &DEPLOYMENT_STATUS)],
);

static ROLLING_DAEMON_SET: Struct = Struct::new(
    "v1.RollingUpdateDaemonSet",
    &[int_or_text("maxUnavailable").optional(), int_or_text("maxSurge").optional()],
);

static DAEMON_SET_STRATEGY: Struct = Struct::new(
    "v1.DaemonSetUpdateStrategy",
    &[text("type").named("v1.DaemonSetUpdateStrategyType"), object("rollingUpdate", &ROLLING_DAEMON_SET).optional()],
);

static DAEMON_SET_SPEC: Struct = Struct::new(
    "v1.DaemonSetSpec",
    &[
        object("selector", &LABEL_SELECTOR).optional().always(),
        object("template", &POD_TEMPLATE).always(),
        object("updateStrategy", &DAEMON_SET_STRATEGY),
        int32("minReadySeconds"),
        int32("revisionHistoryLimit").optional(),
    ],
);

static DAEMON_SET_STATUS: Struct = Struct::new(
    "v1.DaemonSetStatus",
    &[
        int32("currentNumberScheduled").always(),
        int32("numberMisscheduled").always(),
        int32("desiredNumberScheduled").always(),
        int32("numberReady").always(),
        int64("observedGeneration"),
        int32("updatedNumberScheduled"),
        int32("numberAvailable"),
        int32("numberUnavailable"),
        int32("collisionCount").optional(),
        list("conditions", &Kind::Struct(&DAEMON_SET_CONDITION)).key("type"),
    ],
);

static DAEMON_SET: Struct = Struct::typed(
    "v1.DaemonSet",
    &[kind(), api_version(), metadata(), object("spec", &DAEMON_SET_SPEC), object("status", &DAEMON_SET_STATUS)],
);

static REPLICA_SET_SPEC: Struct = Struct::new(
    "v1.ReplicaSetSpec",
    &[
        int32("replicas").optional(),
        int32("minReadySeconds"),
        object("selector", &LABEL_SELECTOR).optional().always(),
        object("template", &POD_TEMPLATE),
    ],
);

static REPLICA_SET_STATUS: Struct = Struct::new(
    "v1.ReplicaSetStatus",
    &[
        int32("replicas").always(),
        int32("fullyLabeledReplicas"),
        int32("readyReplicas"),
        int32("availableReplicas"),
        int32("terminatingReplicas").optional(),
        int64("observedGeneration"),
        list("conditions", &Kind::Struct(&REPLICA_SET_CONDITION)).key("type"),
    ],
);

static REPLICA_SET: Struct = Struct::typed(
    "v1.ReplicaSet",
    &[kind(), api_version(), metadata(), object("spec", &REPLICA_SET_SPEC), object("status", &REPLICA_SET_STATUS)],
);

static ROLLING_STATEFUL_SET: Struct = Struct::new(
    "v1.RollingUpdateStatefulSetStrategy",
    &[int32("partition").optional(), int_or_text("maxUnavailable").optional()],
);

static STATEFUL_SET_STRATEGY: Struct = Struct::new(
    "v1.StatefulSetUpdateStrategy",
    &[
        text("type").named("v1.StatefulSetUpdateStrategyType"),
        object("rollingUpdate", &ROLLING_STATEFUL_SET).optional(),
    ],
);

static CLAIM_RETENTION: Struct = Struct::new(
    "v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
    &[
        text("whenDeleted").named("v1.PersistentVolumeClaimRetentionPolicyType"),
        text("whenScaled").named("v1.PersistentVolumeClaimRetentionPolicyType"),
    ],
);

static ORDINALS: Struct = Struct::new("v1.StatefulSetOrdinals", &[int32("start").always()]);

static CLAIM: Struct = Struct::typed(
    "v1.PersistentVolumeClaim",
    &[kind(), api_version(), metadata(), object("spec", &CLAIM_SPEC), object("status", &CLAIM_STATUS)],
);

static STATEFUL_SET_SPEC: Struct = Struct::new(
    "v1.StatefulSetSpec",
    &[
        int32("replicas").optional(),
        object("selector", &LABEL_SELECTOR).optional().always(),
        object("template", &POD_TEMPLATE).always(),
        list("volumeClaimTemplates", &Kind::Struct(&CLAIM)),
        text("serviceName").always(),
        text("podManagementPolicy").named("v1.PodManagementPolicyType"),
        object("updateStrategy", &STATEFUL_SET_STRATEGY),
        int32("revisionHistoryLimit").optional(),
        int32("minReadySeconds"),
        object("persistentVolumeClaimRetentionPolicy", &CLAIM_RETENTION).optional(),
        object("ordinals", &ORDINALS).optional(),
    ],
);

static STATEFUL_SET_STATUS: Struct = Struct::new(
    "v1.StatefulSetStatus",
    &[
        int64("observedGeneration"),
        int32("replicas").always(),
        int32("readyReplicas"),
        int32("currentReplicas"),
        int32("updatedReplicas"),
        text("currentRevision"),
        text("updateRevision"),
        int32("collisionCount").optional(),
        list("conditions", &Kind::Struct(&STATEFUL_SET_CONDITION)).key("type"),
        int32("availableReplicas").always(),
    ],
);

static STATEFUL_SET: Struct = Struct::typed(
    "v1.StatefulSet",
    &[kind(), api_version(), metadata(), object("spec", &STATEFUL_SET_SPEC), object("status", &STATEFUL_SET_STATUS)],
);

static REPLICATION_CONTROLLER_SPEC: Struct = Struct::new(
    "v1.ReplicationControllerSpec",
    &[
        int32("replicas").optional(),
        int32("minReadySeconds"),
        text_map("selector"),
        object("template", &POD_TEMPLATE).optional(),
    ],
);

static REPLICATION_CONTROLLER_STATUS: Struct = Struct::new(
    "v1.ReplicationControllerStatus",
    &[
        int32("replicas").always(),
        int32("fullyLabeledReplicas"),
        int32("readyReplicas"),
        int32("availableReplicas"),
        int64("observedGeneration"),
        list("conditions", &Kind::Struct(&REPLICATION_CONTROLLER_CONDITION)).key("type"),
    ],
);

static REPLICATION_CONTROLLER: Struct = Struct::new(
    "v1.ReplicationController",
    &[
        kind(),
        api_version(),
        metadata(),
        object("spec", &REPLICATION_CONTROLLER_SPEC),
        object("status", &REPLICATION_CONTROLLER_STATUS),
    ],
);

static JOB_EXIT_CODES: Struct = Struct::new(
    "v1.PodFailurePolicyOnExitCodesRequirement",
    &[
        text("containerName").optional(),
        text("operator").named("v1.PodFailurePolicyOnExitCodesOperator").always(),
        list("values", &Kind::Int32).always(),
    ],
);

static FAILURE_CONDITION: Struct = Struct::new(
    "v1.PodFailurePolicyOnPodConditionsPattern",
    &[text("type").named("v1.PodConditionType").always(), text("status").named("v1.ConditionStatus").always()],
);

static FAILURE_RULE: Struct = Struct::new(
    "v1.PodFailurePolicyRule",
    &[
        text("action").named("v1.PodFailurePolicyAction").always(),
        object("onExitCodes", &JOB_EXIT_CODES).optional(),
        list("onPodConditions", &Kind::Struct(&FAILURE_CONDITION)),
    ],
);

static FAILURE_POLICY: Struct =
    Struct::new("v1.PodFailurePolicy", &[list("rules", &Kind::Struct(&FAILURE_RULE)).always()]);

static SUCCESS_RULE: Struct =
    Struct::new("v1.SuccessPolicyRule", &[text("succeededIndexes").optional(), int32("succeededCount").optional()]);

static SUCCESS_POLICY: Struct =
    Struct::new("v1.SuccessPolicy", &[list("rules", &Kind::Struct(&SUCCESS_RULE)).always()]);

static JOB_SPEC: Struct = Struct::new(
    "v1.JobSpec",
    &[
        int32("parallelism").optional(),
        int32("completions").optional(),
        int64("activeDeadlineSeconds").optional(),
        object("podFailurePolicy", &FAILURE_POLICY).optional(),
        object("successPolicy", &SUCCESS_POLICY).optional(),
        int32("backoffLimit").optional(),
        int32("backoffLimitPerIndex").optional(),
        int32("maxFailedIndexes").optional(),
        object("selector", &LABEL_SELECTOR).optional(),
        boolean("manualSelector").optional(),
        object("template", &POD_TEMPLATE).always(),
        int32("ttlSecondsAfterFinished").go("TTLSecondsAfterFinished").optional(),
        text("completionMode").named("v1.CompletionMode").optional(),
        boolean("suspend").optional(),
        text("podReplacementPolicy").named("v1.PodReplacementPolicy").optional(),
        text("managedBy").optional(),
    ],
);

static JOB: Struct = Struct::typed(
    "v1.Job",
    &[kind(), api_version(), metadata(), object("spec", &JOB_SPEC), object("status", &JOB_STATUS)],
);

static JOB_TEMPLATE: Struct = Struct::new("v1.JobTemplateSpec", &[metadata(), object("spec", &JOB_SPEC)]);

static CRON_JOB_SPEC: Struct = Struct::new(
    "v1.CronJobSpec",
    &[
        text("schedule").always(),
        text("timeZone").optional(),
        int64("startingDeadlineSeconds").optional(),
        text("concurrencyPolicy").named("v1.ConcurrencyPolicy"),
        boolean("suspend").optional(),
        object("jobTemplate", &JOB_TEMPLATE).always(),
        int32("successfulJobsHistoryLimit").optional(),
        int32("failedJobsHistoryLimit").optional(),
    ],
);

static CRON_JOB_STATUS: Struct = Struct::new(
    "v1.CronJobStatus",
    &[
        list("active", &Kind::Struct(&OBJECT_REFERENCE)),
        time("lastScheduleTime").optional(),
        time("lastSuccessfulTime").optional(),
    ],
);

static CRON_JOB: Struct = Struct::typed(
    "v1.CronJob",
    &[kind(), api_version(), metadata(), object("spec", &CRON_JOB_SPEC), object("status", &CRON_JOB_STATUS)],
);

static CONFIG_STRATEGY: Struct = Struct::new(
    "v1.DeploymentStrategy",
    &[
        text("type").named("v1.DeploymentStrategyType"),
        any("customParams").optional(),
        any("recreateParams").optional(),
        any("rollingParams").optional(),
        object("resources", &RESOURCES),
        text_map("labels"),
        text_map("annotations"),
        int64("activeDeadlineSeconds").optional(),
    ],
);

static IMAGE_TRIGGER: Struct = Struct::new(
    "v1.DeploymentTriggerImageChangeParams",
    &[
        boolean("automatic"),
        texts("containerNames"),
        object("from", &OBJECT_REFERENCE).always(),
        text("lastTriggeredImage"),
    ],
);

static TRIGGER: Struct = Struct::new(
    "v1.DeploymentTriggerPolicy",
    &[text("type").named("v1.DeploymentTriggerType"), object("imageChangeParams", &IMAGE_TRIGGER).optional()],
);

static CONFIG_SPEC: Struct = Struct::new(
    "v1.DeploymentConfigSpec",
    &[
        object("strategy", &CONFIG_STRATEGY).always(),
        int32("minReadySeconds"),
        list("triggers", &Kind::Struct(&TRIGGER)).always(),
        int32("replicas").always(),
        int32("revisionHistoryLimit").optional(),
        boolean("test").always(),
        boolean("paused"),
        text_map("selector"),
        object("template", &POD_TEMPLATE).optional(),
    ],
);

static DEPLOYMENT_CONFIG: Struct = Struct::typed(
    "v1.DeploymentConfig",
    &[kind(), api_version(), metadata(), object("spec", &CONFIG_SPEC).always(), object("status", &CONFIG_STATUS)],
);
