//! The Kubernetes types of volumes.

use super::Shape::*;
use super::kubernetes::{LABEL_SELECTOR, OBJECT_FIELD_SELECTOR, RESOURCE_FIELD_SELECTOR};
use super::operator::OBJECT_META;
use super::{INT32, INT64, Object, object};

pub(super) static AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE: Object = object(
    "AWSElasticBlockStoreVolumeSource",
    &[("volumeID", Text), ("fsType", Text), ("partition", INT32), ("readOnly", Bool)],
);

pub(super) static AZURE_DISK_VOLUME_SOURCE: Object = object(
    "AzureDiskVolumeSource",
    &[
        ("diskName", Text),
        ("diskURI", Text),
        ("cachingMode", Text),
        ("fsType", Text),
        ("readOnly", Bool),
        ("kind", Text),
    ],
);

pub(super) static AZURE_FILE_VOLUME_SOURCE: Object =
    object("AzureFileVolumeSource", &[("secretName", Text), ("shareName", Text), ("readOnly", Bool)]);

pub(super) static CSI_VOLUME_SOURCE: Object = object(
    "CSIVolumeSource",
    &[
        ("driver", Text),
        ("readOnly", Bool),
        ("fsType", Text),
        ("volumeAttributes", Map(&Text)),
        ("nodePublishSecretRef", Object(&LOCAL_OBJECT_REFERENCE)),
    ],
);

pub(super) static CEPH_FS_VOLUME_SOURCE: Object = object(
    "CephFSVolumeSource",
    &[
        ("monitors", List(&Text)),
        ("path", Text),
        ("user", Text),
        ("secretFile", Text),
        ("secretRef", Object(&LOCAL_OBJECT_REFERENCE)),
        ("readOnly", Bool),
    ],
);

pub(super) static CINDER_VOLUME_SOURCE: Object = object(
    "CinderVolumeSource",
    &[("volumeID", Text), ("fsType", Text), ("readOnly", Bool), ("secretRef", Object(&LOCAL_OBJECT_REFERENCE))],
);

pub(super) static CLUSTER_TRUST_BUNDLE_PROJECTION: Object = object(
    "ClusterTrustBundleProjection",
    &[
        ("name", Text),
        ("signerName", Text),
        ("labelSelector", Object(&LABEL_SELECTOR)),
        ("optional", Bool),
        ("path", Text),
    ],
);

pub(super) static CONFIG_MAP_PROJECTION: Object =
    object("ConfigMapProjection", &[("name", Text), ("items", List(&Object(&KEY_TO_PATH))), ("optional", Bool)]);

pub(super) static CONFIG_MAP_VOLUME_SOURCE: Object = object(
    "ConfigMapVolumeSource",
    &[("name", Text), ("items", List(&Object(&KEY_TO_PATH))), ("defaultMode", INT32), ("optional", Bool)],
);

pub(super) static DOWNWARD_API_PROJECTION: Object =
    object("DownwardAPIProjection", &[("items", List(&Object(&DOWNWARD_API_VOLUME_FILE)))]);

pub(super) static DOWNWARD_API_VOLUME_FILE: Object = object(
    "DownwardAPIVolumeFile",
    &[
        ("path", Text),
        ("fieldRef", Object(&OBJECT_FIELD_SELECTOR)),
        ("resourceFieldRef", Object(&RESOURCE_FIELD_SELECTOR)),
        ("mode", INT32),
    ],
);

pub(super) static DOWNWARD_API_VOLUME_SOURCE: Object =
    object("DownwardAPIVolumeSource", &[("items", List(&Object(&DOWNWARD_API_VOLUME_FILE))), ("defaultMode", INT32)]);

pub(super) static EMPTY_DIR_VOLUME_SOURCE: Object =
    object("EmptyDirVolumeSource", &[("medium", Text), ("sizeLimit", Quantity)]);

pub(super) static EPHEMERAL_VOLUME_SOURCE: Object =
    object("EphemeralVolumeSource", &[("volumeClaimTemplate", Object(&PERSISTENT_VOLUME_CLAIM_TEMPLATE))]);

pub(super) static FC_VOLUME_SOURCE: Object = object(
    "FCVolumeSource",
    &[("targetWWNs", List(&Text)), ("lun", INT32), ("fsType", Text), ("readOnly", Bool), ("wwids", List(&Text))],
);

pub(super) static FLEX_VOLUME_SOURCE: Object = object(
    "FlexVolumeSource",
    &[
        ("driver", Text),
        ("fsType", Text),
        ("secretRef", Object(&LOCAL_OBJECT_REFERENCE)),
        ("readOnly", Bool),
        ("options", Map(&Text)),
    ],
);

pub(super) static FLOCKER_VOLUME_SOURCE: Object =
    object("FlockerVolumeSource", &[("datasetName", Text), ("datasetUUID", Text)]);

pub(super) static GCE_PERSISTENT_DISK_VOLUME_SOURCE: Object = object(
    "GCEPersistentDiskVolumeSource",
    &[("pdName", Text), ("fsType", Text), ("partition", INT32), ("readOnly", Bool)],
);

