{{- /* The labels that every object carries. */}}
{{- define "istiod.labels" -}}
{{- with .Release.Service }}
app.kubernetes.io/managed-by: {{ . | quote }}
{{- end }}
{{- with .Release.Name }}
app.kubernetes.io/instance: {{ . | quote }}
{{- end }}
app.kubernetes.io/part-of: istio
{{- with .Chart.AppVersion }}
app.kubernetes.io/version: {{ . | quote }}
{{- end }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{- end }}

{{- /* Labels of what belongs to one revision: configuration, workload, webhooks. */}}
{{- define "istiod.revisionLabels" -}}
istio.io/rev: {{ .Values.revision | default "default" | quote }}
install.operator.istio.io/owning-resource: {{ .Values.ownerName | default "unknown" }}
operator.istio.io/component: Pilot
release: {{ .Release.Name | quote }}
app.kubernetes.io/name: istiod
{{ include "istiod.labels" . }}
{{- end }}

{{- /* Labels of the roles, bindings and account of the control plane. */}}
{{- define "istiod.accessLabels" -}}
app: istiod
release: {{ .Release.Name | quote }}
app.kubernetes.io/name: istiod
{{ include "istiod.labels" . }}
{{- end }}

{{- /* What finds the pods of this revision. */}}
{{- define "istiod.selector" -}}
app: istiod
{{- if ne .Values.revision "" }}
istio.io/rev: {{ .Values.revision | default "default" | quote }}
{{- else }}
istio: pilot
{{- end }}
{{- end }}
