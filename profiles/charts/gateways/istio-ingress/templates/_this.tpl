{{- /* What makes this the chart of the ingress gateway; every other template is the same in both charts. */}}
{{- define "this.key" }}istio-ingressgateway{{ end }}
{{- define "this.role" }}ingressgateway{{ end }}
{{- define "this.component" }}IngressGateways{{ end }}
{{- define "this.extraports" }}ingressPorts{{ end }}
