{{- /* Environment of a proxy that runs from its own image (not from an injection template). */}}
{{- define "gateway.env" -}}
{{- $gateway := index .Values "gateways" (include "this.key" .) -}}
- name: PILOT_CERT_PROVIDER
  value: {{ .Values.global.pilotCertProvider }}
- name: CA_ADDR
  value: {{ .Values.global.caAddress | default (printf "istiod%s.%v.svc:15012" (ternary "" (print "-" .Values.revision) (eq .Values.revision "")) .Values.global.istioNamespace) }}
- name: NODE_NAME
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: spec.nodeName
- name: POD_NAME
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: metadata.name
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: metadata.namespace
- name: INSTANCE_IP
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: status.podIP
- name: HOST_IP
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: status.hostIP
- name: ISTIO_CPU_LIMIT
  valueFrom:
    resourceFieldRef:
      resource: limits.cpu
      divisor: "1"
- name: SERVICE_ACCOUNT
  valueFrom:
    fieldRef:
      fieldPath: spec.serviceAccountName
- name: ISTIO_META_WORKLOAD_NAME
  value: {{ $gateway.name }}
- name: ISTIO_META_OWNER
  value: kubernetes://apis/apps/v1/namespaces/{{ .Release.Namespace }}/deployments/{{ $gateway.name }}
{{- with .Values.global.meshID | default .Values.meshConfig.trustDomain }}
- name: ISTIO_META_MESH_ID
  value: {{ quote . }}
{{- end }}
{{- with .Values.meshConfig.trustDomain }}
- name: TRUST_DOMAIN
  value: {{ quote . }}
{{- end }}
{{- include "gateway.userenv" . }}
{{- range $variable, $value := .Values.meshConfig.defaultConfig.proxyMetadata }}
- name: {{ $variable }}
  value: {{ quote $value }}
{{- end }}
{{- if and .Values.global.network (not (($gateway.env).ISTIO_META_NETWORK)) }}
- name: ISTIO_META_NETWORK
  value: {{ quote .Values.global.network }}
{{- end }}
- name: ISTIO_META_CLUSTER_ID
  value: {{ .Values.global.multiCluster.clusterName | default "Kubernetes" | quote }}
- name: ISTIO_META_NODE_NAME
  valueFrom:
    fieldRef:
      fieldPath: spec.nodeName
{{- end }}

{{- /* Environment that both forms of the pod have. */}}
{{- define "gateway.userenv" }}
{{- $gateway := index .Values "gateways" (include "this.key" .) }}
{{- if not $gateway.runAsRoot }}
- name: ISTIO_META_UNPRIVILEGED_POD
  value: "true"
{{- end }}
{{- range $variable, $value := $gateway.env }}
- name: {{ $variable }}
  value: {{ quote $value }}
{{- end }}
{{- end }}
