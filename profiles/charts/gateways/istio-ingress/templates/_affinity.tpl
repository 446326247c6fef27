{{- /* Where the pods run: by architecture, node labels, and apart from other pods. */}}
{{- define "gateway.affinity" -}}
{{- $gateway := index .Values.gateways (include "this.key" .) }}
{{- $arches := list }}
{{- range $arch, $weight := .Values.global.arch }}
{{- if gt (int $weight) 0 }}{{ $arches = append $arches (dict "name" $arch "weight" (int $weight)) }}{{ end }}
{{- end }}
{{- $nodes := $gateway.nodeSelector | default .Values.global.defaultNodeSelector -}}
nodeAffinity:
  requiredDuringSchedulingIgnoredDuringExecution:
  {{- if or .Values.global.arch $nodes }}
    nodeSelectorTerms:
    - matchExpressions:
      {{- if .Values.global.arch }}
      - key: kubernetes.io/arch
        operator: In
        values:
        {{- range $arches }}
        - {{ quote .name }}
        {{- end }}
      {{- end }}
      {{- range $label, $value := $nodes }}
      - key: {{ $label }}
        operator: In
        values:
        - {{ quote $value }}
      {{- end }}
  {{- end }}
  preferredDuringSchedulingIgnoredDuringExecution:
  {{- range $arches }}
  - weight: {{ .weight }}
    preference:
      matchExpressions:
      - key: kubernetes.io/arch
        operator: In
        values:
        - {{ quote .name }}
  {{- end }}
{{- if or $gateway.podAntiAffinityLabelSelector $gateway.podAntiAffinityTermLabelSelector }}
podAntiAffinity:
  {{- with $gateway.podAntiAffinityLabelSelector }}
  requiredDuringSchedulingIgnoredDuringExecution:
  {{- range . }}
  - {{ include "gateway.term" . | trim | nindent 4 | trim }}
    {{- with .namespaces }}
    namespaces:
    {{- include "gateway.items" . | trim | nindent 4 }}
    {{- end }}
  {{- end }}
  {{- end }}
  {{- with $gateway.podAntiAffinityTermLabelSelector }}
  preferredDuringSchedulingIgnoredDuringExecution:
  {{- range . }}
  - weight: 100
    podAffinityTerm:
      {{- include "gateway.term" . | trim | nindent 6 }}
  {{- end }}
  {{- end }}
{{- end }}
{{- end }}

{{- /* One term of pod anti-affinity. */}}
{{- define "gateway.term" }}
labelSelector:
  matchExpressions:
  - key: {{ .key }}
    operator: {{ .operator }}
    {{- with .values }}
    values:
    {{- include "gateway.items" . | trim | nindent 4 }}
    {{- end }}
topologyKey: {{ .topologyKey }}
{{- end }}
