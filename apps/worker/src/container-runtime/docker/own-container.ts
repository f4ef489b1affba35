import { readFileSync } from 'node:fs';

/** Files that an engine mounts into each container, from a folder whose name is the container's id. */
const MOUNTED = /^\/etc\/(?:hostname|hosts|resolv\.conf)$/;

const ID = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/;

/**
 * Id of the container that this process runs in; null when it runs in none, or its engine doesn't show it. Whether it is
 * one of the engine that the worker drives doesn't matter: no other engine has a container of that id.
 */
export function ownContainerId(read: (path: string) => string = readText): string | null {
  return idInMounts(read('/proc/self/mountinfo')) ?? idInControlGroups(read('/proc/self/cgroup'));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The fourth field of a line is the mounted file on the server, the fifth its place in here. */
function idInMounts(mountinfo: string): string | null {
  for (const line of mountinfo.split('\n')) {
    const [, , , root = '', place = ''] = line.split(' ');
    const id = MOUNTED.test(place) ? ID.exec(root)?.[0] : undefined;
    if (id !== undefined) return id;
  }
  return null;
}

/** Where the process sees the control groups of the server, they have the name of its container. */
function idInControlGroups(cgroup: string): string | null {
  for (const line of cgroup.split('\n')) {
    const id = ID.exec(line)?.[0];
    if (id !== undefined) return id;
  }
  return null;
}
