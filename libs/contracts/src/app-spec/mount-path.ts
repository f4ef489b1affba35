/** What is wrong with a path on a server or in a container, null when nothing is. It reads on from "the path …". */
export function pathFlaw(path: string): string | null {
  if (!path.startsWith('/')) return 'begins with "/"';
  if (path.includes('\0')) return 'has no NUL';
  if (path.split('/').includes('..')) return 'has no ".."';
  return null;
}

/** The same path written in the one way that tells equal paths: no empty parts, no `.`, no slash at the end. */
export function plainPath(path: string): string {
  return `/${path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`;
}
