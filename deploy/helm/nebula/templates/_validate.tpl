{{/*
What values.schema.json can't say: of values that belong together, and of those that may hold a password, which the
schema's messages would show. Each message names what to set.
*/}}
{{- define "nebula.validate" -}}
{{- $values := .Values -}}
{{- $problems := list -}}
{{- if and (not $values.rabbit.hosts) (or $values.worker.enabled (not $values.rabbit.regions)) -}}
{{- $problems = append $problems "rabbit.hosts is empty: name the nodes of RabbitMQ, like [rabbit.example]" -}}
{{- end -}}
{{- $problems = concat $problems (include "nebula.hostProblems" (list "rabbit.hosts" $values.rabbit.hosts) | fromJsonArray) -}}
{{- with include "nebula.validateRegions" . -}}
{{- $problems = concat $problems (splitList "\n" .) -}}
{{- end -}}
{{- if and $values.rabbit.tls.secretName (not (include "nebula.hasRegionTls" .)) -}}
{{- $problems = append $problems "rabbit.tls.secretName is set but rabbit.tls.enabled is not: set it to true" -}}
{{- end -}}
{{- if ne (has "tls.crt" $values.rabbit.tls.secretKeys) (has "tls.key" $values.rabbit.tls.secretKeys) -}}
{{- $problems = append $problems "rabbit.tls.secretKeys: tls.crt and tls.key belong together, name both or none" -}}
{{- end -}}
{{- if $values.api.enabled -}}
{{- with include "nebula.validateApi" . -}}
{{- $problems = concat $problems (splitList "\n" .) -}}
{{- end -}}
{{- end -}}
{{- if $values.worker.enabled -}}
{{- if not $values.worker.apps -}}
{{- $problems = append $problems "worker.apps is empty: name the apps that each node runs, like [shop, shop-lb], or set worker.enabled to false" -}}
{{- end -}}
{{- if and (not $values.worker.secret.existingName) (not $values.worker.secret.rabbitPassword) -}}
{{- $problems = append $problems "worker.secret: set rabbitPassword to the password of worker.rabbitUser, or existingName to a Secret that has it" -}}
{{- end -}}
{{- end -}}
{{- if $values.setupBroker.enabled -}}
{{- with include "nebula.validateSetup" . -}}
{{- $problems = concat $problems (splitList "\n" .) -}}
{{- end -}}
{{- end -}}
{{- if $problems -}}
{{- fail (printf "\n\nThe values can't be used:\n  - %s\n" (join "\n  - " $problems)) -}}
{{- end -}}
{{- end -}}

{{- define "nebula.validateApi" -}}
{{- $api := .Values.api -}}
{{- $isShared := include "nebula.sharesPasswords" . -}}
{{- $problems := list -}}
{{- if not $api.secret.existingName -}}
{{- if not $api.secret.mongoUrl -}}
{{- $problems = append $problems "api.secret: set mongoUrl to the address of MongoDB, or existingName to a Secret that has it" -}}
{{- end -}}
{{- if not (or (not $api.secret.mongoUrl) (regexMatch "^mongodb(\\+srv)?://." $api.secret.mongoUrl)) -}}
{{- $problems = append $problems "api.secret.mongoUrl must begin with mongodb:// or mongodb+srv:// and name a host" -}}
{{- end -}}
{{- if and $api.secret.authToken (lt (len $api.secret.authToken) 32) -}}
{{- $problems = append $problems "api.secret.authToken is shorter than 32 characters and could be guessed; \"openssl rand -hex 32\" makes one" -}}
{{- end -}}
{{- if and $isShared (not $api.secret.rabbitPassword) -}}
{{- $problems = append $problems "api.secret: set rabbitPassword to the password of api.rabbitUser, or existingName to a Secret that has it" -}}
{{- end -}}
{{- $open := and (hasKey $api.config "auth_enabled") (not $api.config.auth_enabled) -}}
{{- if not (or $open $api.secret.authToken $api.secret.basicAuthPassword) -}}
{{- $problems = append $problems "api: no login: set api.secret.authToken, or api.config.basic_auth_user and api.secret.basicAuthPassword; api.config.auth_enabled: false lets in anyone who reaches it, on purpose" -}}
{{- end -}}
{{- if and $isShared $api.config.rabbit_admin_user -}}
{{- $problems = append $problems "api.config.rabbit_admin_user needs api.secret.existingName: a Secret that also has RABBIT_ADMIN_PASSWORD and RABBIT_WORKER_PASSWORD" -}}
{{- end -}}
{{- if and $api.secret.basicAuthPassword (not $api.config.basic_auth_user) -}}
{{- $problems = append $problems "api.secret.basicAuthPassword is set but api.config.basic_auth_user is not: set it to the name of the first administrator" -}}
{{- end -}}
{{- end -}}
{{- if and $api.ingress.enabled (not $api.ingress.hosts) -}}
{{- $problems = append $problems "api.ingress.hosts is empty: name the host under which the api is reached, like [nebula.example], or set api.ingress.enabled to false" -}}
{{- end -}}
{{- if and $api.autoscaling.enabled (gt (int $api.autoscaling.minReplicas) (int $api.autoscaling.maxReplicas)) -}}
{{- $problems = append $problems (printf "api.autoscaling.minReplicas is %d but must be at most maxReplicas, which is %d" (int $api.autoscaling.minReplicas) (int $api.autoscaling.maxReplicas)) -}}
{{- end -}}
{{- join "\n" $problems -}}
{{- end -}}

{{- define "nebula.validateSetup" -}}
{{- $values := .Values -}}
{{- $problems := list -}}
{{- /* With regions, what one of them lacks is said of that one. */ -}}
{{- $isOne := empty $values.rabbit.regions -}}
{{- if and $isOne (not $values.setupBroker.managementUrl) -}}
{{- $problems = append $problems "setupBroker.managementUrl is empty: set it to the address of the management plugin, like http://rabbit.example:15672" -}}
{{- end -}}
{{- if not (or (not $values.setupBroker.managementUrl) (include "nebula.isManagementUrl" $values.setupBroker.managementUrl)) -}}
{{- $problems = append $problems "setupBroker.managementUrl must be an address like http://rabbit.example:15672, without user and password, which are adminUser and secret.adminPassword" -}}
{{- end -}}
{{- if and $isOne (not $values.setupBroker.adminUser) -}}
{{- $problems = append $problems "setupBroker.adminUser is empty: set it to the administrator of RabbitMQ" -}}
{{- end -}}
{{- if and (include "nebula.sharesPasswords" .) (not $values.setupBroker.secret.existingName) -}}
{{- if not $values.setupBroker.secret.adminPassword -}}
{{- $problems = append $problems "setupBroker.secret: set adminPassword to the password of setupBroker.adminUser, or existingName to a Secret that has it" -}}
{{- end -}}
{{- if not (and $values.api.secret.rabbitPassword $values.worker.secret.rabbitPassword) -}}
{{- $problems = append $problems "setupBroker.secret: set api.secret.rabbitPassword and worker.secret.rabbitPassword, which it gives to the users, or existingName to a Secret that has them" -}}
{{- end -}}
{{- end -}}
{{- join "\n" $problems -}}
{{- end -}}
