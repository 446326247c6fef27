//! core/v1: volumes and everything they can be made of.

use super::meta::{LABEL_SELECTOR, OBJECT_META};
use super::{Kind, Struct, boolean, int32, int64, list, object, quantity, text, text_map, texts};

pub static LOCAL_REFERENCE: Struct = Struct::new("v1.LocalObjectReference", &[text("name")]);
pub static SECRET_REFERENCE: Struct = Struct::new("v1.SecretReference", &[text("name"), text("namespace")]);

static KEY_TO_PATH: Struct =
    Struct::new("v1.KeyToPath", &[text("key").always(), text("path").always(), int32("mode").optional()]);

static HOST_PATH: Struct =
    Struct::new("v1.HostPathVolumeSource", &[text("path").always(), text("type").named("v1.HostPathType").optional()]);

static EMPTY_DIR: Struct = Struct::new(
    "v1.EmptyDirVolumeSource",
    &[text("medium").named("v1.StorageMedium"), quantity("sizeLimit").optional()],
);

static GCE_DISK: Struct = Struct::new(
    "v1.GCEPersistentDiskVolumeSource",
    &[text("pdName").go("PDName").always(), text("fsType").go("FSType"), int32("partition"), boolean("readOnly")],
);

static AWS_STORE: Struct = Struct::new(
    "v1.AWSElasticBlockStoreVolumeSource",
    &[text("volumeID").always(), text("fsType").go("FSType"), int32("partition"), boolean("readOnly")],
);

static GIT_REPO: Struct =
    Struct::new("v1.GitRepoVolumeSource", &[text("repository").always(), text("revision"), text("directory")]);

static SECRET: Struct = Struct::new(
    "v1.SecretVolumeSource",
    &[
        text("secretName"),
        list("items", &Kind::Struct(&KEY_TO_PATH)),
        int32("defaultMode").optional(),
        boolean("optional").optional(),
    ],
);

static NFS: Struct =
    Struct::new("v1.NFSVolumeSource", &[text("server").always(), text("path").always(), boolean("readOnly")]);

static ISCSI: Struct = Struct::new(
    "v1.ISCSIVolumeSource",
    &[
        text("targetPortal").always(),
        text("iqn").go("IQN").always(),
        int32("lun").always(),
        text("iscsiInterface").go("ISCSIInterface"),
        text("fsType").go("FSType"),
        boolean("readOnly"),
        texts("portals"),
        boolean("chapAuthDiscovery").go("DiscoveryCHAPAuth"),
        boolean("chapAuthSession").go("SessionCHAPAuth"),
        object("secretRef", &LOCAL_REFERENCE).optional(),
        text("initiatorName").optional(),
    ],
);

static GLUSTER: Struct = Struct::new(
    "v1.GlusterfsVolumeSource",
    &[text("endpoints").go("EndpointsName").always(), text("path").always(), boolean("readOnly")],
);

static CLAIM: Struct =
    Struct::new("v1.PersistentVolumeClaimVolumeSource", &[text("claimName").always(), boolean("readOnly")]);

static RBD: Struct = Struct::new(
    "v1.RBDVolumeSource",
    &[
        texts("monitors").go("CephMonitors").always(),
        text("image").go("RBDImage").always(),
        text("fsType").go("FSType"),
        text("pool").go("RBDPool"),
        text("user").go("RadosUser"),
        text("keyring"),
        object("secretRef", &LOCAL_REFERENCE).optional(),
        boolean("readOnly"),
    ],
);

static FLEX: Struct = Struct::new(
    "v1.FlexVolumeSource",
    &[
        text("driver").always(),
        text("fsType").go("FSType"),
        object("secretRef", &LOCAL_REFERENCE).optional(),
        boolean("readOnly"),
        text_map("options"),
    ],
);

static CINDER: Struct = Struct::new(
    "v1.CinderVolumeSource",
    &[
        text("volumeID").always(),
        text("fsType").go("FSType"),
        boolean("readOnly"),
        object("secretRef", &LOCAL_REFERENCE).optional(),
    ],
);

static CEPH_FS: Struct = Struct::new(
    "v1.CephFSVolumeSource",
    &[
        texts("monitors").always(),
        text("path"),
        text("user"),
        text("secretFile"),
        object("secretRef", &LOCAL_REFERENCE).optional(),
        boolean("readOnly"),
    ],
);

static FLOCKER: Struct = Struct::new("v1.FlockerVolumeSource", &[text("datasetName"), text("datasetUUID")]);

pub static FIELD_SELECTOR: Struct =
    Struct::new("v1.ObjectFieldSelector", &[text("apiVersion").go("APIVersion"), text("fieldPath").always()]);

pub static RESOURCE_SELECTOR: Struct =
    Struct::new("v1.ResourceFieldSelector", &[text("containerName"), text("resource").always(), quantity("divisor")]);

