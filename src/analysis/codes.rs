//! The table of codes: identifier, name, level, the sentence, and the rule file that explains it.
//!
//! A code is never renumbered and never reused. Sentences fill in the finding's parameters by name. The long text of each
//! code (`explain CODE`, `docs/rules/`, SARIF) is the section of that name in the doc comment of its rule file.

use std::fmt;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Info,
    Warning,
    Error,
}

impl Level {
    /// All levels, the mildest first.
    pub const ALL: [Level; 3] = [Level::Info, Level::Warning, Level::Error];

    pub fn name(self) -> &'static str {
        match self {
            Level::Info => "Info",
            Level::Warning => "Warning",
            Level::Error => "Error",
        }
    }

    /// Reads a level, in any case.
    pub fn parse(text: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(text))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One kind of finding.
#[derive(Debug)]
pub struct Code {
    pub id: &'static str,
    pub name: &'static str,
    pub level: Level,
    /// The sentence, with `{parameter}` where one is filled in.
    pub sentence: &'static str,
    /// The source of the rule file whose doc comment explains the code.
    source: &'static str,
}

impl Code {
    /// Finds a code by identifier, in any case, or by name.
    pub fn find(text: &str) -> Option<&'static Code> {
        CODES.iter().copied().find(|code| code.id.eq_ignore_ascii_case(text) || code.name.eq_ignore_ascii_case(text))
    }

    /// Whether the reference prints the line of a field and not that of the object.
    pub fn has_line_of_field(&self) -> bool {
        WITH_LINE.contains(&self.id)
    }

    /// Ours, not the reference's.
    pub fn is_ours(&self) -> bool {
        self.id.starts_with("BOW")
    }

    /// What the code means, as Markdown without its title.
    pub fn explanation(&self) -> String {
        let title = format!("//! # {} ", self.id);
        self.source
            .lines()
            .skip_while(|line| !line.starts_with(&title))
            .skip(1)
            .take_while(|line| line.starts_with("//!") && !line.starts_with("//! # "))
            .map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or(""))
            .collect::<Vec<_>>()
            .join("\n")
            .trim()
            .to_string()
    }

    /// One section of the explanation, such as `Use instead`.
    pub fn section(&self, name: &str) -> String {
        let heading = format!("## {name}");
        self.explanation()
            .lines()
            .skip_while(|line| *line != heading)
            .skip(1)
            .take_while(|line| !line.starts_with("## "))
            .collect::<Vec<_>>()
            .join("\n")
            .trim()
            .to_string()
    }

    /// The page of the book about the code.
    pub fn page(&self) -> String {
        let raised: Vec<&str> =
            super::rules::RULES.iter().filter(|rule| rule.raises(self)).map(|rule| rule.name).collect();
        let by = if raised.is_empty() { String::new() } else { format!(" Raised by `{}`.", raised.join("`, `")) };
        format!(
            "# {} {}\n\nLevel: {}.{by}\n\n{}\n",
            self.id,
            self.name,
            self.level.name().to_lowercase(),
            self.explanation().replace("\n## ", "\n\n## ")
        )
    }

    /// The page of the book that lists all codes.
    pub fn index() -> String {
        let mut text = String::from(
            "# Codes of `bowline analyze`\n\nMade from the rules. `bowline explain CODE` prints the same pages. Codes that begin with BOW are not istioctl's and \
             never appear with `--compat`.\n\n| Code | Name | Level |\n|---|---|---|\n",
        );
        for code in CODES {
            text.push_str(&format!("| [{0}]({0}.md) | {1} | {2} |\n", code.id, code.name, code.level));
        }
        text
    }

    /// The page about the code. For the reference's codes, the page its output links to.
    pub fn url(&self) -> String {
        if self.is_ours() {
            return format!("docs/rules/{}.md", self.id);
        }
        format!(
            "https://istio.io/v1.30/docs/reference/config/analysis/{}/?ref=istioctl-analyze",
            self.id.to_lowercase()
        )
    }
}

