import { describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { readdir } from 'node:fs/promises';
import { mongoCommand } from '../../tools/services/mongo-users.mjs';
import { secret } from '../../tools/test/known-secrets.mjs';
import { typeAtBroker } from './broker-shell.js';
import type { DocumentBlocks } from './document-blocks.js';
import { eventually } from './eventually.js';
import { CHANGE_LIMIT, type Fleet, workerIdOf } from './fleet.js';
import { FleetApi } from './fleet-api.js';
import type { FleetDocuments } from './fleet-documents.js';

const LIMIT = 2 * CHANGE_LIMIT;

/** Of an administrator. */
const ADMINISTRATOR = secret('0fAnAdministr4tor-in-the-documents-of-a-fleet');

/** Of whoever is made at the broker. It is no secret: RabbitMQ's program shows what is typed. */
const SHOWN = 'shown-as-it-is-typed';

/** A fleet that runs the app `shop`, whose workers have a user each, and who types at it. */
export interface FleetWithPages {
  fleet: Fleet;
  documents: FleetDocuments;
  /** Folder in the place of /backups. */
  backups: string;
}

/**
 * Plays what the pages say of a fleet from the sources.
 *
 * @param bed once the tests run
 * @param blocks of the test, to which the register gives these pages
 */
export function describeFleetPages(bed: () => FleetWithPages, blocks: DocumentBlocks): void {
  describe('the commands of docs/fleet.md', () => {
    it(
      'set up a broker, where what is right already stays',
      async () => {
        const { fleet, documents } = bed();
        const [setUp] = blocks.take('docs/fleet.md', 'Set up the broker, once').exactly(1);
        const beside = { REPORT_INTERVAL_SECONDS: '1' };
        await fleet.untouched(['shop'], async () => {
          expect(await documents.run(setUp, beside)).toContain('nebula-worker');
          const one = blocks.take('docs/fleet.md', 'A user for each worker').command(0);
          await documents.run(
            `${one.replace(/ npm .*/, '')} ${setUp.replace(/RABBIT_WORKER_\S+/g, '')}`,
            beside,
          );
        });
      },
      LIMIT,
    );

    it(
      'start a worker, which goes on where the bundled one has ended, and ends in order itself',
      async () => {
        const { fleet, documents } = bed();
        const [start] = blocks.take('docs/fleet.md', 'Start a worker').exactly(1);
        await fleet.untouched(['shop'], async () => {
          await documents.worker(`WORKER_ID=${workerIdOf(0)} ${start}`, 0, async () => {
            // Its labels come with its first report. Until then the app is converged by what was said before it.
            await eventually(async () => {
              const { items } = await fleet.api.ask<{ items: object[] }>('GET', '/workers?label=rack=12');
              expect(items).toMatchObject([{ worker_id: workerIdOf(0), labels: { zone: 'eu-1' } }]);
            }, CHANGE_LIMIT);
            await fleet.converged('shop');
          });
        });
      },
      LIMIT,
    );

    it(
      'start a worker with a user of its own, which is forgotten when it is gone for good',
      async () => {
        const { fleet, documents } = bed();
        const start = blocks.take('docs/fleet.md', 'A user for each worker').command(1);
        await fleet.untouched(['shop'], async () => {
          await documents.worker(start, 0, async () => {
            await eventually(async () => {
              // Before its first heartbeat nobody knows how often it comes, and it would be missed later than that.
              const heard = { state: 'online', report_interval_seconds: 1 };
              expect(await fleet.api.ask('GET', '/workers/edge-17')).toMatchObject(heard);
            }, CHANGE_LIMIT);
          });
        });
        await eventually(async () => {
          expect(await fleet.api.ask('GET', '/workers/edge-17')).toMatchObject({ state: 'offline' });
        }, CHANGE_LIMIT);
        const ask = blocks.take('docs/cli.md', 'worker forget').command(0);
        await documents.forget(ask, 'edge-17');
        await fleet.converged('shop');
      },
      LIMIT,
    );

    it(
      'start an api, one more of the same fleet, which shows what it does',
      async () => {
        const { documents } = bed();
        const [start] = blocks.take('docs/fleet.md', 'Start an api').exactly(1);
        const login = blocks.take('docs/access.md', 'The first administrator').command(0);
        await documents.api(`${login.replace(/ npm .*/, '')} ${start}`, async (url) => {
          expect((await fetch(`${url}/api/v3/apps`)).status).toBe(401);
          const asked = blocks.take('docs/fleet.md', 'See what it does').exactly(5);
          const found = [
            /"worker_id":"w1"/,
            /"converged":3/,
            /"outcome":"converged"/,
            /"items":\[\]/,
            /start/,
          ];
          for (const [index, command] of asked.entries())
            await documents.ask(command, url, found[index] ?? /^$/);
        });
      },
      LIMIT,
    );

    it(
      'and those of docs/access.md and docs/secrets.md configure it',
      async () => {
        const { fleet, documents } = bed();
        const administrator = blocks.take('docs/access.md', 'The first administrator');
        const [makeToken, withToken] = [administrator.command(1), administrator.command(2)];
        const [key, withKey] = blocks.take('docs/secrets.md', 'Keys').exactly(2);
        expect((await execa('sh', ['-c', key])).stdout).toMatch(/^k1:[\w+/]{43}=$/);
        expect((await execa('sh', ['-c', makeToken])).stdout).toMatch(/^[0-9a-f]{64}$/);
        await documents.api(withToken.replace('…', ADMINISTRATOR), async (url) => {
          const asked = async (authorization: string) =>
            (await fetch(`${url}/api/v3/apps`, { headers: { authorization } })).status;
          expect([await asked('Bearer of-nobody'), await asked(`Bearer ${ADMINISTRATOR}`)]).toEqual([
            401, 200,
          ]);
        });
        await documents.api(withKey, async (url) => {
          const api = new FleetApi(url);
          await api.change('shop', {
            env_vars: { PIN: secret('of-the-d0cuments') },
            secret_env_vars: ['PIN'],
          });
          await fleet.converged('shop');
        });
      },
      LIMIT,
    );
  });

  it(
    'deploy/rabbitmq, docs/fleet.md and docs/backup.md: users are made, shown and deleted at the broker',
    async () => {
      const { broker } = bed().fleet;
      // The broker of the tests has an administrator of the name that the pages give to theirs.
      const type = async (command: string) =>
        await typeAtBroker(broker, blocks.inline(command).replace(/ admin\b/, ' of-the-pages'), SHOWN);
      const users = async () => {
        const listed = JSON.parse(await broker.manage('GET', '/api/users')) as {
          name: string;
          tags: unknown;
        }[];
        return new Map(listed.map(({ name, tags }) => [name, String(tags)]));
      };
      await broker.manage('PUT', '/api/users/guest', { password: SHOWN, tags: '' });
      await type('rabbitmqctl add_user admin');
      await type('rabbitmqctl set_user_tags admin administrator');
      await type('rabbitmqctl delete_user guest');
      const made = await users();
      expect([made.get('of-the-pages'), made.has('guest')]).toEqual(['administrator', false]);
      await broker.manage('DELETE', '/api/users/of-the-pages');

      const edge = 'nebula-worker.edge-17';
      expect(made.has(edge)).toBe(true);
      await type('rabbitmqctl delete_user nebula-worker.edge-17');
      expect((await users()).has(edge)).toBe(false);
      const connected = await type('rabbitmqctl list_connections user');
      expect(connected).toMatch(/^nebula-worker\.w1$/m);
      expect(connected).not.toContain(edge);
    },
    LIMIT,
  );

  it(
    'docs/backup.md: a backup is made and restored from the sources',
    async () => {
      const { fleet, documents, backups } = bed();
      const [backUp] = blocks.take('docs/backup.md', 'Back up').exactly(1);
      const [restore] = blocks.take('docs/backup.md', 'Restore').exactly(1);
      const { SCHEMA_NAME = '' } = fleet.apiNumber(1).process.configuration;
      expect(await documents.run(`SCHEMA_NAME=${SCHEMA_NAME} ${backUp}`)).toContain('has 1 app');
      const [file = ''] = await readdir(backups);
      const restored = restore.replace(/nebula-\d{4}-\d\d-\d\d/, file);
      expect(await documents.run(`SCHEMA_NAME=restored ${restored}`)).toContain('restored: 1 app');
      await mongoCommand(fleet.databaseUrl, 'restored', { dropDatabase: 1 });
    },
    LIMIT,
  );
}
