import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './clone.js';
import type { FleetServer } from './fleet-server.js';

const MANIFEST = join(REPOSITORY, 'apps', 'worker', 'package.json');
const { version: VERSION } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string };

/** What a worker tells of itself and its server. */
export interface Facts {
  worker_id: string;
  hostname: string;
  engine_version: string;
  architecture: string;
  cores: number;
  memory_bytes: number;
  labels: Record<string, string>;
  worker_version: string;
}

/** The same as the engine of a server says it, and we have configured it. */
export async function factsOf({ view: { docker } }: FleetServer, index: number): Promise<Facts> {
  const info = (await docker.info()) as Record<'ID' | 'Name' | 'Architecture', string> &
    Record<'NCPU' | 'MemTotal', number>;
  const { Version } = await docker.version();
  return {
    ...{ worker_id: info.ID, hostname: info.Name, engine_version: Version, architecture: info.Architecture },
    worker_version: VERSION,
    ...{ cores: info.NCPU, memory_bytes: info.MemTotal, labels: { server: String(index) } },
  };
}