/// Codes whose findings the reference places at a field; it means to do so for others too, and loses the place on the way.
const WITH_LINE: &[&str] = &[
    "IST0101", "IST0102", "IST0109", "IST0110", "IST0112", "IST0116", "IST0118", "IST0128", "IST0129", "IST0132",
    "IST0134", "IST0137", "IST0138", "IST0140", "IST0150", "IST0159", "IST0161", "IST0162", "IST0165",
];

macro_rules! codes {
    ($($id:ident $name:ident $level:ident $file:literal $sentence:literal;)*) => {
        $(
            #[doc = concat!(stringify!($name), ".")]
            pub static $id: Code = Code {
                id: stringify!($id),
                name: stringify!($name),
                level: Level::$level,
                sentence: $sentence,
                source: include_str!(concat!("rules/", $file, ".rs")),
            };
        )*
        /// Every code, in order.
        pub static CODES: &[&Code] = &[$(&$id),*];
    };
}

codes! {
    IST0001 InternalError Error "precheck" "bowline failed while checking this: {detail}";
    IST0002 Deprecated Warning "deprecation" "Deprecated: {detail}";
    IST0101 ReferencedResourceNotFound Error "destination_host" "No such {reftype}: \"{refval}\"";
    IST0102 NamespaceNotInjected Info "injection"
        "Sidecars are not injected into namespace {namespace}. Label it istio-injection=enabled to opt in or istio-injection=disabled to say that this is meant";
    IST0103 PodMissingProxy Warning "injection" "Pod {podName} runs without a sidecar although injection is enabled for its namespace; restart it to have one injected";
    IST0106 SchemaValidationError Error "schema_validation" "Invalid configuration: {err}";
    IST0107 MisplacedAnnotation Warning "annotations" "Annotation {annotation} has no effect here, it belongs on: {kind}";
    IST0108 UnknownAnnotation Warning "annotations" "Unknown annotation {annotation}";
    IST0109 ConflictingMeshGatewayVirtualServiceHosts Error "conflicting_mesh_hosts"
        "VirtualServices {virtualServices} all define host {host} for the sidecars of the mesh; only one of them can take effect";
    IST0110 ConflictingSidecarWorkloadSelectors Error "sidecar_selector"
        "Sidecars {conflictingSidecars} in namespace {namespace} select the same pod {workloadPod}; only one of them can apply";
    IST0111 MultipleSidecarsWithoutWorkloadSelectors Error "sidecar_selector"
        "Sidecars {conflictingSidecars} in namespace {namespace} have no workload selector; only one of them can be the namespace's default";
    IST0112 VirtualServiceDestinationPortSelectorRequired Error "destination_host"
        "Destination {destHost} has the ports {destPorts}; say which one with destination.port.number";
    IST0116 DeploymentAssociatedToMultipleServices Warning "deployment_services"
        "The pods of Deployment {deployment} are behind several Services that use port {port} with different protocols: {services}";
    IST0118 PortNameIsNotUnderNamingConvention Info "port_name"
        "Port name \"{portName}\" (port {port}, target port {targetPort}) does not say which protocol it carries";
    IST0123 NamespaceMultipleInjectionLabels Warning "injection" "The namespace has several injection labels: {labels}; keep one";
    IST0125 InvalidAnnotation Warning "annotations" "Invalid value for annotation {annotation}: {problem}";
    IST0126 UnknownMeshNetworksServiceRegistry Error "mesh_networks" "Unknown service registry {serviceregistry} in network {network}";
    IST0127 NoMatchingWorkloadsFound Warning "authorization_policies" "No workload in the mesh is selected by the labels {labels}";
    IST0128 NoServerCertificateVerificationDestinationLevel Warning "ca_certificates"
        "DestinationRule {destinationrule} in namespace {namespace} uses TLS mode {mode} for host {host} without a CA to verify the server by";
    IST0129 NoServerCertificateVerificationPortLevel Warning "ca_certificates"
        "DestinationRule {destinationrule} in namespace {namespace} uses TLS mode {mode} for host {host}, port {port}, without a CA to verify the server by";
    IST0130 VirtualServiceUnreachableRule Warning "schema_validation" "Rule {ruleno} is never reached: {reason}";
    IST0131 VirtualServiceIneffectiveMatch Info "schema_validation" "Rule {ruleno}: match {matchno} has no effect, {dupno} takes its requests already";
    IST0132 VirtualServiceHostNotFoundInGateway Warning "virtual_service_gateway"
        "None of the hosts {host} of VirtualService {virtualservice} is exposed by Gateway {gateway}";
    IST0133 SchemaWarning Warning "schema_validation" "Questionable configuration: {err}";
    IST0134 ServiceEntryAddressesRequired Warning "service_entry"
        "A TCP port without addresses takes the traffic of every destination on that port";
    IST0135 DeprecatedAnnotation Info "annotations" "Annotation {annotation} is deprecated{extra}";
    IST0136 AlphaAnnotation Info "annotations_alpha" "Annotation {annotation} is alpha and may change or go away";
    IST0137 DeploymentConflictingPorts Warning "deployment_services"
        "The pods of Deployment {deployment} are behind the Services {services}, which reach target port {targetPort} by different ports: {ports}";
    IST0138 GatewayDuplicateCertificate Warning "gateway_certificate"
        "Gateways {gateways} use the same certificate; browsers may reuse a connection for the wrong host and get 404s";
    IST0139 InvalidWebhook Error "webhook" "{error}";
    IST0140 IngressRouteRulesNotAffected Warning "destination_host"
        "Traffic that enters through a gateway by VirtualService {virtualservice} is not split by the subset rules of VirtualService {virtualservicesubset}";
    IST0141 InsufficientPermissions Error "precheck" "Missing permission for {resource}: {error}";
    IST0142 UnsupportedKubernetesVersion Error "precheck" "Kubernetes {version} is older than {minimumVersion}, the oldest version supported";
    IST0143 LocalhostListener Error "precheck" "Port {port} listens on localhost only and cannot be reached through the sidecar";
    IST0144 InvalidApplicationUID Warning "application_uid" "The application runs as user 1337, which is the sidecar's: its traffic bypasses the proxy";
    IST0145 ConflictingGateways Error "conflicting_gateways"
        "Conflict with Gateways {gateway}: the same workloads ({selector}), port {portnumber} and hosts {hosts}";
    IST0146 ImageAutoWithoutInjectionWarning Warning "image_auto"
        "{resourceType} {resourceName} has an istio-proxy container with image auto, but no injector will fill it in";
    IST0147 ImageAutoWithoutInjectionError Error "image_auto"
        "{resourceType} {resourceName} has an istio-proxy container with image auto that no injector has filled in";
    IST0148 NamespaceInjectionEnabledByDefault Info "injection" "Sidecars are injected into this namespace because injection is on by default";
    IST0149 JwtClaimBasedRoutingWithoutRequestAuthN Error "jwt_claim_route"
        "Routing by JWT claim {key} needs a RequestAuthentication for pod {pod} of gateway {gateway}";
    IST0150 ExternalNameServiceTypeInvalidPortName Warning "port_name"
        "The port name of an ExternalName Service must say its protocol, and not just tcp; traffic may go to the wrong place";
    IST0151 EnvoyFilterUsesRelativeOperation Warning "envoy_patch"
        "A patch relative to another filter, without a priority, depends on the order in which filters happen to be applied";
    IST0152 EnvoyFilterUsesReplaceOperationIncorrectly Error "envoy_patch" "REPLACE works for HTTP_FILTER, NETWORK_FILTER and VIRTUAL_HOST only";
    IST0153 EnvoyFilterUsesAddOperationIncorrectly Error "envoy_patch" "ADD is ignored for ROUTE_CONFIGURATION and HTTP_ROUTE";
    IST0154 EnvoyFilterUsesRemoveOperationIncorrectly Error "envoy_patch" "REMOVE is ignored for ROUTE_CONFIGURATION and HTTP_ROUTE";
    IST0155 EnvoyFilterUsesRelativeOperationWithProxyVersion Warning "envoy_patch"
        "A patch relative to a filter that exists for some proxy versions only, without a priority, may not be applied";
    IST0156 UnsupportedGatewayAPIVersion Error "precheck" "Gateway API {version} is older than {minimumVersion}, the oldest version supported";
    IST0157 InvalidTelemetryProvider Warning "telemetry_provider"
        "Telemetry {name} in namespace {namespace} enables access logs without a provider, and the mesh has no default: nothing is logged";
    IST0158 PodsIstioProxyImageMismatchInNamespace Warning "injection_image"
        "The sidecar image of these pods differs from the one that would be injected now: {podNames}; restart them";
    IST0159 ConflictingTelemetryWorkloadSelectors Error "telemetry_selector"
        "Telemetries {conflictingTelemetries} in namespace {namespace} select the same pod {workloadPod}; only one of them can apply";
    IST0160 MultipleTelemetriesWithoutWorkloadSelectors Error "telemetry_default_selector"
        "Telemetries {conflictingTelemetries} in namespace {namespace} have no selector; only one of them can be the namespace's default";
    IST0161 InvalidGatewayCredential Error "gateway_secret"
        "The certificate for Gateway {gatewayName}, looked up in namespace {gatewayNamespace}, cannot be used";
    IST0162 GatewayPortNotDefinedOnService Warning "gateway_port"
        "Port {port} is not a port of any Service in front of the workloads with {selector}, so nothing outside can reach it";
    IST0163 InvalidExternalControlPlaneConfig Warning "external_control_plane" "Webhook {webhook} has no usable address {hostname}: {msg}";
    IST0164 ExternalControlPlaneAddressIsNotAHostname Info "external_control_plane"
        "The address {hostname} of webhook {webhook} is an IP address, not a host name";
    IST0165 ReferencedInternalGateway Warning "virtual_service_gateway"
        "VirtualService {virtualservice} refers to {gateway}, an internal object that may change without notice";
    IST0166 IneffectiveSelector Warning "gateway_api_selector"
        "The selector matches pods of the Kubernetes Gateway {gateway}, for which selectors have no effect; use targetRefs";
    IST0167 IneffectivePolicy Warning "sidecar_selector" "This has no effect: {reason}";
    IST0168 UnknownUpgradeCompatibility Warning "precheck"
        "Whether {field} can be upgraded could not be found out ({info}); release {release} changes it, compatibility version {compatVersion} keeps it";
    IST0169 UpdateIncompatibility Warning "precheck"
        "{field} changes in release {release}: {info}; set compatibility version {compatVersion} to keep the old behaviour";
    IST0170 MultiClusterInconsistentService Warning "multi_cluster_services"
        "Service {serviceName} in namespace {namespace} differs between clusters {clusters}: {error}";
    IST0171 NegativeConditionStatus Warning "conditions" "Condition {conditionType} is False ({reason}): {message}";
    IST0172 FutureUnsupportedGatewayAPIVersion Warning "precheck"
        "Gateway API {version} will not be supported by the next release, which needs {minimumVersion}";
    IST0173 DestinationRuleSubsetNotSelectPods Error "subset_pods" "Subset {subset} selects no pod";
    IST0174 UnknownDestinationRuleHost Warning "subset_pods" "Host {host} is not a service of the mesh";
    IST0175 JwksUriFetchUnrestricted Warning "blocked_cidrs"
        "istiod fetches JWKS addresses for {count} RequestAuthentications ({names}) without BLOCKED_CIDRS_IN_JWKS_URIS, so whoever writes one can make it call internal addresses";
    IST0176 GatewayAPICRDVersionBelowMinimum Warning "crd_version"
        "CRD {crd} is of Gateway API {installedVersion}, older than {minimumVersion}, and is not used";
    BOW0001 MutualTlsConflict Error "mutual_tls"
        "Clients of {host} are told TLS mode {client}, but its workloads have mTLS mode {server} by PeerAuthentication {policy}: connections fail";
    BOW0002 PeerAuthenticationConflict Warning "peer_authentications"
        "PeerAuthentications {policies} in namespace {namespace} are all for {workloads}; only the oldest one is in force";
    BOW0003 ExportToUnknownNamespace Warning "export_to" "exportTo names namespace {namespace}, which does not exist";
    BOW0004 DestinationRuleConflict Warning "destination_rules" "DestinationRule {other} sets {what} for host {host} too; only one of them takes effect";
    BOW0005 AmbientPolicyWithoutWaypoint Warning "ambient"
        "The rule needs HTTP, but namespace {namespace} is in the ambient mesh without a waypoint, and ztunnel cannot check it";
    BOW0006 AmbientRoutingWithoutWaypoint Warning "ambient" "Routes for {host} have no effect: namespace {namespace} is in the ambient mesh without a waypoint";
    BOW0007 RouteParentNotFound Error "gateway_api_routes" "The parent Gateway {parent} does not exist";
    BOW0008 RouteBackendNotFound Error "gateway_api_routes" "The backend Service {backend} does not exist";
    BOW0009 ReferenceGrantMissing Error "gateway_api_routes"
        "Service {service} is in another namespace, and no ReferenceGrant in namespace {namespace} lets this route use it";
    BOW0010 DeprecatedField Info "target_version" "Field {field} of {kind} is deprecated";
    BOW0011 FieldNotInTargetVersion Error "target_version" "Field {field} exists from release {since} on, and {target} drops it";
    BOW0012 CertificateExpiresSoon Warning "certificate_expiry" "The certificate expires in {days} days";
    BOW0013 ServiceEntryConflict Warning "service_entries" "ServiceEntry {other} defines port {port} of {host} in another way";
    BOW0014 SidecarEgressHostNotFound Warning "sidecar_scope" "The egress host {host} matches no service";
    BOW0015 SidecarInRootNamespaceWithSelector Warning "sidecar_scope"
        "A Sidecar with a selector concerns workloads of its own namespace, {namespace}, alone, and there are none";
    BOW0016 RouteSplitIneffective Warning "traffic_split" "Destination {destination} is there twice, so nothing is split between them";
    BOW0017 TargetPortNotInContainer Warning "target_ports" "Target port {port} is not a port of the pods that the Service selects";
    BOW0018 DelegateNotFound Error "delegates" "The VirtualService {delegate} that requests are delegated to does not exist";
    BOW0101 VersionSkew Warning "precheck" "{what} {version}, and {target} works with {oldest} and newer{how}";
    BOW0102 WebhookNotReady Error "precheck" "Webhook {webhook} cannot be called: {problem}";
    BOW0103 Downgrade Warning "precheck" "{what} {version}, which is newer than {target}: this would be a downgrade";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained() {
        for code in CODES {
            for heading in ["What it does", "Why is this bad?", "Example", "Use instead"] {
                assert!(!code.section(heading).is_empty(), "{} lacks the section {heading}", code.id);
            }
        }
    }

    #[test]
    fn codes_are_found_by_identifier_or_name() {
        assert_eq!(Code::find("ist0101").map(|c| c.name), Some("ReferencedResourceNotFound"));
        assert_eq!(Code::find("gatewaynothere").map(|c| c.id), None);
        assert_eq!(Code::find("SchemaWarning").map(|c| c.id), Some("IST0133"));
    }
}
