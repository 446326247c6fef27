//! Codes that `precheck` raises, and codes that are kept for output's sake but that no rule raises.
//!
//! # IST0001 InternalError
//! ## What it does
//! Tells that a rule failed. No input should make it appear.
//! ## Why is this bad?
//! It is a defect of bowline; other findings may be missing.
//! ## Example
//! None is known.
//! ## Use instead
//! Report the input with which it happened.
//!
//! # IST0141 InsufficientPermissions
//! ## What it does
//! `precheck` tries whether you may create what an installation creates.
//! ## Why is this bad?
//! The installation would stop half-way.
//! ## Example
//! A user without the right to create ClusterRoles.
//! ## Use instead
//! Ask for the missing right, or have an administrator run the installation.
//!
//! # IST0142 UnsupportedKubernetesVersion
//! ## What it does
//! `precheck` compares the version of the API server with the oldest one supported.
//! ## Why is this bad?
//! APIs that the control plane needs may be missing.
//! ## Example
//! Kubernetes 1.24.
//! ## Use instead
//! Upgrade the cluster first.
//!
//! # IST0143 LocalhostListener
//! ## What it does
//! Stands for ports that a pod opens on localhost only. No rule raises it.
//! ## Why is this bad?
//! The sidecar forwards to the pod's address, where nobody listens.
//! ## Example
//! A server bound to `127.0.0.1:8080`.
//! ## Use instead
//! Bind to `0.0.0.0`.
//!
//! # IST0156 UnsupportedGatewayAPIVersion
//! ## What it does
//! `precheck` compares the installed Gateway API with the oldest version supported.
//! ## Why is this bad?
//! Its objects would be ignored.
//! ## Example
//! Gateway API 0.5.
//! ## Use instead
//! Install a newer release of the Gateway API.
//!
//! # IST0168 UnknownUpgradeCompatibility
//! ## What it does
//! `precheck` tells that it could not find out whether a change of behaviour concerns you.
//! ## Why is this bad?
//! The upgrade may change how something works.
//! ## Example
//! The configuration of the control plane cannot be read.
//! ## Use instead
//! Read about the change in the release notes, or set the compatibility version.
//!
//! # IST0169 UpdateIncompatibility
//! ## What it does
//! `precheck` reports a default that the next release changes and that concerns you.
//! ## Why is this bad?
//! Something works differently after the upgrade although nobody changed the configuration.
//! ## Example
//! A feature flag whose default the release turns on.
//! ## Use instead
//! Set `compatibilityVersion` to keep the old behaviour, then move when you are ready.
//!
//! # IST0172 FutureUnsupportedGatewayAPIVersion
//! ## What it does
//! `precheck` reports a Gateway API that the next release will not support.
//! ## Why is this bad?
//! After the next upgrade its objects would be ignored.
//! ## Example
//! An experimental release of the Gateway API.
//! ## Use instead
//! Upgrade the Gateway API before the control plane.
//!
//! # BOW0101 VersionSkew
//! ## What it does
//! `precheck` compares the releases of the running control planes and proxies with the release to be installed.
//! ## Why is this bad?
//! Proxies that are much older than their control plane, and upgrades that leave out a release, are tested by nobody.
//! ## Example
//! Sidecars of release 1.26 when 1.30 is to be installed in place.
//! ## Use instead
//! Restart old workloads first, or upgrade one release at a time. With a new revision the upgrade may leave out one release.
//!
//! # BOW0102 WebhookNotReady
//! ## What it does
//! `precheck` looks at what is behind the webhooks of the control planes: the Service, its endpoints, the certificate.
//! ## Why is this bad?
//! Pods cannot be created, or come up without a sidecar, as long as their webhook does not answer.
//! ## Example
//! A webhook of a revision whose control plane was deleted.
//! ## Use instead
//! Bring its control plane back, or remove the webhook with `uninstall --revision` or `tag remove`.
//!
//! # BOW0103 Downgrade
//! ## What it does
//! `precheck` tells that the mesh is newer than this program.
//! ## Why is this bad?
//! Older charts would replace newer objects and CRDs.
//! ## Example
//! A control plane of release 1.31, and a program of release 1.30.
//! ## Use instead
//! Use the program of the release that runs, or of a newer one.
