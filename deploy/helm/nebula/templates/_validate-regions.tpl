{{/*
What is wrong with `rabbit.regions` as values that belong together, a line each. The programs say the same, but only when
their pods have been replaced.
*/}}
{{- define "nebula.validateRegions" -}}
{{- $values := .Values -}}
{{- $problems := list -}}
{{- $nodes := dict -}}
{{- $isKeptByApi := and $values.api.enabled $values.api.config.rabbit_admin_user -}}
{{- range $name, $region := $values.rabbit.regions -}}
{{- $place := printf "rabbit.regions.%s" $name -}}
{{- if not (regexMatch "^[A-Za-z0-9_.-]{1,63}$" $name) -}}
{{- $problems = append $problems (printf "rabbit.regions has the name %q, which must be 1 to 63 letters, digits, \"_\", \".\" and \"-\"" $name) -}}
{{- end -}}
{{- $vhost := default $values.rabbit.vhost $region.rabbit_vhost -}}
{{- $hosts := default $values.rabbit.hosts $region.rabbit_host -}}
{{- if not $hosts -}}
{{- $problems = append $problems (printf "%s.rabbit_host is missing: name the nodes of its RabbitMQ, like [rabbit.us.example], or set rabbit.hosts" $place) -}}
{{- end -}}
{{- $shared := list -}}
{{- $own := dict -}}
{{- range $host := $hosts -}}
{{- $node := printf "%s %s" (include "nebula.nodePlace" (list $host (default $values.rabbit.port $region.rabbit_port))) $vhost -}}
{{- if hasKey $nodes $node -}}
{{- $shared = append $shared (get $nodes $node) -}}
{{- end -}}
{{- $_ := set $own $node $name -}}
{{- end -}}
{{- $nodes = merge $own $nodes -}}
{{- with $shared -}}
{{- $problems = append $problems (printf "rabbit.regions: %s and %s have a node and virtual host in common; each needs its own rabbit_host" (first .) $name) -}}
{{- end -}}
{{- $problems = concat $problems (include "nebula.hostProblems" (list (printf "%s.rabbit_host" $place) $region.rabbit_host) | fromJsonArray) -}}
{{- with $region.rabbit_management_url -}}
{{- if and (or $values.setupBroker.enabled $isKeptByApi) (not (include "nebula.isManagementUrl" .)) -}}
{{- $problems = append $problems (printf "%s.rabbit_management_url must be an address like http://rabbit.us.example:15672, without user and password" $place) -}}
{{- end -}}
{{- end -}}
{{- if $values.setupBroker.enabled -}}
{{- if not (or $region.rabbit_management_url $values.setupBroker.managementUrl) -}}
{{- $problems = append $problems (printf "%s.rabbit_management_url is missing: set it to the address of the management plugin of its RabbitMQ, like http://rabbit.us.example:15672" $place) -}}
{{- end -}}
{{- if not (or $region.rabbit_admin_user $values.setupBroker.adminUser) -}}
{{- $problems = append $problems (printf "%s.rabbit_admin_user is missing: set it to the administrator of its RabbitMQ, or setupBroker.adminUser for all regions" $place) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $values.setupBroker.enabled -}}
{{- $problems = concat $problems (include "nebula.pluginProblems" (list $values $values.setupBroker.managementUrl) | fromJsonArray) -}}
{{- end -}}
{{- if $isKeptByApi -}}
{{- $url := default "http://127.0.0.1:15672" $values.api.config.rabbit_management_url -}}
{{- $problems = concat $problems (include "nebula.pluginProblems" (list $values $url) | fromJsonArray) -}}
{{- end -}}
{{- join "\n" (uniq $problems) -}}
{{- end -}}

{{/* The same text for the same node, with or without the usual port, in small letters or capitals. Takes (list host port), the port of a host that names none. */}}
{{- define "nebula.nodePlace" -}}
{{- $host := lower (index . 0) -}}
{{- $own := regexFind ":[0-9]+$" $host -}}
{{- $port := ternary (regexReplaceAll "^:0*" $own "") (printf "%v" (index . 1)) (ne $own "") -}}
{{- printf "%s %s" (trimAll "[]" (trimSuffix $own $host)) $port -}}
{{- end -}}

{{/* A line for each region that has the management plugin of another, as JSON. Takes (list $values url), the url of those without their own. */}}
{{- define "nebula.pluginProblems" -}}
{{- $values := index . 0 -}}
{{- $plugins := dict -}}
{{- $problems := list -}}
{{- range $name, $region := $values.rabbit.regions -}}
{{- $url := default (index $ 1) $region.rabbit_management_url -}}
{{- $plugin := printf "%s %s" $url (default $values.rabbit.vhost $region.rabbit_vhost) -}}
{{- if and (hasKey $plugins $plugin) (include "nebula.isManagementUrl" $url) -}}
{{- $problems = append $problems (printf "rabbit.regions: %s and %s have the same rabbit_management_url; each needs that of its own RabbitMQ" (get $plugins $plugin) $name) -}}
{{- end -}}
{{- $_ := set $plugins $plugin $name -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/* A line for each host that is none, as JSON. Takes (list place hosts). */}}
{{- define "nebula.hostProblems" -}}
{{- $place := index . 0 -}}
{{- $problems := list -}}
{{- range $index, $host := index . 1 -}}
{{- if not (regexMatch "^([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?$" $host) -}}
{{- $problems = append $problems (printf "%s[%d] must be a name or an address of a node, with its port if it has another one, like rabbit.example:5673; no URL" $place $index) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{- define "nebula.isManagementUrl" -}}
{{- if regexMatch "^https?://[^@\\s]+$" . }}true{{ end -}}
{{- end -}}
