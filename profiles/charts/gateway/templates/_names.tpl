{{- /* The name of every object. `helm template` without a name says RELEASE-NAME: nobody wants that one. */}}
{{- define "gateway.name" -}}
{{- if .Values.name }}{{ .Values.name }}
{{- else if eq .Release.Name "RELEASE-NAME" }}istio-ingressgateway
{{- else }}{{ .Release.Name | default "istio-ingressgateway" }}
{{- end }}
{{- end }}

{{- /* What selects the pods. */}}
{{- define "gateway.selector" -}}
{{- $name := include "gateway.name" . -}}
app: {{ (.Values.labels).app | default $name | quote }}
istio: {{ (.Values.labels).istio | default ($name | trimPrefix "istio-") | quote }}
{{- end }}

{{- /* The selector and the labels of the user. */}}
{{- define "gateway.userlabels" -}}
{{- include "gateway.selector" . }}
{{- range $key, $value := .Values.labels }}
{{- if not (or (eq $key "app") (eq $key "istio")) }}
{{ $key | quote }}: {{ $value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Labels that Helm and Kubernetes recommend. */}}
{{- define "gateway.labels" -}}
app.kubernetes.io/name: {{ include "gateway.name" . }}
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

{{- /* Labels of an object. */}}
{{- define "gateway.metadata" -}}
{{ include "gateway.labels" . }}
{{ include "gateway.userlabels" . }}
{{- end }}

{{- /* The service account of the pods. */}}
{{- define "gateway.account" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "gateway.name" .) }}
{{- else }}{{ .Values.serviceAccount.name | default "default" }}
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
