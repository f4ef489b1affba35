import type { EngineFacts } from '../container-runtime.js';
import { RuntimeError } from '../runtime-error.js';
import type { DockerClient } from './docker-client.js';
import { type Mount, placesOnServer } from './own-mounts.js';
import { READ_LIMIT } from './read-limit.js';

/** The part of Docker's answer about its version that is used. */
interface Version {
  Os: string;
  Arch: string;
  Components?: { Name?: string }[] | null;
}

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
  DockerRootDir: string;
  /** Of storage. */
  Driver: string;
  CgroupDriver: string;
}

/**
 * What the engine says of itself and its server, and its clock, in milliseconds since 1970. `has_systemd`: it is known to
 * use systemd, which need not be so where it could. `folder`: what it keeps everything in, on its server.
 *
 * @param self id of the container that this process runs in, null when it runs in none.
 * @throws {RuntimeError}
 */
export async function engineFacts(
  client: DockerClient,
  self: string | null = null,
): Promise<Omit<EngineFacts, OfVersion> & { time: number; has_systemd: boolean; folder: string }> {
  const info = (await client.read(READ_LIMIT, '/info')) as Info;
  const socket = /^unix:\/\/(.+)/.exec(client.host)?.[1];
  const mounts = self === null || socket === undefined ? null : await mountsOf(client, self);
  const sockets = mounts === null || socket === undefined ? [] : placesOnServer(socket, mounts);
  return {
    engine_id: info.ID,
    hostname: info.Name,
    engine_version: info.ServerVersion,
    architecture: info.Architecture,
    cores: info.NCPU,
    memory_bytes: info.MemTotal,
    swap_limit: info.SwapLimit,
    image_folder: socket === undefined ? null : imageFolder(info, mounts !== null),
    ...(sockets.length > 0 ? { sockets } : {}),
    time: Date.parse(info.SystemTime),
    has_systemd: info.CgroupDriver === 'systemd',
    folder: info.DockerRootDir,
  };
}

/** What follows from which engine it is. */
type OfVersion = 'can_update' | 'can_check' | 'is_podman' | 'platform';

/**
 * Which engine it is, and for what.
 *
 * @throws {RuntimeError}
 */
export async function versionFacts(client: DockerClient): Promise<{ is_podman: boolean; platform: string }> {
  const { Os, Arch, Components } = (await client.read(READ_LIMIT, '/version')) as Version;
  const is_podman = (Components ?? []).some(({ Name }) => Name === 'Podman Engine');
  return { is_podman, platform: `${Os}/${Arch}` };
}

/**
 * The engine's data root. From inside one of its own containers that can't be seen, but there the root is an overlay,
 * which tells of the file system that its upper layer is on: the same.
 */
function imageFolder({ Driver, DockerRootDir }: Info, isInside: boolean): string {
  return isInside && Driver.startsWith('overlay') ? '/' : DockerRootDir;
}

/** The mounts of a container of this engine; null when it has no such container. */
async function mountsOf(client: DockerClient, id: string): Promise<Mount[] | null> {
  try {
    const container = (await client.read(READ_LIMIT, `/containers/${id}/json`)) as {
      Mounts?: Mount[] | null;
    };
    return container.Mounts ?? [];
  } catch (error) {
    if (error instanceof RuntimeError && error.kind === 'missing') return null;
    throw error;
  }
}