static DOWNWARD_FILE: Struct = Struct::new(
    "v1.DownwardAPIVolumeFile",
    &[
        text("path").always(),
        object("fieldRef", &FIELD_SELECTOR).optional(),
        object("resourceFieldRef", &RESOURCE_SELECTOR).optional(),
        int32("mode").optional(),
    ],
);

static DOWNWARD: Struct = Struct::new(
    "v1.DownwardAPIVolumeSource",
    &[list("items", &Kind::Struct(&DOWNWARD_FILE)), int32("defaultMode").optional()],
);

static FC: Struct = Struct::new(
    "v1.FCVolumeSource",
    &[
        texts("targetWWNs"),
        int32("lun").optional(),
        text("fsType").go("FSType"),
        boolean("readOnly"),
        texts("wwids").go("WWIDs"),
    ],
);

static AZURE_FILE: Struct = Struct::new(
    "v1.AzureFileVolumeSource",
    &[text("secretName").always(), text("shareName").always(), boolean("readOnly")],
);

static CONFIG_MAP: Struct = Struct::new(
    "v1.ConfigMapVolumeSource",
    &[
        text("name"),
        list("items", &Kind::Struct(&KEY_TO_PATH)),
        int32("defaultMode").optional(),
        boolean("optional").optional(),
    ],
)
.embedding(&["LocalObjectReference"]);

static VSPHERE: Struct = Struct::new(
    "v1.VsphereVirtualDiskVolumeSource",
    &[text("volumePath").always(), text("fsType").go("FSType"), text("storagePolicyName"), text("storagePolicyID")],
);

static QUOBYTE: Struct = Struct::new(
    "v1.QuobyteVolumeSource",
    &[
        text("registry").always(),
        text("volume").always(),
        boolean("readOnly"),
        text("user"),
        text("group"),
        text("tenant"),
    ],
);

static AZURE_DISK: Struct = Struct::new(
    "v1.AzureDiskVolumeSource",
    &[
        text("diskName").always(),
        text("diskURI").go("DataDiskURI").always(),
        text("cachingMode").named("v1.AzureDataDiskCachingMode").optional(),
        text("fsType").go("FSType").optional(),
        boolean("readOnly").optional(),
        text("kind").named("v1.AzureDataDiskKind").optional(),
    ],
);

static PHOTON: Struct = Struct::new(
    "v1.PhotonPersistentDiskVolumeSource",
    &[text("pdID").go("PdID").always(), text("fsType").go("FSType")],
);

static PROJECTED_SECRET: Struct = Struct::new(
    "v1.SecretProjection",
    &[text("name"), list("items", &Kind::Struct(&KEY_TO_PATH)), boolean("optional").optional()],
)
.embedding(&["LocalObjectReference"]);

static PROJECTED_CONFIG_MAP: Struct = Struct::new(
    "v1.ConfigMapProjection",
    &[text("name"), list("items", &Kind::Struct(&KEY_TO_PATH)), boolean("optional").optional()],
)
.embedding(&["LocalObjectReference"]);

static PROJECTED_DOWNWARD: Struct =
    Struct::new("v1.DownwardAPIProjection", &[list("items", &Kind::Struct(&DOWNWARD_FILE))]);

static PROJECTED_TOKEN: Struct = Struct::new(
    "v1.ServiceAccountTokenProjection",
    &[text("audience"), int64("expirationSeconds").optional(), text("path").always()],
);

static TRUST_BUNDLE: Struct = Struct::new(
    "v1.ClusterTrustBundleProjection",
    &[
        text("name").optional(),
        text("signerName").optional(),
        object("labelSelector", &LABEL_SELECTOR).optional(),
        boolean("optional").optional(),
        text("path").always(),
    ],
);

static POD_CERTIFICATE: Struct = Struct::new(
    "v1.PodCertificateProjection",
    &[
        text("signerName"),
        text("keyType"),
        int32("maxExpirationSeconds").optional(),
        text("credentialBundlePath"),
        text("keyPath"),
        text("certificateChainPath"),
        text_map("userAnnotations"),
    ],
);

static PROJECTION: Struct = Struct::new(
    "v1.VolumeProjection",
    &[
        object("secret", &PROJECTED_SECRET).optional(),
        object("downwardAPI", &PROJECTED_DOWNWARD).optional(),
        object("configMap", &PROJECTED_CONFIG_MAP).optional(),
        object("serviceAccountToken", &PROJECTED_TOKEN).optional(),
        object("clusterTrustBundle", &TRUST_BUNDLE).optional(),
        object("podCertificate", &POD_CERTIFICATE).optional(),
    ],
);

static PROJECTED: Struct = Struct::new(
    "v1.ProjectedVolumeSource",
    &[list("sources", &Kind::Struct(&PROJECTION)).always(), int32("defaultMode").optional()],
);

static PORTWORX: Struct = Struct::new(
    "v1.PortworxVolumeSource",
    &[text("volumeID").always(), text("fsType").go("FSType"), boolean("readOnly")],
);

