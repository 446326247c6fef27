{{- /* What makes this the chart of the egress gateway; every other template is the same in both charts. */}}
{{- define "this.key" }}istio-egressgateway{{ end }}
{{- define "this.role" }}egressgateway{{ end }}
{{- define "this.component" }}EgressGateways{{ end }}
{{- define "this.extraports" }}egressPorts{{ end }}
