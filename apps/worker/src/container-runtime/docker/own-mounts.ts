import { plain } from '../../reconcile/policy-paths.js';

/** A mount of a container as Docker lists it. Podman writes the same. */
export interface Mount {
  /** On the server; empty for what is in memory. */
  Source?: string;
  Destination: string;
}

/**
 * Where a path of a container is on the server, once for each mount of the container that may hold it: which of those that
 * lie over each other is seen there, nobody has to know.
 */
export function placesOnServer(path: string, mounts: readonly Mount[]): string[] {
  const wanted = withoutLink(path);
  return mounts.flatMap(({ Source: source = '', Destination }) => {
    const place = withoutLink(Destination);
    if (!source.startsWith('/')) return [];
    if (wanted === place) return [plain(source)];
    const folder = place === '/' ? '/' : `${place}/`;
    return wanted.startsWith(folder) ? [plain(`${source}/${wanted.slice(folder.length)}`)] : [];
  });
}

/** `/var/run` is a link to `/run` in most images. */
function withoutLink(path: string): string {
  return plain(path).replace(/^\/var\/run(?=\/|$)/, '/run');
}
