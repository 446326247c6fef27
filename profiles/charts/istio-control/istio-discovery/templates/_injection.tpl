{{- /*
The webhooks that inject the pods of one revision or tag.
  chart      the root of the chart
  revision   the name with which namespaces and pods ask for it
  isDefault  whether it also injects those that ask without a name
*/}}
{{- define "istiod.injectionWebhooks" -}}
{{- $webhook := include "istiod.injectionWebhook" .chart }}
- name: rev.namespace.sidecar-injector.istio.io
  {{- $webhook | nindent 2 }}
  namespaceSelector:
    matchExpressions:
    - key: istio.io/rev
      operator: In
      values: [{{ .revision | quote }}]
    - key: istio-injection
      operator: DoesNotExist
  objectSelector:
    matchExpressions:
    - key: sidecar.istio.io/inject
      operator: NotIn
      values: ["false"]
- name: rev.object.sidecar-injector.istio.io
  {{- $webhook | nindent 2 }}
  namespaceSelector:
    matchExpressions:
    - key: istio.io/rev
      operator: DoesNotExist
    - key: istio-injection
      operator: DoesNotExist
  objectSelector:
    matchExpressions:
    - key: sidecar.istio.io/inject
      operator: NotIn
      values: ["false"]
    - key: istio.io/rev
      operator: In
      values: [{{ .revision | quote }}]
{{- if .isDefault }}
- name: namespace.sidecar-injector.istio.io
  {{- $webhook | nindent 2 }}
  namespaceSelector:
    matchExpressions:
    - key: istio-injection
      operator: In
      values: [enabled]
  objectSelector:
    matchExpressions:
    - key: sidecar.istio.io/inject
      operator: NotIn
      values: ["false"]
- name: object.sidecar-injector.istio.io
  {{- $webhook | nindent 2 }}
  namespaceSelector:
    matchExpressions:
    - key: istio-injection
      operator: DoesNotExist
    - key: istio.io/rev
      operator: DoesNotExist
  objectSelector:
    matchExpressions:
    - key: sidecar.istio.io/inject
      operator: In
      values: ["true"]
    - key: istio.io/rev
      operator: DoesNotExist
{{- if .chart.Values.sidecarInjectorWebhook.enableNamespacesByDefault }}
- name: auto.sidecar-injector.istio.io
  {{- $webhook | nindent 2 }}
  namespaceSelector:
    matchExpressions:
    - key: istio-injection
      operator: DoesNotExist
    - key: istio.io/rev
      operator: DoesNotExist
    - key: kubernetes.io/metadata.name
      operator: NotIn
      values: [kube-system, kube-public, kube-node-lease, local-path-storage]
  objectSelector:
    matchExpressions:
    - key: sidecar.istio.io/inject
      operator: DoesNotExist
    - key: istio.io/rev
      operator: DoesNotExist
{{- end }}
{{- end }}
{{- end }}

{{- /* What all these webhooks have in common: where pods go, and which. */}}
{{- define "istiod.injectionWebhook" -}}
clientConfig:
  {{- if .Values.istiodRemote.injectionURL }}
  url: {{ .Values.istiodRemote.injectionURL }}
  {{- else }}
  service:
    name: {{ include "istiod.name" . }}
    namespace: {{ .Release.Namespace | quote }}
    path: {{ .Values.istiodRemote.injectionPath }}
    port: 443
  {{- end }}
  {{- with .Values.istiodRemote.injectionCABundle }}
  caBundle: {{ . | quote }}
  {{- end }}
rules:
- operations: [CREATE]
  apiGroups: [""]
  apiVersions: [v1]
  resources: [pods]
failurePolicy: Fail
reinvocationPolicy: {{ .Values.sidecarInjectorWebhook.reinvocationPolicy }}
sideEffects: None
admissionReviewVersions: [v1]
{{- end }}
