import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identityOf } from './process-identity.js';
import { type ClaimableFolder, claimStateFolder } from './state-claim.js';
import { openPrivateFolder } from './private-folder.js';

let base: string;
let folder: ClaimableFolder;
const children: ChildProcess[] = [];

/** Some other process that runs until the test ends. */
async function otherProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1e6)']);
  children.push(child);
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'nebula-claim-'));
  const path = join(base, 'state');
  folder = { path, claims: join(path, 'claims') };
  await openPrivateFolder('state_dir', path, [folder.claims]);
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(base, { recursive: true, force: true });
});

describe('claimStateFolder', () => {
  it('is for one running process at a time, and names the other one', async () => {
    const other = await otherProcess();
    const claim = await claimStateFolder(folder, other);
    await expect(claimStateFolder(folder)).rejects.toMatchObject({
      problems: [expect.stringContaining(`in use by the running process ${other}`)],
      exitCode: 78,
    });
    await claim.release();
    await (await claimStateFolder(folder)).release();
    expect(await readdir(folder.claims)).toEqual([]);
  });

  it('takes over from a process that was killed', async () => {
    const other = await otherProcess();
    await claimStateFolder(folder, other);
    const ended = once(children[0]!, 'exit');
    children[0]!.kill('SIGKILL');
    await ended;
    await expect(claimStateFolder(folder)).resolves.toBeDefined();
  });

  it('is not held by a later process that got the same id, nor by one of an earlier boot', async () => {
    const identity = (await identityOf(await otherProcess()))!;
    const earlier = [
      `${identity.pid}.1.${identity.bootId}`,
      `${identity.pid}.${identity.startTime}.00000000-0000-0000-0000-000000000000`,
    ];
    for (const name of earlier) await writeFile(join(folder.claims, name), '');
    await claimStateFolder(folder);
    expect(await readdir(folder.claims)).toHaveLength(1);
  });

  it('is never given to two that start together', async () => {
    const pids = [process.pid, await otherProcess(), await otherProcess()];
    const results = await Promise.allSettled(pids.map((pid) => claimStateFolder(folder, pid)));
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
  });
});
