{{/* Longest name of what is made here is 63 characters, of which its last part takes up to 13. */}}
{{- define "nebula.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What tells the pods of a component from all others. It can't change while the release lives. Takes (list $ component). */}}
{{- define "nebula.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* Takes (list $ component). */}}
{{- define "nebula.labels" -}}
{{- $root := index . 0 -}}
{{ include "nebula.selectorLabels" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Takes (list $ image). */}}
{{- define "nebula.image" -}}
{{- $image := index . 1 -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ default (index . 0).Chart.AppVersion $image.tag }}
{{- end -}}
{{- end -}}

{{/* Name of the account of a component. Takes (list $ component). */}}
{{- define "nebula.serviceAccountName" -}}
{{- $root := index . 0 -}}
{{- $account := (index $root.Values (index . 1)).serviceAccount -}}
{{- if $account.create -}}
{{ default (printf "%s-%s" (include "nebula.fullname" $root) (index . 1)) $account.name }}
{{- else -}}
{{ default "default" $account.name }}
{{- end -}}
{{- end -}}

{{/* Name of the Secret of a component. Takes (list $ component secret), of which `secret` has `existingName`. */}}
{{- define "nebula.secretName" -}}
{{ default (printf "%s-%s" (include "nebula.fullname" (index . 0)) (index . 1)) (index . 2).existingName }}
{{- end -}}

{{/* One environment variable from a Secret. Takes (list variable secretName optional). */}}
{{- define "nebula.secretEnv" -}}
- name: {{ index . 0 }}
  valueFrom:
    secretKeyRef:
      name: {{ index . 1 }}
      key: {{ index . 0 }}
      {{- if index . 2 }}
      optional: true
      {{- end }}
{{- end -}}

{{/* Keys of the configuration as environment variables: lists with commas, objects as JSON. */}}
{{- define "nebula.configEnv" -}}
{{- range $key, $value := . }}
- name: {{ upper $key }}
  {{- if kindIs "slice" $value }}
  value: {{ join "," $value | quote }}
  {{- else if kindIs "map" $value }}
  value: {{ toJson $value | quote }}
  {{- else if or (kindIs "string" $value) (kindIs "bool" $value) }}
  value: {{ $value | quote }}
  {{- else }}
  value: {{ int64 $value | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* How RabbitMQ is reached. Takes (list $ user). */}}
{{- define "nebula.rabbitEnv" -}}
{{- $rabbit := (index . 0).Values.rabbit -}}
- name: RABBIT_HOST
  value: {{ join "," $rabbit.hosts | quote }}
- name: RABBIT_PORT
  value: {{ int64 $rabbit.port | quote }}
- name: RABBIT_VHOST
  value: {{ $rabbit.vhost | quote }}
- name: RABBIT_USER
  value: {{ index . 1 | quote }}
{{- if $rabbit.tls.enabled }}
- name: RABBIT_SSL
  value: "true"
- name: RABBIT_SSL_VERIFY
  value: {{ $rabbit.tls.verify | quote }}
{{- range $key, $path := include "nebula.rabbitFiles" (index . 0) | fromJson }}
- name: {{ upper $key }}
  value: {{ $path }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Where a pod has the files for TLS to RabbitMQ, by the key of the configuration, as JSON. */}}
{{- define "nebula.rabbitFiles" -}}
{{- $tls := .Values.rabbit.tls -}}
{{- $paths := dict -}}
{{- if $tls.secretName -}}
{{- range $key, $name := dict "rabbit_ssl_ca" "ca.crt" "rabbit_ssl_cert" "tls.crt" "rabbit_ssl_key" "tls.key" -}}
{{- if has $name $tls.secretKeys -}}
{{- $_ := set $paths $key (printf "/etc/nebula/rabbit-tls/%s" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $paths -}}
{{- end -}}

{{/* Whether a worker has them. */}}
{{- define "nebula.hasRabbitFiles" -}}
{{- if and .Values.rabbit.tls.enabled .Values.rabbit.tls.secretName }}true{{ end -}}
{{- end -}}

{{- define "nebula.rabbitMount" -}}
- name: rabbit-tls
  mountPath: /etc/nebula/rabbit-tls
  readOnly: true
{{- end -}}

{{/* Files of a Secret, which the user of the pod may read by its group. */}}
{{- define "nebula.rabbitVolume" -}}
- name: rabbit-tls
  secret:
    secretName: {{ .Values.rabbit.tls.secretName }}
    defaultMode: 0440
    items:
      {{- range .Values.rabbit.tls.secretKeys }}
      - key: {{ . }}
        path: {{ . }}
      {{- end }}
{{- end -}}

{{/* Of a program that needs no rights at all. */}}
{{- define "nebula.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "nebula.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "nebula.pullSecrets" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}
