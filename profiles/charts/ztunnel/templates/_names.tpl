{{- /* The name of every object. */}}
{{- define "ztunnel.name" -}}
{{ .Values.resourceName | default "ztunnel" }}
{{- end }}

{{- /* Labels that Helm and Kubernetes recommend. */}}
{{- define "ztunnel.labels" -}}
app.kubernetes.io/name: ztunnel
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

{{- /* Annotations of every object: those of the user and the revision. */}}
{{- define "ztunnel.annotations" -}}
{{- $all := dict }}
{{- with .Values.annotations }}{{ $all = mustMergeOverwrite $all . }}{{ end }}
{{- if ne .Values.revision "" }}{{ $_ := set $all "istio.io/rev" .Values.revision }}{{ end }}
{{- toYaml $all }}
{{- end }}

{{- /* Resource amounts; argument: the map of limits and requests. Amounts set to null, 0 or "" are left out. */}}
{{- define "ztunnel.resources" }}
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

{{- /* Where certificates and configuration come from by default. */}}
{{- define "ztunnel.istiod" -}}
istiod{{ if ne .Values.revision "" }}-{{ .Values.revision }}{{ end }}.{{ .Values.istioNamespace }}.svc:15012
{{- end }}
