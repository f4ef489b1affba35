import { describe, expect, it } from '@jest/globals';
import { RuntimeError } from '../../runtime-error.js';
import { eventually } from '../eventually.js';
import { specOf } from '../spec.js';
import type { ContractBed } from './contract-bed.js';

/** What runs inside a container, and what is seen of it. */
export function programContract(bed: ContractBed): void {
  describe('the program of a container', () => {
    it('has what the spec says, as it is seen from inside', async () => {
      const { engine } = bed;
      const spec = specOf({
        app_name: 'my-shop',
        entrypoint: ['/bin/sh', '-c'],
        command: ['trap "exit 0" QUIT; while :; do sleep 0.1; done'],
        ...{ user: '1234:5678', working_dir: '/www', hostname: '{{.Node}}-{{.App}}-{{.Replica}}' },
        env_vars: { WHERE: 'on {{.Node}} as {{.App}} {{.Replica}}', QUOTED: `a "b" $c\nd` },
        ...{ stop_signal: 'SIGQUIT', stop_grace_period_seconds: 77, read_only: true },
        ...{ cap_add: ['NET_ADMIN'], cap_drop: ['CHOWN'], security_opt: ['no-new-privileges:true'] },
        ...{ tmpfs: ['/scratch:size=64k,mode=1777'], shm_size: '8m', extra_hosts: ['db:192.0.2.7'] },
        ulimits: { nofile: { soft: 100, hard: 200 }, nproc: 4096 },
        sysctls: { 'net.ipv4.ip_local_port_range': '30000 31000' },
      });
      const id = await engine.running({ replica: 7, node: 'edge', spec });
      const inside = async (...command: string[]) => await engine.inside(id, ...command);
      expect(await inside('id', '-u')).toBe('1234');
      expect(await inside('id', '-g')).toBe('5678');
      expect(await inside('sh', '-c', 'cd - > /dev/null 2>&1; pwd')).toBe('/www');
      expect(await inside('hostname')).toBe('edge-my-shop-7');
      expect(await inside('sh', '-c', 'echo "$WHERE/$NEBULA_APP_NAME/$NEBULA_REPLICA/$NEBULA_NODE"')).toBe(
        'on edge as my-shop 7/my-shop/7/edge',
      );
      expect(await inside('sh', '-c', 'printf "%s" "$QUOTED"')).toBe(`a "b" $c\nd`);
      expect(await inside('touch', '/new')).toContain('Read-only file system');
      expect(await inside('sh', '-c', 'touch /scratch/new && echo made')).toBe('made');
      expect(await inside('grep', ' /dev/shm ', '/proc/mounts')).toContain('size=8192k');
      expect(await inside('cat', '/etc/hosts')).toMatch(/192\.0\.2\.7\s+db/);
      expect(await inside('cat', '/proc/1/limits')).toMatch(/^Max open files +100 +200 /m);
      expect(await inside('cat', '/proc/sys/net/ipv4/ip_local_port_range')).toBe('30000\t31000');
      expect(await inside('grep', 'NoNewPrivs', '/proc/1/status')).toMatch(/1$/);
      const bounds = await inside('grep', 'CapBnd', '/proc/1/status');
      const mask = BigInt(`0x${bounds.split(/\s+/)[1] ?? '0'}`);
      expect([0n, 12n].map((bit) => (mask >> bit) & 1n)).toEqual([0n, 1n]);
      expect(await engine.observed(id)).toMatchObject({ app_name: 'my-shop', stop_grace_seconds: 77 });
      // It heeds that signal alone, so a stop that is quick has sent it.
      await engine.runtime.stop(id, 77);
      expect(await engine.observed(id)).toMatchObject({ state: 'exited', exit_code: 0 });
    }, 60_000);

    it('has its time to end, also where nothing is said of that, and is killed after it', async () => {
      const { engine } = bed;
      const slow = { command: ['sh', '-c', 'trap "sleep 1; exit 0" TERM; while :; do sleep 0.1; done'] };
      const patient = await engine.running({ spec: specOf(slow) });
      await engine.inside(patient, 'true');
      await engine.runtime.stop(patient);
      expect(await engine.observed(patient)).toMatchObject({ state: 'exited', exit_code: 0 });
      const deaf = { command: ['sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done'] };
      const killed = await engine.running({ spec: specOf({ ...deaf, stop_grace_period_seconds: 1 }) });
      const began = performance.now();
      await engine.runtime.stop(killed, 1);
      expect(performance.now() - began).toBeGreaterThanOrEqual(1_000);
      expect(await engine.observed(killed)).toMatchObject({ state: 'exited', exit_code: 137 });
    }, 60_000);

    it('is heard: the last lines of both of its outputs, each as a whole', async () => {
      const { engine } = bed;
      const command = ['sh', '-c', 'for n in 1 2 3 4; do echo out $n; echo err $n >&2; done; sleep 600'];
      const id = await engine.running({ spec: specOf({ command }) });
      const tail = async (lines: number, characters = 1_000) =>
        (await engine.runtime.logTail(id, { lines, characters })).split('\n');
      await eventually(async () => expect(await tail(100)).toHaveLength(8));
      expect((await tail(2)).length).toBe(2);
      expect((await tail(100)).filter((line) => line.startsWith('out'))).toEqual(
        [1, 2, 3, 4].map((n) => `out ${n}`),
      );
    }, 60_000);

    it('runs commands beside it, and how they fail is told without what the environment holds', async () => {
      const { engine } = bed;
      const id = await engine.running({ spec: specOf({ env_vars: { SECRET: 'hunter2hunter2' } }) });
      const run = async (script: string, seconds = 10) =>
        await engine.runtime.run(id, ['sh', '-c', script], seconds);
      await run('echo "$VERSION" > /seen');
      expect(await engine.inside(id, 'cat', '/seen')).toBe('1');
      await expect(run('echo "key $SECRET"; exit 3')).rejects.toThrow(
        /^the command sh ended with exit code 3: key \[redacted\]$/,
      );
      const nowhere = await engine.runtime.run(id, ['nowhere'], 10).catch((error: unknown) => error);
      expect(nowhere).toBeInstanceOf(RuntimeError);
      expect(nowhere).toMatchObject({ message: expect.stringContaining('nowhere') });
      // Else it would be taken for an engine that has said nothing of the command, and tried again for a minute.
      expect(nowhere).not.toMatchObject({ kind: 'unavailable' });
      await expect(run('echo begun; sleep 100', 1)).rejects.toThrow('takes longer than 1 s: begun');
      await engine.runtime.stop(id);
      await expect(run('true')).rejects.toMatchObject({ name: 'RuntimeError', terminal: false });
    }, 60_000);

    it('is well or not, as its health check says, where the engine runs those', async () => {
      const { engine } = bed;
      const health_check = { command: ['test', '-e', '/well'], interval_seconds: 0.5, retries: 1 };
      const id = await engine.running({ spec: specOf({ health_check }) });
      if (!bed.runsHealthChecks) {
        expect((await engine.observed(id)).health).toBe('starting');
        return;
      }
      await eventually(async () => expect((await engine.observed(id)).health).toBe('unhealthy'));
      await engine.inside(id, 'touch', '/well');
      await eventually(async () => expect((await engine.observed(id)).health).toBe('healthy'));
    }, 60_000);
  });
}
