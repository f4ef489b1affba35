{{/* Regions are for who reaches all brokers: the api, and what sets them up. A worker knows the one of `rabbit.hosts`. */}}

{{/* Whether a region takes its passwords from the Secrets that serve all. */}}
{{- define "nebula.sharesPasswords" -}}
{{- $isShared := empty .Values.rabbit.regions -}}
{{- range .Values.rabbit.regions -}}
{{- if not .secretName -}}
{{- $isShared = true -}}
{{- end -}}
{{- end -}}
{{- if $isShared }}true{{ end -}}
{{- end -}}

{{/* Names of the passwords that a pod has of each region, as JSON. Takes (list $ component). */}}
{{- define "nebula.regionPasswords" -}}
{{- $root := index . 0 -}}
{{- if or (eq (index . 1) "setup-broker") $root.Values.api.config.rabbit_admin_user -}}
["RABBIT_ADMIN_PASSWORD", "RABBIT_PASSWORD", "RABBIT_WORKER_PASSWORD"]
{{- else -}}
["RABBIT_PASSWORD"]
{{- end -}}
{{- end -}}

{{/* The regions as the configuration has them, in the environment. Takes (list $ component). */}}
{{- define "nebula.regionsEnv" -}}
{{- $root := index . 0 -}}
{{- $tls := $root.Values.rabbit.tls -}}
{{- $passwords := include "nebula.regionPasswords" . | fromJsonArray -}}
{{- $regions := dict -}}
{{- range $name, $values := $root.Values.rabbit.regions -}}
{{- $region := omit $values "secretName" -}}
{{- if not (has "RABBIT_ADMIN_PASSWORD" $passwords) -}}
{{- $region = omit $region "rabbit_admin_user" -}}
{{- end -}}
{{- if $values.secretName -}}
{{- range $passwords -}}
{{- $_ := set $region (printf "%s_file" (lower .)) (printf "/etc/nebula/regions/%s.%s" . $name) -}}
{{- end -}}
{{- end -}}
{{- /* `rabbit.tls` is for brokers with TLS: a region that differs from `rabbit.tls.enabled` is told what of it counts. */ -}}
{{- $isTls := ternary $values.rabbit_ssl $tls.enabled (hasKey $values "rabbit_ssl") -}}
{{- if ne $isTls $tls.enabled -}}
{{- range $key, $path := include "nebula.rabbitFiles" $root | fromJson -}}
{{- $_ := set $region $key (ternary $path "" $isTls) -}}
{{- end -}}
{{- if and $isTls (not (hasKey $region "rabbit_ssl_verify")) -}}
{{- $_ := set $region "rabbit_ssl_verify" $tls.verify -}}
{{- end -}}
{{- end -}}
{{- $_ := set $regions $name $region -}}
{{- end -}}
{{- with $regions -}}
- name: RABBIT_REGIONS
  value: {{ toJson . | quote }}
{{- end -}}
{{- end -}}

{{/* Whether some region has a Secret of its own. */}}
{{- define "nebula.hasRegionSecrets" -}}
{{- range .Values.rabbit.regions -}}
{{- if .secretName }}true{{ end -}}
{{- end -}}
{{- end -}}

{{/* Whether some broker is reached by TLS with files of `rabbit.tls.secretName`. */}}
{{- define "nebula.hasRegionFiles" -}}
{{- if .Values.rabbit.tls.secretName -}}
{{- include "nebula.hasRegionTls" . -}}
{{- end -}}
{{- end -}}

{{- define "nebula.hasRegionTls" -}}
{{- if .Values.rabbit.tls.enabled }}true{{ end -}}
{{- range .Values.rabbit.regions -}}
{{- if .rabbit_ssl }}true{{ end -}}
{{- end -}}
{{- end -}}

{{/* Both, where there are such. Empty when there is none of them. */}}
{{- define "nebula.regionMounts" -}}
{{- if include "nebula.hasRegionFiles" . }}
{{ include "nebula.rabbitMount" . }}
{{- end }}
{{- if include "nebula.hasRegionSecrets" . }}
- name: rabbit-regions
  mountPath: /etc/nebula/regions
  readOnly: true
{{- end }}
{{- end -}}

{{/* Takes (list $ component). */}}
{{- define "nebula.regionVolumes" -}}
{{- $root := index . 0 -}}
{{- $passwords := include "nebula.regionPasswords" . | fromJsonArray -}}
{{- if include "nebula.hasRegionFiles" $root }}
{{ include "nebula.rabbitVolume" $root }}
{{- end }}
{{- if include "nebula.hasRegionSecrets" $root }}
- name: rabbit-regions
  projected:
    defaultMode: 0440
    sources:
      {{- range $name, $values := $root.Values.rabbit.regions }}
      {{- if $values.secretName }}
      - secret:
          name: {{ $values.secretName }}
          items:
            {{- range $passwords }}
            - key: {{ . }}
              path: {{ printf "%s.%s" . $name | quote }}
            {{- end }}
      {{- end }}
      {{- end }}
{{- end }}
{{- end -}}
