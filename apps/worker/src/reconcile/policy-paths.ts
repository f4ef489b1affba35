/** Whether a mount of this path brings along what is at `place`, which is the same or below it. */
export function reaches(path: string, place: string): boolean {
  return leadsEverywhere(plain(path)) || isBelow(place, path);
}

/** Whether a path is this folder or below it, by one of the names that both have. */
export function isBelow(path: string, folder: string): boolean {
  return isWithin(plain(path), plain(folder)) || isSurelyWithin(path, folder);
}

/** Whether a path is this folder or below it by the name at which it is on the servers of today. */
export function isSurelyWithin(path: string, folder: string): boolean {
  return isWithin(real(path), real(folder));
}

/** An absolute path without `.` and doubled slashes; `..` no spec has. What is a link on the server nobody knows here. */
export function plain(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return `/${parts.join('/')}`;
}

/** `/var/run` is a link to `/run` by the Filesystem Hierarchy Standard 3.0. */
function real(path: string): string {
  return plain(path).replace(/^\/var\/run(?=\/|$)/, '/run');
}

/**
 * The folder of a process has links by which the kernel leads to its root and its open files (proc(5): `root`, `cwd`,
 * `fd`), and `/proc` has that of process 1. Which place such a link leads to nobody knows here, so it is any.
 */
function leadsEverywhere(path: string): boolean {
  return /^\/proc(\/(\d+|self|thread-self)(\/.*)?)?$/s.test(path) || isWithin(path, '/dev/fd');
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}
