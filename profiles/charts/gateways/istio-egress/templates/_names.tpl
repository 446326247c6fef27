{{- /* Labels of every object, without those of the gateway itself. */}}
{{- define "gateway.installed" -}}
release: {{ .Release.Name }}
istio.io/rev: {{ .Values.revision | default "default" | quote }}
install.operator.istio.io/owning-resource: {{ .Values.ownerName | default "unknown" }}
operator.istio.io/component: {{ include "this.component" . }}
{{ include "gateway.labels" . }}
{{- end }}

{{- /* Labels that Helm and Kubernetes recommend. */}}
{{- define "gateway.labels" -}}
app.kubernetes.io/name: {{ include "this.key" . }}
{{- with .Release.Service }}
app.kubernetes.io/managed-by: {{ quote . }}
{{- end }}
{{- with .Release.Name }}
app.kubernetes.io/instance: {{ quote . }}
{{- end }}
app.kubernetes.io/part-of: "istio"
{{- with .Chart.AppVersion }}
app.kubernetes.io/version: {{ quote . }}
{{- end }}
{{- if and .Chart.Name .Chart.Version }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{- end }}
{{- end }}

{{- /* Resource amounts; argument: the map of limits and requests. Amounts set to null, 0 or "" are left out. */}}
{{- define "gateway.resources" }}
{{- range $kind := list "limits" "requests" }}
{{- $lines := "" }}
{{- range $name, $amount := index $ $kind }}
{{- if $amount }}{{ $lines = print $lines "\n  " $name ": " $amount }}{{ end }}
{{- end }}
{{- with $lines }}
{{ $kind }}:{{ . }}
{{- end }}
{{- end }}
{{- end }}

{{- /* A comma-separated text as the items of a YAML list. */}}
{{- define "gateway.items" }}
{{- range split "," . }}
- {{ quote . }}
{{- end }}
{{- end }}
