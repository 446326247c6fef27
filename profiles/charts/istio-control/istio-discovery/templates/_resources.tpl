{{- /*
Requests and limits of a container. Entries without a value are left out, so that a user's null takes a default away;
values are printed without quotes, so that "2" becomes a number.
*/}}
{{- define "istiod.resources" -}}
{{- range $kind, $amounts := dict "limits" .limits "requests" .requests }}
{{- $lines := "" }}
{{- range $name, $amount := $amounts }}
{{- if $amount }}
{{- $lines = printf "%s\n  %s: %v" $lines $name $amount }}
{{- end }}
{{- end }}
{{- if $lines }}
{{ $kind }}:
{{- $lines }}
{{- end }}
{{- end }}
{{- end }}