static SCALE_IO: Struct = Struct::new(
    "v1.ScaleIOVolumeSource",
    &[
        text("gateway").always(),
        text("system").always(),
        object("secretRef", &LOCAL_REFERENCE).optional().always(),
        boolean("sslEnabled").go("SSLEnabled"),
        text("protectionDomain"),
        text("storagePool"),
        text("storageMode"),
        text("volumeName"),
        text("fsType").go("FSType"),
        boolean("readOnly"),
    ],
);

static STORAGE_OS: Struct = Struct::new(
    "v1.StorageOSVolumeSource",
    &[
        text("volumeName"),
        text("volumeNamespace"),
        text("fsType").go("FSType"),
        boolean("readOnly"),
        object("secretRef", &LOCAL_REFERENCE).optional(),
    ],
);

static CSI: Struct = Struct::new(
    "v1.CSIVolumeSource",
    &[
        text("driver").always(),
        boolean("readOnly").optional(),
        text("fsType").go("FSType").optional(),
        text_map("volumeAttributes"),
        object("nodePublishSecretRef", &LOCAL_REFERENCE).optional(),
    ],
);

static TYPED_REFERENCE: Struct = Struct::new(
    "v1.TypedLocalObjectReference",
    &[text("apiGroup").go("APIGroup").optional().always(), text("kind").always(), text("name").always()],
);

static TYPED_OBJECT: Struct = Struct::new(
    "v1.TypedObjectReference",
    &[
        text("apiGroup").go("APIGroup").optional().always(),
        text("kind").always(),
        text("name").always(),
        text("namespace").optional(),
    ],
);

static CLAIM_RESOURCES: Struct =
    Struct::new("v1.VolumeResourceRequirements", &[super::quantities("limits"), super::quantities("requests")]);

pub static CLAIM_SPEC: Struct = Struct::new(
    "v1.PersistentVolumeClaimSpec",
    &[
        texts("accessModes").named("v1.PersistentVolumeAccessMode"),
        object("selector", &LABEL_SELECTOR).optional(),
        object("resources", &CLAIM_RESOURCES),
        text("volumeName"),
        text("storageClassName").optional(),
        text("volumeMode").named("v1.PersistentVolumeMode").optional(),
        object("dataSource", &TYPED_REFERENCE).optional(),
        object("dataSourceRef", &TYPED_OBJECT).optional(),
        text("volumeAttributesClassName").optional(),
    ],
);

static CLAIM_TEMPLATE: Struct = Struct::new(
    "v1.PersistentVolumeClaimTemplate",
    &[object("metadata", &OBJECT_META).go("ObjectMeta"), object("spec", &CLAIM_SPEC).always()],
);

static EPHEMERAL: Struct =
    Struct::new("v1.EphemeralVolumeSource", &[object("volumeClaimTemplate", &CLAIM_TEMPLATE).optional()]);

static IMAGE: Struct =
    Struct::new("v1.ImageVolumeSource", &[text("reference"), text("pullPolicy").named("v1.PullPolicy")]);

pub static VOLUME: Struct = Struct::new(
    "v1.Volume",
    &[
        text("name").always(),
        object("hostPath", &HOST_PATH).optional(),
        object("emptyDir", &EMPTY_DIR).optional(),
        object("gcePersistentDisk", &GCE_DISK).go("GCEPersistentDisk").optional(),
        object("awsElasticBlockStore", &AWS_STORE).go("AWSElasticBlockStore").optional(),
        object("gitRepo", &GIT_REPO).optional(),
        object("secret", &SECRET).optional(),
        object("nfs", &NFS).go("NFS").optional(),
        object("iscsi", &ISCSI).go("ISCSI").optional(),
        object("glusterfs", &GLUSTER).optional(),
        object("persistentVolumeClaim", &CLAIM).optional(),
        object("rbd", &RBD).go("RBD").optional(),
        object("flexVolume", &FLEX).optional(),
        object("cinder", &CINDER).optional(),
        object("cephfs", &CEPH_FS).go("CephFS").optional(),
        object("flocker", &FLOCKER).optional(),
        object("downwardAPI", &DOWNWARD).optional(),
        object("fc", &FC).go("FC").optional(),
        object("azureFile", &AZURE_FILE).optional(),
        object("configMap", &CONFIG_MAP).optional(),
        object("vsphereVolume", &VSPHERE).optional(),
        object("quobyte", &QUOBYTE).optional(),
        object("azureDisk", &AZURE_DISK).optional(),
        object("photonPersistentDisk", &PHOTON).optional(),
        object("projected", &PROJECTED).optional(),
        object("portworxVolume", &PORTWORX).optional(),
        object("scaleIO", &SCALE_IO).optional(),
        object("storageos", &STORAGE_OS).go("StorageOS").optional(),
        object("csi", &CSI).go("CSI").optional(),
        object("ephemeral", &EPHEMERAL).optional(),
        object("image", &IMAGE).optional(),
    ],
)
.embedding(&["VolumeSource"]);
