{{- /* Ends the name of everything that exists once per revision. */}}
{{- define "istiod.suffix" -}}
{{ if ne .Values.revision "" }}-{{ .Values.revision }}{{ end }}
{{- end }}

{{- /* Of the Deployment, its Service and its account. */}}
{{- define "istiod.name" -}}
istiod{{ include "istiod.suffix" . }}
{{- end }}

{{- /* Ends the name of webhooks, so that control planes in several namespaces do not share one. */}}
{{- define "istiod.namespaceSuffix" -}}
{{ if ne .Release.Namespace "istio-system" }}-{{ .Release.Namespace }}{{ end }}
{{- end }}

{{- /* The Service with which a cluster without a control plane of its own reaches the remote one. */}}
{{- define "istiod.remoteName" -}}
{{ include "istiod.name" . }}{{ if .Values.istiodRemote.enabledLocalInjectorIstiod }}-remote{{ end }}
{{- end }}

{{- /* Kind of the remote address: IPv4, IPv6, or nothing for a host name. */}}
{{- define "istiod.remoteAddressType" -}}
{{ if regexMatch "^([0-9]*\\.){3}[0-9]*$" .Values.global.remotePilotAddress -}}
IPv4
{{- else if regexMatch "^([0-9a-fA-F]*:)+[0-9a-fA-F]*$" .Values.global.remotePilotAddress -}}
IPv6
{{- end }}
{{- end }}
