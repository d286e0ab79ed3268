{{/* Parts of both components' NetworkPolicies. */}}

{{- define "coffer.apiServerPeers" -}}
{{- range $i, $cidr := .Values.networkPolicy.apiServer.cidrs }}
{{- if $i }}{{ "\n" }}{{ end -}}
- ipBlock: {cidr: {{ $cidr | quote }}}
{{- end }}
{{- end }}

{{- define "coffer.apiServerEgress" -}}
# The Kubernetes API server.
- ports:
  {{- range .Values.networkPolicy.apiServer.ports }}
  - port: {{ . }}
  {{- end }}
  {{- with include "coffer.apiServerPeers" . }}
  to: {{- . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Nothing without a peer: an empty list would let everyone in. */}}
{{- define "coffer.metricsIngress" -}}
{{- with .Values.networkPolicy.metrics -}}
- ports: [{port: metrics}]
  from: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
