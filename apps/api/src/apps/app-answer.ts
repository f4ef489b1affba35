import { type AppSpec, maskSpec } from '@nebula/contracts';
import type { AppRecord } from '../store/app-store.js';

/** An app as the api answers it: the whole spec with its defaults, secrets masked, and what the api knows beside it. */
export type AppAnswer = AppSpec & Pick<AppRecord, 'revision' | 'created_at' | 'updated_at'>;

/** An app that is not deleted. */
export type LiveApp = AppRecord & { spec: AppSpec };

export function isLive(record: AppRecord | null): record is LiveApp {
  return record !== null && !record.deleted && record.spec !== null;
}

/** Its members are in the order in which people look for them: what it is first. */
export function toAnswer({ spec, revision, created_at, updated_at }: LiveApp): AppAnswer {
  const { app_name, docker_image } = spec;
  // One copy is enough: what is there already keeps its place.
  const rest: Omit<AppSpec, 'app_name' | 'docker_image'> = maskSpec(spec);
  return { app_name, docker_image, ...rest, revision, created_at, updated_at };
}
