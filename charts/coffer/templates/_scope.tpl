{{/* Which pods the webhook and the guard look at: one text, so that they never disagree. */}}

{{/* By the namespace's name, in a label that nobody can change. */}}
{{- define "coffer.namespaceSelector" -}}
{{- $excluded := concat (list "kube-system" "kube-node-lease" "kube-public" .Release.Namespace) .Values.excludedNamespaces | uniq -}}
matchExpressions:
- key: kubernetes.io/metadata.name
  operator: NotIn
  values: {{- toYaml $excluded | nindent 2 }}
{{- end }}

{{- define "coffer.rules" -}}
- apiGroups: [""]
  apiVersions: [v1]
  operations: [CREATE]
  resources: [pods]
  scope: Namespaced
{{- end }}

{{/* kubelet's record of a static pod, which runs already. */}}
{{- define "coffer.notMirror" -}}
!has(object.metadata.annotations) || !('kubernetes.io/config.mirror' in object.metadata.annotations)
{{- end }}

{{/* Any value but "false": one that is neither "true" nor "false" has to be refused, not passed over. */}}
{{- define "coffer.optedIn" -}}
{{- $ours := "has(object.metadata.annotations) && 'coffer.dev/inject' in object.metadata.annotations && object.metadata.annotations['coffer.dev/inject'] != 'false'" -}}
{{- if .Values.compat.vaultK8s }}({{ $ours }}) || ({{ include "coffer.vaultK8s" . }}){{ else }}{{ $ours }}{{ end }}
{{- end }}

{{/* Pods that ask for vault-k8s by its annotation, say nothing in our words, and were not served by it. */}}
{{- define "coffer.vaultK8s" -}}
{{- $switch := "vault.hashicorp.com/agent-inject" -}}
{{- $status := "vault.hashicorp.com/agent-inject-status" -}}
has(object.metadata.annotations) && '{{ $switch }}' in object.metadata.annotations && !(object.metadata.annotations['{{ $switch }}'] in ['false', 'False', 'FALSE', 'f', 'F', '0']) && !('coffer.dev/inject' in object.metadata.annotations) && !('{{ $status }}' in object.metadata.annotations && object.metadata.annotations['{{ $status }}'] == 'injected')
{{- end }}

{{/* Pods with any annotation of ours too: the injector warns of those that have no effect. */}}
{{- define "coffer.concerned" -}}
{{- $ours := "has(object.metadata.annotations) && object.metadata.annotations.exists(key, key.startsWith('coffer.dev/')) && !('coffer.dev/inject' in object.metadata.annotations && object.metadata.annotations['coffer.dev/inject'] == 'false')" -}}
{{- if .Values.compat.vaultK8s }}({{ $ours }}) || ({{ include "coffer.vaultK8s" . }}){{ else }}{{ $ours }}{{ end }}
{{- end }}
