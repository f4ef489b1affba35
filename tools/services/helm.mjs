/**
 * Helm, and a check of manifests by the types of Kubernetes, for tests.
 */
import { join } from 'node:path';
import { buildGoPrograms } from './go.mjs';

/**
 * @typedef {object} HelmPrograms
 * @property {string} helm
 * @property {string} manifests reads manifests from standard input, and says which an API server would refuse for what
 *   is in them: see its main.go
 */

/**
 * @param {(line: string) => void} say
 * @returns {Promise<HelmPrograms>} paths
 */
export async function helmPrograms(say) {
  const folder = await buildGoPrograms(
    {
      name: 'helm',
      sources: join(import.meta.dirname, 'helm'),
      programs: { helm: 'helm.sh/helm/v3/cmd/helm', manifests: '.' },
    },
    say,
  );
  return { helm: join(folder, 'helm'), manifests: join(folder, 'manifests') };
}
