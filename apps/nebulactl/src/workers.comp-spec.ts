import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appOn, FACTS, reportOf, workerOf } from '../../api/src/store/testing/records.js';
import { eventually } from '../../api/src/testing/eventually.js';
import { FleetApi } from '../../api/src/workers/testing/fleet-api.js';
import { CommandLine } from './testing/command-line.js';

let api: FleetApi;
let shell: CommandLine;

beforeAll(async () => {
  api = await FleetApi.start();
  shell = new CommandLine({ NEBULA_URL: api.url.replace('/api/v3', '') });
  await api.keep(
    workerOf('web-2', { last_seen_at: Date.now() - 1_000_000, apps: [appOn('shop')] }),
    workerOf('web-1', {
      ...{ last_seen_at: Date.now(), facts: { ...FACTS, labels: { rack: '7' } } },
      apps: [appOn('shop')],
    }),
  );
  api.broker.reports.publish(
    reportOf({
      ...{
        worker_id: 'web-1',
        app_name: 'failing',
        state: 'failed',
        worker: { ...FACTS, labels: { rack: '7' } },
      },
      last_error: { step: 'pull', message: 'no such image', at: '2026-01-01T00:00:00.000Z', retry_at: null },
    }),
  );
  await eventually(async () => expect(await names('--app', 'failing')).toBe('web-1\n'));
});
afterAll(async () => {
  shell?.remove();
  await api?.stop();
});

const names = async (...options: string[]) =>
  (await shell.run(['worker', 'list', '-o', 'name', ...options])).stdout;

/** Forgets a worker over a connection that is cut before the first answer arrives. */
async function losingTheFirst(worker: string) {
  const methods: string[] = [];
  const ended = await shell.run(['worker', 'forget', worker, '--yes'], {
    between: async ({ method }, ask) => {
      const answer = await ask();
      if (methods.push(method) === 1) throw new TypeError('the connection was cut');
      return answer;
    },
  });
  return { ended, methods };
}

describe('nebulactl worker', () => {
  it('lists workers by state, app and label', async () => {
    const { stdout } = await shell.run(['worker', 'list']);
    expect(stdout).toMatch(/^WORKER +HOSTNAME +STATE +APPS +CORES +MEMORY +VERSION +LABELS +SEEN\nweb-1 +/);
    expect(stdout).toMatch(/\nweb-2 +\S+ +offline +shop +/);
    expect(await names()).toBe('web-1\nweb-2\n');
    expect(await names('--state', 'offline')).toBe('web-2\n');
    expect(await names('--app', 'failing')).toBe('web-1\n');
    expect(await names('--label', 'rack=7')).toBe('web-1\n');
  });

  it('shows one with its apps and what is wrong with them', async () => {
    const { stdout } = await shell.run(['worker', 'get', 'web-1']);
    expect(stdout).toMatch(/^worker: +web-1\n/);
    expect(stdout).toMatch(/\nstate: +online, heard of \d+s ago\n/);
    expect(stdout).toMatch(/\nlabels: +rack=7\n/);
    expect(stdout).toMatch(/\nfailing +\d+ +failed +pull: no such image\n/);
    expect(await shell.run(['worker', 'get', 'web-3'])).toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: expect.stringMatching(/^Error: .*web-3.*\n$/),
    });
  });

  it('has forgotten one, too, when the answer to that was lost and the next try finds none', async () => {
    await api.keep(workerOf('web-9', { last_seen_at: Date.now() - 1_000_000, apps: [] }));
    const { ended, methods } = await losingTheFirst('web-9');
    expect(ended).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('web-9 is gone: an earlier try'),
    });
    expect(methods).toEqual(['DELETE', 'DELETE']);
    expect((await api.call('GET', '/workers/web-9')).status).toBe(404);
  });

  it('forgets one that is gone, after it was asked to, and none that is online', async () => {
    expect(await shell.run(['worker', 'forget', 'web-2'])).toMatchObject({ code: 2 });
    const dry = await shell.run(['worker', 'forget', 'web-2', '--dry-run']);
    expect(dry).toMatchObject({
      ...{ code: 0, stdout: '' },
      stderr: expect.stringMatching(
        /^web-2 would be forgotten: not heard of for 1[67]m; its apps: shop\.\n$/,
      ),
    });
    const asData = await shell.run(['worker', 'forget', 'web-2', '--dry-run', '-o', 'json']);
    expect(JSON.parse(asData.stdout)).toMatchObject({ result: 'forgotten', worker: { state: 'offline' } });
    expect(await names()).toBe('web-1\nweb-2\n');
    expect(await shell.run(['worker', 'forget', 'web-2', '--yes'])).toMatchObject({ code: 0 });
    expect(await names()).toBe('web-1\n');
    expect(await shell.run(['worker', 'forget', 'web-1', '--dry-run'])).toMatchObject({ code: 1 });
    expect(await shell.run(['worker', 'forget', 'web-1', '--yes'])).toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: expect.stringMatching(/^Error: .*web-1.* online.*\n$/),
    });
    expect(await names()).toBe('web-1\n');
  });
});

