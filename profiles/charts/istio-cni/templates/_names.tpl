{{- /* Labels that Helm and Kubernetes recommend. */}}
{{- define "cni.labels" -}}
app.kubernetes.io/name: istio-cni
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

{{- /* Labels of every object with a revision. */}}
{{- define "cni.installed" -}}
release: {{ .Release.Name }}
istio.io/rev: {{ .Values.revision | default "default" }}
install.operator.istio.io/owning-resource: {{ .Values.ownerName | default "unknown" }}
operator.istio.io/component: Cni
{{ include "cni.labels" . }}
{{- end }}

{{- /* Resource amounts; argument: the map of limits and requests. Amounts set to null, 0 or "" are left out. */}}
{{- define "cni.resources" }}
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
