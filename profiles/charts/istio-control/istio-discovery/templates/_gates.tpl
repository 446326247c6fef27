{{- /* Conditions that many files share. Each prints something if it holds and nothing if not. */}}

{{- /* Objects that live in a namespace are wanted. */}}
{{- define "istiod.namespaced" -}}
{{ if or (eq .Values.global.resourceScope "all") (eq .Values.global.resourceScope "namespace") }}yes{{ end }}
{{- end }}

{{- /* Objects of the whole cluster are wanted. */}}
{{- define "istiod.clusterWide" -}}
{{ if or (eq .Values.global.resourceScope "all") (eq .Values.global.resourceScope "cluster") }}yes{{ end }}
{{- end }}

{{- /* A control plane, or at least an injector, runs in this cluster. */}}
{{- define "istiod.runsHere" -}}
{{ if or (not .Values.istiodRemote.enabled) .Values.istiodRemote.enabledLocalInjectorIstiod }}yes{{ end }}
{{- end }}

{{- /* A control plane, here or in another cluster, reads its configuration from this cluster. */}}
{{- define "istiod.configuredHere" -}}
{{ if or (not .Values.istiodRemote.enabled) .Values.global.configCluster .Values.istiodRemote.enabledLocalInjectorIstiod }}yes{{ end }}
{{- end }}
