export { appName, parseAppName } from './app-spec/app-name.js';
export * from './app-spec/app-spec.js';
export { type ContainersPer, replicasOn } from './app-spec/containers-per.js';
export { type Device, parseDevice } from './app-spec/devices.js';
export {
  DOCKER_HUB,
  fullReference,
  imageWithTag,
  isImageId,
  registryOf,
} from './app-spec/image-reference.js';
export { type DeviceRequest, deviceRequests, type Gpus } from './app-spec/gpus.js';
export type { HealthCheck, HealthCheckSetting } from './app-spec/health-check.js';
export { type Hook, HOOK_TIMEOUT, type Hooks } from './app-spec/hooks.js';
export type { LogDriver } from './app-spec/log-driver.js';
export { LONGEST_HOSTNAME } from './app-spec/hostname.js';
export { maskedSecrets, maskSpec, SECRET_MASK, unmaskSpec } from './app-spec/mask-spec.js';
export { aliasesIn, joinedNetworks, type NetworkSpec } from './app-spec/networks.js';
export * from './app-spec/parse-app-spec.js';
export { HIGHEST_PORT, type PortMapping, type Protocol, PROTOCOLS } from './app-spec/port-mapping.js';
export { type PortSpec, portMappings, replicaPorts } from './app-spec/ports.js';
export { PULL_POLICIES, type PullPolicy } from './app-spec/pull-policy.js';
export type { Resources } from './app-spec/resources.js';
export type { RestartPolicy } from './app-spec/restart-policy.js';
export { type Size, sizeBytes } from './app-spec/size.js';
export type { Ulimits } from './app-spec/ulimits.js';
export { type ChangeEffect, SPEC_FIELDS, type SpecField } from './app-spec/spec-fields.js';
export { changeOfMember, SPEC_MEMBERS, type SpecMember } from './app-spec/spec-members.js';
export { fillTemplates, hasTemplate, type TemplateValues } from './app-spec/templates.js';
export * from './app-spec/update.js';
export { parseVolume, type Volume } from './app-spec/volumes.js';
export * from './custom-schemas.js';
export { changeEffect, diffSpecs, type SpecChange } from './diff/diff-specs.js';
export * from './digest.js';
export * from './messages/desired-state.js';
export * from './messages/heartbeat.js';
export { parseLabel, parseLabels } from './messages/labels.js';
export * from './messages/newer-versions.js';
export { LONGEST_NOTICE, MOST_NOTICES } from './messages/notices.js';
export * from './messages/parse-desired-state.js';
export * from './messages/parse-report.js';
export * from './messages/report.js';
export { WorkerFacts } from './messages/worker-facts.js';
export * from './names.js';
export { type ParseOptions, parse } from './parsing/parse.js';
export { type FieldProblem, MAX_PROBLEMS, type ParseResult } from './parsing/problem.js';
