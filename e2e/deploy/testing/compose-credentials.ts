import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { secret } from '../../../tools/test/known-secrets.mjs';
import type { DocumentBlocks } from '../../testing/document-blocks.js';
import { eventually } from '../../testing/eventually.js';

import { COMPOSE_LIMIT as LIMIT, type ComposeBed } from './compose-bed.js';
import { WITHOUT_CHAINS } from './compose-project.js';
import type { DocumentedServer } from './documented-server.js';
import { ChangeLoad, startReads } from './stack-load.js';

const PAGE = 'docs/compose.md';

/**
 * How docs/compose.md replaces apis and gives them new credentials, while a stack that runs is used.
 * @param bed with the app shop, which has a secret
 * @param idle apps that exist, for changes that touch no container
 */
export function describeNewCredentials(
  bed: () => ComposeBed,
  blocks: DocumentBlocks,
  idle: readonly string[],
): void {
  it(
    'no request fails while the apis get a new user of the broker and a new key for secrets',
    async () => {
      const { api, url, authorization, server } = bed();
      const { token } = await api.ask<{ token: string }>('POST', '/tokens', { name: 'rolled', rights: 'ro' });
      const load = startReads(url, secret(token));
      const changes = new ChangeLoad(url, authorization, idle);
      const before = await bed().apis();
      const shop = await bed().engine.containers('nebula.app=shop');

      const [name, remove, make, setUp, replace, drop] = blocks.take(PAGE, 'The broker').exactly(6);
      const [add, ...putThere] = blocks.take(PAGE, 'The key of secrets').exactly(4);
      await server.typeAll([name, remove, make]);
      knowSecret(bed(), 'rabbit_api_password');
      await server.typeAll([setUp, add, ...putThere.slice(0, -1)]);
      knowSecret(bed(), 'secret_keys');
      // Once for both.
      expect(putThere.at(-1)).toBe(replace);
      await replaceAll(server, replace);
      await server.type(drop);
      const after = await bed().apis();
      // A command that had to be typed twice has made more of them.
      expect(after.length).toBeGreaterThanOrEqual(before.length);
      expect(new Set(after.map(({ environment }) => environment['RABBIT_USER']))).toEqual(
        new Set(['nebula-api-2']),
      );
      expect(after.filter(({ id }) => before.some((each) => each.id === id))).toEqual([]);

      const [order, ...thenRotate] = blocks.take(PAGE, 'The key of secrets', 1).exactly(5);
      await server.typeAll([order, ...thenRotate.slice(0, 2)]);
      await replaceAll(server, thenRotate[2]);
      const rotated = await server.type(thenRotate[3]);
      expect(rotated).toContain('shop: its secrets are sealed with the key "k2" now');
      await server.typeAll(blocks.take(PAGE, 'The key of secrets', 2).commands);
      expect(keys(bed())).toEqual([expect.stringMatching(/^k2:/)]);

      // With the next restart of the apis, the old key is gone for good.
      const [read, changed] = [load.answered(), changes.changed];
      await eventually(async () => {
        expect(load.answered()).toBeGreaterThan(read + 50);
        expect(changes.changed).toBeGreaterThan(changed + 50);
      }, LIMIT);
      await changes.end();
      const { failed, failures } = await load.end();
      expect({ failed, failures, changes: changes.failed }).toEqual({ failed: 0, failures: {}, changes: [] });
      // The new key opens what the old one has sealed, as the new user of the broker sends it out.
      await api.change('shop', { labels: { credentials: 'new' } });
      await bed().converged('shop');
      const anew = await bed().engine.containers('nebula.app=shop');
      expect(anew.map(({ environment }) => environment['TOKEN'])).toEqual(
        shop.map(({ environment }) => environment['TOKEN']),
      );
    },
    2 * LIMIT,
  );

  it(
    'the worker gets a new user of the broker, and what else has changed is replaced, but no api and no app',
    async () => {
      const { server, engine } = bed();
      const before = await Promise.all([engine.containers('nebula.app=shop'), bed().apis()]);
      const [name, remove, make, setUp, up] = blocks.take(PAGE, 'The broker', 1).exactly(5);
      await server.typeAll([name, remove, make]);
      knowSecret(bed(), 'rabbit_worker_password');
      await server.typeAll([setUp, up]);
      const listed = blocks.inline('docker compose exec rabbitmq rabbitmqctl list_connections user');
      await eventually(async () => {
        const users = (await server.type(listed)).split(/\s+/).filter((user) => user.startsWith('nebula-'));
        expect([...new Set(users)].sort()).toEqual(['nebula-api-2', 'nebula-worker-2']);
      }, LIMIT);
      await server.typeAll(blocks.take(PAGE, 'Update it').commands);
      await bed().converged('shop');
      expect(await Promise.all([engine.containers('nebula.app=shop'), bed().apis()])).toEqual(before);
    },
    LIMIT,
  );
}

/** Types a command, and once more where the start of an engine of other tests was in its way. */
async function replaceAll(server: DocumentedServer, command: string): Promise<void> {
  try {
    await server.type(command);
  } catch (error) {
    if (!String(error).includes(WITHOUT_CHAINS)) throw error;
    await server.type(command);
  }
}

/** The keys of the apis, which the tests know from then on. */
function keys(bed: ComposeBed): string[] {
  return readFileSync(join(bed.names.place, 'secrets', 'secret_keys'), 'utf8')
    .trim()
    .split('\n');
}

/** Makes known to the tests what was made anew. */
function knowSecret(bed: ComposeBed, name: string): void {
  if (name === 'secret_keys') for (const key of keys(bed)) secret(key.replace(/^k\d:/, ''));
  else secret(readFileSync(join(bed.names.place, 'secrets', name), 'utf8'));
}
