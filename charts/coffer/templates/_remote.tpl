{{/* The other server whose secrets feed VaultSecrets: flags, credentials and files of the operator. Nothing without an address. */}}

{{- define "coffer.remoteArgs" -}}
{{- with .Values.remote -}}
{{- if .url -}}
- --canonical-vault-url={{ .url }}
{{- range .allow }}
- {{ printf "--remote-allow=%s" . | quote }}
{{- end }}
{{- with .mounts }}
- --remote-mounts={{ join "," . }}
{{- end }}
- --remote-refresh-every={{ .refreshEvery }}
{{- with .namespace }}
- --canonical-vault-namespace={{ . }}
{{- end }}
{{- if .caConfigMap }}
- --canonical-vault-ca=/etc/coffer-remote/ca.crt
{{- end }}
- --canonical-vault-auth={{ .auth.method }}
{{- with .auth.mount }}
- --canonical-vault-auth-mount={{ . }}
{{- end }}
{{- if has .auth.method (list "kubernetes" "jwt") }}
- --canonical-vault-jwt=/var/run/secrets/coffer-remote/token
{{- with .auth.role }}
- --canonical-vault-role={{ . }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "coffer.remoteEnv" -}}
{{- with .Values.remote -}}
{{- $keys := ternary (dict "VAULT_ROLE_ID" "roleId" "VAULT_SECRET_ID" "secretId") (dict "VAULT_TOKEN" "token") (eq .auth.method "approle") -}}
{{- if and .url (has .auth.method (list "approle" "token")) -}}
{{- $secret := required "remote.auth.secretName names the Secret of the login at remote.url" .auth.secretName -}}
{{- range $name, $key := $keys }}
- name: {{ $name }}
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: {{ $key }}}}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "coffer.remoteMounts" -}}
{{- with .Values.remote -}}
{{- if .url -}}
{{- if .caConfigMap }}
- name: remote-ca
  mountPath: /etc/coffer-remote
  readOnly: true
{{- end }}
{{- if has .auth.method (list "kubernetes" "jwt") }}
- name: remote-token
  mountPath: /var/run/secrets/coffer-remote
  readOnly: true
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "coffer.remoteVolumes" -}}
{{- with .Values.remote -}}
{{- if .url -}}
{{- if .caConfigMap }}
- name: remote-ca
  configMap: {name: {{ .caConfigMap }}, items: [{key: ca.crt, path: ca.crt}]}
{{- end }}
{{- if has .auth.method (list "kubernetes" "jwt") }}
- name: remote-token
  projected:
    sources:
    - serviceAccountToken: {path: token, audience: {{ .auth.audience | quote }}, expirationSeconds: 3600}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* The way to it. */}}
{{- define "coffer.remoteEgress" -}}
{{- with .Values.remote.url -}}
{{- $port := regexFind ":[0-9]+$" (urlParse .).host | trimPrefix ":" | default "443" -}}
# The server that values are copied from.
- ports: [{port: {{ $port }}}]
  {{- with $.Values.networkPolicy.remote }}
  to: {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}