pub(super) static GIT_REPO_VOLUME_SOURCE: Object =
    object("GitRepoVolumeSource", &[("repository", Text), ("revision", Text), ("directory", Text)]);

pub(super) static GLUSTERFS_VOLUME_SOURCE: Object =
    object("GlusterfsVolumeSource", &[("endpoints", Text), ("path", Text), ("readOnly", Bool)]);

pub(super) static HOST_PATH_VOLUME_SOURCE: Object = object("HostPathVolumeSource", &[("path", Text), ("type", Text)]);

pub(super) static ISCSI_VOLUME_SOURCE: Object = object(
    "ISCSIVolumeSource",
    &[
        ("targetPortal", Text),
        ("iqn", Text),
        ("lun", INT32),
        ("iscsiInterface", Text),
        ("fsType", Text),
        ("readOnly", Bool),
        ("portals", List(&Text)),
        ("chapAuthDiscovery", Bool),
        ("chapAuthSession", Bool),
        ("secretRef", Object(&LOCAL_OBJECT_REFERENCE)),
        ("initiatorName", Text),
    ],
);

pub(super) static IMAGE_VOLUME_SOURCE: Object =
    object("ImageVolumeSource", &[("reference", Text), ("pullPolicy", Text)]);

pub(super) static KEY_TO_PATH: Object = object("KeyToPath", &[("key", Text), ("path", Text), ("mode", INT32)]);

pub(super) static LOCAL_OBJECT_REFERENCE: Object = object("LocalObjectReference", &[("name", Text)]);

pub(super) static NFS_VOLUME_SOURCE: Object =
    object("NFSVolumeSource", &[("server", Text), ("path", Text), ("readOnly", Bool)]);

pub(super) static PERSISTENT_VOLUME_CLAIM_SPEC: Object = object(
    "PersistentVolumeClaimSpec",
    &[
        ("accessModes", List(&Text)),
        ("selector", Object(&LABEL_SELECTOR)),
        ("resources", Object(&VOLUME_RESOURCE_REQUIREMENTS)),
        ("volumeName", Text),
        ("storageClassName", Text),
        ("volumeMode", Text),
        ("dataSource", Object(&TYPED_LOCAL_OBJECT_REFERENCE)),
        ("dataSourceRef", Object(&TYPED_OBJECT_REFERENCE)),
        ("volumeAttributesClassName", Text),
    ],
);

pub(super) static PERSISTENT_VOLUME_CLAIM_TEMPLATE: Object = object(
    "PersistentVolumeClaimTemplate",
    &[("metadata", Object(&OBJECT_META)), ("spec", Object(&PERSISTENT_VOLUME_CLAIM_SPEC))],
);

pub(super) static PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE: Object =
    object("PersistentVolumeClaimVolumeSource", &[("claimName", Text), ("readOnly", Bool)]);

pub(super) static PHOTON_PERSISTENT_DISK_VOLUME_SOURCE: Object =
    object("PhotonPersistentDiskVolumeSource", &[("pdID", Text), ("fsType", Text)]);

pub(super) static POD_CERTIFICATE_PROJECTION: Object = object(
    "PodCertificateProjection",
    &[
        ("signerName", Text),
        ("keyType", Text),
        ("maxExpirationSeconds", INT32),
        ("credentialBundlePath", Text),
        ("keyPath", Text),
        ("certificateChainPath", Text),
        ("userAnnotations", Map(&Text)),
    ],
);

pub(super) static PORTWORX_VOLUME_SOURCE: Object =
    object("PortworxVolumeSource", &[("volumeID", Text), ("fsType", Text), ("readOnly", Bool)]);

pub(super) static PROJECTED_VOLUME_SOURCE: Object =
    object("ProjectedVolumeSource", &[("sources", List(&Object(&VOLUME_PROJECTION))), ("defaultMode", INT32)]);

pub(super) static QUOBYTE_VOLUME_SOURCE: Object = object(
    "QuobyteVolumeSource",
    &[("registry", Text), ("volume", Text), ("readOnly", Bool), ("user", Text), ("group", Text), ("tenant", Text)],
);

pub(super) static RBD_VOLUME_SOURCE: Object = object(
    "RBDVolumeSource",
    &[
        ("monitors", List(&Text)),
        ("image", Text),
        ("fsType", Text),
        ("pool", Text),
        ("user", Text),
        ("keyring", Text),
        ("secretRef", Object(&LOCAL_OBJECT_REFERENCE)),
        ("readOnly", Bool),
    ],
);

pub(super) static SCALE_IO_VOLUME_SOURCE: Object = object(
    "ScaleIOVolumeSource",
    &[
        ("gateway", Text),
        ("system", Text),
        ("secretRef", Object(&LOCAL_OBJECT_REFERENCE)),
        ("sslEnabled", Bool),
        ("protectionDomain", Text),
        ("storagePool", Text),
        ("storageMode", Text),
        ("volumeName", Text),
        ("fsType", Text),
        ("readOnly", Bool),
    ],
);

