{{/* Names, labels and images that several templates share. */}}

{{/* The beginning of every name. 40 characters leave room for what is added, within the 63 of a label. */}}
{{- define "coffer.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $release := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $release .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "coffer.operator" -}}{{ include "coffer.fullname" . }}-operator{{- end }}
{{- define "coffer.injector" -}}{{ include "coffer.fullname" . }}-injector{{- end }}

{{/* The Secret of the injector's certificates, filled by the injector. */}}
{{- define "coffer.injectorCertificate" -}}{{ include "coffer.injector" . }}-tls{{- end }}
{{/* The ConfigMap of what agents trust, made by the operator. */}}
{{- define "coffer.trust" -}}{{ include "coffer.fullname" . }}-trust{{- end }}
{{/* The Secrets of the store's key and of the server's authority, made by the operator. */}}
{{- define "coffer.kek" -}}{{ include "coffer.fullname" . }}-kek{{- end }}
{{/* The Secret of the root key of last-known-good bundles, made by the operator and mounted by the injector. */}}
{{- define "coffer.bundleRoot" -}}{{ include "coffer.fullname" . }}-bundle-root{{- end }}
{{- define "coffer.authority" -}}{{ include "coffer.fullname" . }}-ca{{- end }}

{{/* Labels that select a component's pods: (dict "root" $ "component" "operator") */}}
{{- define "coffer.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Labels of a component's objects: (dict "root" $ "component" "operator") */}}
{{- define "coffer.labels" -}}
{{- $labels := include "coffer.selector" . | fromYaml -}}
{{- $labels := set $labels "app.kubernetes.io/version" .root.Chart.AppVersion -}}
{{- $labels := set $labels "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- $labels := set $labels "app.kubernetes.io/part-of" "coffer" -}}
{{- $labels := set $labels "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_") -}}
{{- merge $labels .root.Values.commonLabels | toYaml -}}
{{- end }}

{{/* Name, namespace and labels: (dict "root" $ "component" "operator" "name" "…") */}}
{{- define "coffer.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels: {{- include "coffer.labels" . | nindent 2 }}
{{- end }}

{{/* Name and labels of an object of no namespace: as above. */}}
{{- define "coffer.clusterMetadata" -}}
name: {{ .name }}
labels: {{- include "coffer.labels" . | nindent 2 }}
{{- end }}

{{/* An image's reference: (dict "root" $ "image" .Values.image) */}}
{{- define "coffer.image" -}}
{{- $own := .root.Values.image -}}
{{- $repository := default $own.repository .image.repository -}}
{{- $pinned := or .image.tag .image.digest -}}
{{- $digest := ternary .image.digest $own.digest (not (empty $pinned)) -}}
{{- $tag := coalesce .image.tag $own.tag .root.Chart.AppVersion -}}
{{- ternary (printf "%s@%s" $repository $digest) (printf "%s:%s" $repository $tag) (not (empty $digest)) -}}
{{- end }}
