import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { engineDo } from './engine-api.mjs';
import { engineOf, killEngine, startEngine, stopEngine } from './engine.mjs';
import { engineFolders, networkBridges, shimPids } from './engine-folders.mjs';
import { inNamespace } from './engine-namespace.mjs';
import { pingEngine } from './find-engine.mjs';
import { makeHttpImage } from './images.mjs';

const LIMIT = 180_000;

let root: string;
let folder: string;
let second: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nebula-engines-'));
  folder = join(root, 'one');
  second = join(root, 'two');
});

afterEach(async () => {
  await stopEngine(folder);
  await stopEngine(second);
  await rm(root, { recursive: true, force: true });
}, LIMIT);

function links(): string[] {
  return execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.split(': ')[1] ?? '');
}

/** Rules of the firewall that name an interface. */
function rulesOf(name: string): string[] {
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  return execFileSync('iptables-save', { encoding: 'utf8', env })
    .split('\n')
    .filter((line) => line.split(' ').includes(name));
}

/** Runs the test image for ever, in a network of its own. */
async function runContainer(host: string, published: object = {}): Promise<string> {
  await makeHttpImage(host, 'engine-test:1');
  const post = async (path: string, body: object) =>
    JSON.parse(
      await engineDo(host, 'POST', path, {
        tar: Buffer.from(JSON.stringify(body)),
        headers: { 'content-type': 'application/json' },
      }),
    ) as { Id: string };
  await post('/networks/create', { Name: 'own', CheckDuplicate: true });
  const { Id } = await post('/containers/create', {
    Image: 'engine-test:1',
    HostConfig: { NetworkMode: 'own', RestartPolicy: { Name: 'always' }, PortBindings: published },
  });
  await engineDo(host, 'POST', `/containers/${Id}/start`);
  return Id;
}

async function isRunning(host: string, id: string): Promise<boolean> {
  const text = await engineDo(host, 'GET', `/containers/${id}/json`);
  return (JSON.parse(text) as { State: { Running: boolean } }).State.Running;
}

/** Its id, which workers are known by. */
async function idOf(host: string): Promise<string> {
  return (JSON.parse(await engineDo(host, 'GET', '/info')) as { ID: string }).ID;
}

