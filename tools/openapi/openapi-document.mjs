/**
 * The OpenAPI document as the api serves it, from an api that nobody can reach.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDocument, createApi } from '@nebula/api';

const PROJECT = join(import.meta.dirname, '..', '..');

/** @returns {Promise<string>} JSON, with a line's end behind it */
export async function openApiDocument() {
  const { version } = /** @type {{ version: string }} */ (
    JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'))
  );
  const folder = await mkdtemp(join(tmpdir(), 'nebula-openapi-'));
  const silent = () => undefined;
  try {
    const api = await createApi({
      store: { kind: 'sqlite', path: join(folder, 'nebula.db') },
      feeds: [],
      logger: { log: silent, warn: silent, error: silent },
      verify_interval_seconds: 86_400,
      tombstone_retention_days: 90,
      version,
    });
    const document = buildDocument(api, version);
    await api.close();
    return `${JSON.stringify(document, null, 2)}\n`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
