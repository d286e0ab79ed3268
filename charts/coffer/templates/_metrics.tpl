{{/* How Prometheus finds a component's metrics: (dict "root" $ "component" "operator" "name" "…") */}}
{{- define "coffer.serviceMonitor" -}}
{{- with .root.Values.metrics.serviceMonitor }}
{{- if .enabled -}}
# Headless, and apart from the Service that clients use: nobody gets in by it.
apiVersion: v1
kind: Service
metadata:
  {{- include "coffer.metadata" (dict "root" $.root "component" $.component "name" (printf "%s-metrics" $.name)) | nindent 2 }}
spec:
  clusterIP: None
  selector: {{- include "coffer.selector" $ | nindent 4 }}
  ports:
  - name: metrics
    port: 9090
    targetPort: metrics
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ $.name }}
  namespace: {{ $.root.Release.Namespace }}
  labels:
    {{- merge (include "coffer.labels" $ | fromYaml) .labels | toYaml | nindent 4 }}
spec:
  selector:
    matchLabels: {{- include "coffer.selector" $ | nindent 6 }}
  endpoints:
  - port: metrics
    interval: {{ .interval }}
{{- end }}
{{- end }}
{{- end }}