describe('an engine of our own', () => {
  it(
    'starts, is found by whatever path, and stops with all that it had',
    async () => {
      const { host, pid } = await startEngine({ folder });
      expect(await pingEngine(host)).toMatchObject({ found: true, version: expect.stringMatching(/^\d/) });
      const link = join(root, 'link');
      await symlink(folder, link);
      expect(engineOf(link)).toEqual({ pid, host });
      expect(await startEngine({ folder })).toEqual({ pid, host });

      const before = links();
      await runContainer(host, { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '0' }] });
      expect(links().length).toBeGreaterThan(before.length);
      const bridges = [...networkBridges(engineFolders(folder)), engineFolders(folder).bridge];
      // That of the engine and that of the container's network; its database names some that there are not.
      expect(bridges.filter((bridge) => rulesOf(bridge).length > 0)).toHaveLength(2);

      expect(await stopEngine(folder)).toBe(true);
      expect(bridges.flatMap(rulesOf)).toEqual([]);
      expect(engineOf(folder)).toBeNull();
      expect(await pingEngine(host)).toMatchObject({ found: false });
      const folders = engineFolders(folder);
      expect(shimPids(folders)).toEqual([]);
      expect(existsSync(folders.runtime)).toBe(false);
      expect(links()).not.toContain(folders.bridge);
      expect(await stopEngine(folder)).toBe(false);
      // Nothing is mounted below it any more.
      await rm(folder, { recursive: true });
    },
    LIMIT,
  );

  it(
    'is taken over with its containers after it was killed, or stopped',
    async () => {
      const { host } = await startEngine({ folder });
      const id = await runContainer(host);
      expect(await killEngine(folder)).toBe(true);
      expect(await killEngine(folder)).toBe(false);
      expect(engineOf(folder)).toBeNull();

      await startEngine({ folder });
      expect(await isRunning(host, id)).toBe(true);
      await stopEngine(folder);
      await startEngine({ folder });
      expect(await isRunning(host, id)).toBe(true);
    },
    LIMIT,
  );

  it(
    'leaves nothing running when it was killed before it is stopped',
    async () => {
      const { host } = await startEngine({ folder });
      await runContainer(host);
      const folders = engineFolders(folder);
      await killEngine(folder);
      expect(shimPids(folders)).toHaveLength(1);
      const bridges = links().length;
      expect(await stopEngine(folder)).toBe(true);
      expect(shimPids(folders)).toEqual([]);
      expect(links().length).toBeLessThan(bridges);
      await rm(folder, { recursive: true });
    },
    LIMIT,
  );

  it(
    'does not mind a file with the id of another process',
    async () => {
      await mkdir(folder, { recursive: true });
      await writeFile(engineFolders(folder).pidFile, String(process.pid));
      expect(engineOf(folder)).toBeNull();
      expect(await killEngine(folder)).toBe(false);
      const { pid } = await startEngine({ folder });
      expect(pid).not.toBe(process.pid);
    },
    LIMIT,
  );

  it(
    'works beside others, and touches neither their networks nor the bridge of the machine',
    async () => {
      const one = await startEngine({ folder });
      const id = await runContainer(one.host);
      const two = await startEngine({ folder: second });
      await runContainer(two.host);
      const before = links();
      // Over what is there is where dockerd tidies up.
      await stopEngine(second);
      await startEngine({ folder: second });
      expect(links().filter((name) => name === 'docker0')).toEqual(
        before.filter((name) => name === 'docker0'),
      );
      expect(links()).toContain(engineFolders(folder).bridge);
      expect(await isRunning(one.host, id)).toBe(true);
      await stopEngine(second);
      expect(await isRunning(one.host, id)).toBe(true);
    },
    LIMIT,
  );

  it(
    'has an id of its own, and keeps it until its files are removed that docs/troubleshooting.md names',
    async () => {
      const { host } = await startEngine({ folder });
      const id = await idOf(host);
      expect(await idOf((await startEngine({ folder: second })).host)).not.toBe(id);
      await stopEngine(folder);
      await startEngine({ folder });
      expect(await idOf(host)).toBe(id);

      await stopEngine(folder);
      const { key, data } = engineFolders(folder);
      const named = await readFile(
        join(import.meta.dirname, '..', '..', 'docs', 'troubleshooting.md'),
        'utf8',
      );
      expect(named).toContain(
        'remove `/etc/docker/key.json`, from version 23 on `/var/lib/docker/engine-id` as well',
      );
      for (const file of [key, join(data, 'engine-id')]) await rm(file, { force: true });
      await startEngine({ folder });
      expect(await idOf(host)).not.toBe(id);
    },
    LIMIT,
  );

  it(
    'has all ports to itself in a network of its own, which ends with it',
    async () => {
      const published = { '8080/tcp': [{ HostPort: '80' }] };
      for (const each of [folder, second]) {
        const { host } = await startEngine({ folder: each, ownNetwork: true });
        const id = await runContainer(host, published);
        await killEngine(each);
        await startEngine({ folder: each, ownNetwork: true });
        expect(await isRunning(host, id)).toBe(true);
        const [program, ...args] = inNamespace(engineFolders(each).namespace, 'busybox');
        const wget = [...args, 'wget', '-q', '-O', '-', 'http://127.0.0.1:80/'];
        expect(execFileSync(program, wget, { encoding: 'utf8' })).toBe('version 1\n');
      }
      await stopEngine(folder);
      const { namespace } = engineFolders(folder);
      expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })).not.toContain(namespace);
    },
    LIMIT,
  );

  it(
    'that can not start says why',
    async () => {
      await expect(startEngine({ folder, args: ['--storage-driver=nonsense'] })).rejects.toThrow(
        /has ended; from .*engine\.log:\n[^]*driver not supported/,
      );
      expect(engineOf(folder)).toBeNull();
      // Nothing is mounted below it.
      await rm(folder, { recursive: true });
    },
    LIMIT,
  );
});
