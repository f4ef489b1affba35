import { aliasesIn, CONTAINER_ENV, fillTemplates, LABELS, type TemplateValues } from '@nebula/contracts';
import type { ContainerCreateOptions } from 'dockerode';
import type { ContainerDraft } from '../../reconcile/step.js';
import { healthConfig } from './config/health-config.js';
import { hostConfig } from './config/host-config.js';
import { exposedPorts } from './config/port-config.js';

/** Seconds between a stop signal and the kill when a spec says nothing. */
export const USUAL_GRACE = 10;

/** Docker's options of a container, without its name. */
export type ContainerConfig = Omit<ContainerCreateOptions, 'name'>;

/**
 * The one mapping from a draft to Docker's options; what belongs to the server's side of it is in `config/`. A new
 * field of an app gets its place here. A field at its default is left out, so that the image's or the engine's
 * counts.
 *
 * Only the first network is part of it: engines before API 1.44 take one at creation.
 */
export function containerConfig(draft: ContainerDraft): ContainerConfig {
  const { spec, networks } = draft;
  const [first] = networks;
  const aliases = first === undefined ? [] : aliasesIn(first, spec);
  return {
    Image: draft.image,
    ...(spec.command === null ? {} : { Cmd: spec.command }),
    ...(spec.entrypoint === null ? {} : { Entrypoint: spec.entrypoint }),
    ...(spec.user === null ? {} : { User: spec.user }),
    ...(spec.working_dir === null ? {} : { WorkingDir: spec.working_dir }),
    ...(spec.hostname === null ? {} : { Hostname: fillTemplates(spec.hostname, placeOf(draft)) }),
    ...(spec.tty ? { Tty: true } : {}),
    ...(spec.stop_signal === null ? {} : { StopSignal: spec.stop_signal }),
    // Podman kills at once when it is told nothing.
    StopTimeout: spec.stop_grace_period_seconds ?? USUAL_GRACE,
    ...(spec.health_check === null ? {} : { Healthcheck: healthConfig(spec.health_check) }),
    Env: environment(draft),
    Labels: labels(draft),
    ExposedPorts: exposedPorts(draft.ports),
    HostConfig: hostConfig(draft),
    ...(first === undefined || aliases.length === 0
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [first]: { Aliases: aliases } } } }),
  };
}

/** The user's own variables win over ours. */
function environment(draft: ContainerDraft): string[] {
  const place = placeOf(draft);
  const given = Object.entries(draft.spec.env_vars).map(([name, value]) => [
    name,
    fillTemplates(value, place),
  ]);
  const variables: Record<string, string> = {
    [CONTAINER_ENV.app]: place.app,
    [CONTAINER_ENV.replica]: String(place.replica),
    [CONTAINER_ENV.node]: place.node,
    ...(Object.fromEntries(given) as Record<string, string>),
  };
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}

function placeOf({ node, replica, spec }: ContainerDraft): TemplateValues {
  return { node, replica, app: spec.app_name };
}

/** Ours win over the user's: without them the container would be nobody's. */
function labels(draft: ContainerDraft): Record<string, string> {
  const { hooks } = draft.spec;
  return {
    ...draft.spec.labels,
    [LABELS.scope]: draft.scope,
    [LABELS.app]: draft.spec.app_name,
    [LABELS.replica]: String(draft.replica),
    [LABELS.fingerprint]: draft.fingerprint,
    ...(Object.keys(hooks).length > 0 ? { [LABELS.hooks]: JSON.stringify(hooks) } : {}),
    [LABELS.legacyApp]: draft.spec.app_name,
  };
}
