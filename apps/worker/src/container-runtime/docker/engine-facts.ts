import type { EngineFacts } from '../container-runtime.js';
import type { DockerClient } from './docker-client.js';

/** Seconds. */
const INFO_LIMIT = 30;

/** The parts of Docker's info that are used. */
interface Info {
  ID: string;
  Name: string;
  ServerVersion: string;
  Architecture: string;
  NCPU: number;
  /** Bytes. */
  MemTotal: number;
  SwapLimit: boolean;
  /** RFC 3339. */
  SystemTime: string;
}

/**
 * What the engine says of itself and its server, and its clock, in milliseconds since 1970.
 *
 * @throws {RuntimeError}
 */
export async function engineFacts(client: DockerClient): Promise<EngineFacts & { time: number }> {
  const info = (await client.read(INFO_LIMIT, '/info')) as Info;
  return {
    engine_id: info.ID,
    hostname: info.Name,
    engine_version: info.ServerVersion,
    architecture: info.Architecture,
    cores: info.NCPU,
    memory_bytes: info.MemTotal,
    swap_limit: info.SwapLimit,
    time: Date.parse(info.SystemTime),
  };
}