pub(super) static SECRET_PROJECTION: Object =
    object("SecretProjection", &[("name", Text), ("items", List(&Object(&KEY_TO_PATH))), ("optional", Bool)]);

pub(super) static SECRET_VOLUME_SOURCE: Object = object(
    "SecretVolumeSource",
    &[("secretName", Text), ("items", List(&Object(&KEY_TO_PATH))), ("defaultMode", INT32), ("optional", Bool)],
);

pub(super) static SERVICE_ACCOUNT_TOKEN_PROJECTION: Object =
    object("ServiceAccountTokenProjection", &[("audience", Text), ("expirationSeconds", INT64), ("path", Text)]);

pub(super) static STORAGE_OS_VOLUME_SOURCE: Object = object(
    "StorageOSVolumeSource",
    &[
        ("volumeName", Text),
        ("volumeNamespace", Text),
        ("fsType", Text),
        ("readOnly", Bool),
        ("secretRef", Object(&LOCAL_OBJECT_REFERENCE)),
    ],
);

pub(super) static TYPED_LOCAL_OBJECT_REFERENCE: Object =
    object("TypedLocalObjectReference", &[("apiGroup", Text), ("kind", Text), ("name", Text)]);

pub(super) static TYPED_OBJECT_REFERENCE: Object =
    object("TypedObjectReference", &[("apiGroup", Text), ("kind", Text), ("name", Text), ("namespace", Text)]);

pub(super) static VOLUME: Object = object(
    "Volume",
    &[
        ("name", Text),
        ("hostPath", Object(&HOST_PATH_VOLUME_SOURCE)),
        ("emptyDir", Object(&EMPTY_DIR_VOLUME_SOURCE)),
        ("gcePersistentDisk", Object(&GCE_PERSISTENT_DISK_VOLUME_SOURCE)),
        ("awsElasticBlockStore", Object(&AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE)),
        ("gitRepo", Object(&GIT_REPO_VOLUME_SOURCE)),
        ("secret", Object(&SECRET_VOLUME_SOURCE)),
        ("nfs", Object(&NFS_VOLUME_SOURCE)),
        ("iscsi", Object(&ISCSI_VOLUME_SOURCE)),
        ("glusterfs", Object(&GLUSTERFS_VOLUME_SOURCE)),
        ("persistentVolumeClaim", Object(&PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE)),
        ("rbd", Object(&RBD_VOLUME_SOURCE)),
        ("flexVolume", Object(&FLEX_VOLUME_SOURCE)),
        ("cinder", Object(&CINDER_VOLUME_SOURCE)),
        ("cephfs", Object(&CEPH_FS_VOLUME_SOURCE)),
        ("flocker", Object(&FLOCKER_VOLUME_SOURCE)),
        ("downwardAPI", Object(&DOWNWARD_API_VOLUME_SOURCE)),
        ("fc", Object(&FC_VOLUME_SOURCE)),
        ("azureFile", Object(&AZURE_FILE_VOLUME_SOURCE)),
        ("configMap", Object(&CONFIG_MAP_VOLUME_SOURCE)),
        ("vsphereVolume", Object(&VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE)),
        ("quobyte", Object(&QUOBYTE_VOLUME_SOURCE)),
        ("azureDisk", Object(&AZURE_DISK_VOLUME_SOURCE)),
        ("photonPersistentDisk", Object(&PHOTON_PERSISTENT_DISK_VOLUME_SOURCE)),
        ("projected", Object(&PROJECTED_VOLUME_SOURCE)),
        ("portworxVolume", Object(&PORTWORX_VOLUME_SOURCE)),
        ("scaleIO", Object(&SCALE_IO_VOLUME_SOURCE)),
        ("storageos", Object(&STORAGE_OS_VOLUME_SOURCE)),
        ("csi", Object(&CSI_VOLUME_SOURCE)),
        ("ephemeral", Object(&EPHEMERAL_VOLUME_SOURCE)),
        ("image", Object(&IMAGE_VOLUME_SOURCE)),
    ],
);

pub(super) static VOLUME_PROJECTION: Object = object(
    "VolumeProjection",
    &[
        ("secret", Object(&SECRET_PROJECTION)),
        ("downwardAPI", Object(&DOWNWARD_API_PROJECTION)),
        ("configMap", Object(&CONFIG_MAP_PROJECTION)),
        ("serviceAccountToken", Object(&SERVICE_ACCOUNT_TOKEN_PROJECTION)),
        ("clusterTrustBundle", Object(&CLUSTER_TRUST_BUNDLE_PROJECTION)),
        ("podCertificate", Object(&POD_CERTIFICATE_PROJECTION)),
    ],
);

pub(super) static VOLUME_RESOURCE_REQUIREMENTS: Object =
    object("VolumeResourceRequirements", &[("limits", Map(&Quantity)), ("requests", Map(&Quantity))]);

pub(super) static VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE: Object = object(
    "VsphereVirtualDiskVolumeSource",
    &[("volumePath", Text), ("fsType", Text), ("storagePolicyName", Text), ("storagePolicyID", Text)],
);