describe('nebulactl app wait, of several workers,', () => {
  const report = (worker_id: string, app_name: string, state: 'converged' | 'failed') =>
    api.broker.reports.publish(
      reportOf({
        ...{ worker_id, app_name, state, boot_nonce: `${worker_id}-${state}` },
        last_error:
          state === 'failed'
            ? { step: 'pull', message: 'no such image', at: new Date().toISOString(), retry_at: null }
            : null,
      }),
    );

  it('tells how many are how far, and ends with 0 only when none that is online is on its way', async () => {
    await api.createApp('waited');
    const last_seen_at = Date.now();
    const apps = [appOn('waited', { took_ms: 1_200 })];
    const converging = { state: 'converging', converged_at: null, took_ms: null } as const;
    await api.keep(
      workerOf('wait-1', { last_seen_at, apps }),
      workerOf('wait-2', { last_seen_at, apps: [appOn('waited', converging)] }),
      workerOf('wait-3', { last_seen_at: last_seen_at - 1_000_000, apps }),
    );
    const line = /^waited at revision 1: 1 converged, 1 converging, 1 offline; p50 1\.2 s$/m;
    const short = await shell.run(['app', 'wait', 'waited', '--timeout', '2s']);
    expect(short.code).toBe(124);
    expect(short.stderr).toMatch(line);
    expect(short.stderr).toMatch(/: 1 of 2 have not converged:\n {2}edge is converging\n$/);
    const long = await shell.run(['app', 'wait', 'waited'], {
      before: { when: line, work: async () => report('wait-2', 'waited', 'converged') },
    });
    expect(long.code).toBe(0);
    expect(long.stderr).toMatch(
      /Converged: waited is at revision 1 on 2 workers \(p50 [\d.]+ s, p99 [\d.]+ s\)\. 1 worker offline will follow\.\n$/,
    );
  });

  it('ends at the first that fails, unless it shall keep going', async () => {
    await api.createApp('retried');
    const last_seen_at = Date.now();
    await api.keep(workerOf('retry-1', { last_seen_at, apps: [appOn('retried')] }));
    report('retry-2', 'retried', 'failed');
    await eventually(async () => {
      expect((await shell.run(['app', 'status', 'retried'])).stdout).toContain('1 converged, 1 failed');
    });
    const { code, stderr } = await shell.run(['app', 'wait', 'retried']);
    expect(code).toBe(1);
    expect(stderr).toContain('failed on 1 worker:\n  edge is failed: pull: no such image');
    const kept = await shell.run(['app', 'wait', 'retried', '--keep-going'], {
      before: {
        when: /retried at revision 1: 1 converged, 1 failed/,
        work: async () => report('retry-2', 'retried', 'converged'),
      },
    });
    expect(kept).toMatchObject({ code: 0, stderr: expect.stringContaining('on 2 workers') });
  });
});
