{{/* What both components' pods have in common. Each: (dict "root" $ "component" "operator" "values" .Values.operator) */}}

{{/* No label that changes with the chart's version alone: it would restart the pods. */}}
{{- define "coffer.podMetadata" -}}
labels: {{- merge (include "coffer.selector" . | fromYaml) .values.podLabels .root.Values.commonLabels | toYaml | nindent 2 }}
{{- with .values.podAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The pod's own fields: Pod Security "restricted", and where it may run. */}}
{{- define "coffer.podSpec" -}}
serviceAccountName: {{ include (printf "coffer.%s" .component) .root }}
automountServiceAccountToken: true
# A Service called coffer would otherwise set variables that begin like those of our settings.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 0 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{- toYaml . | nindent 0 }}
{{- end }}
{{- end }}

{{/* The container's fields that do not depend on its program. */}}
{{- define "coffer.container" -}}
name: {{ .component }}
image: {{ include "coffer.image" (dict "root" .root "image" .root.Values.image) | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
env:
- name: RUST_LOG
  value: {{ .root.Values.logLevel | quote }}
{{- with .env }}{{ . | nindent 0 }}{{ end }}
ports:
- name: https
  containerPort: 8443
- name: metrics
  containerPort: 9090
startupProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 1
  failureThreshold: 120
livenessProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: metrics}
  periodSeconds: 2
  timeoutSeconds: 5
resources: {{- toYaml .values.resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities: {drop: [ALL]}
terminationMessagePolicy: FallbackToLogsOnError
{{- end }}
