import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { reportOf } from '../../api/src/store/testing/records.js';
import { ApiUnderTest } from '../../api/src/testing/api-under-test.js';
import { eventually } from '../../api/src/testing/eventually.js';
import type { CommandLine } from './testing/command-line.js';
import { ownShop } from './testing/own-shop.js';

let api: ApiUnderTest;
let shell: CommandLine;
let app: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
});
beforeEach(async () => {
  ({ app, shell } = await ownShop(api));
});
afterEach(() => {
  shell.remove();
});
afterAll(async () => {
  await api?.stop();
});

const specOf = async () => (await api.call('GET', `/apps/${app}`)).body;

/** A worker that has said how far it is with the app. */
function report(
  worker_id: string,
  revision: number,
  state: 'converged' | 'converging' | 'failed',
  message?: string,
): void {
  const last_error =
    message === undefined ? null : { step: 'pull', message, at: new Date().toISOString(), retry_at: null };
  api.broker.reports.publish(
    reportOf({
      // Of this app alone, so that no report is taken for an earlier one.
      worker_id: `${app}-${worker_id}`,
      app_name: app,
      revision,
      state,
      last_error,
      boot_nonce: `${app}-${worker_id}-${revision}-${state}`,
    }),
  );
}

/** A worker of which the api knows that it has the first revision. */
async function hasConverged(worker_id: string): Promise<void> {
  report(worker_id, 1, 'converged');
  await eventually(async () => {
    expect((await shell.run(['app', 'status', app])).stdout).toContain('1 converged');
  });
}

/** A worker that has removed the app. */
function reportDeleted(worker_id: string, revision: number): void {
  api.broker.reports.publish(
    reportOf({
      ...{ worker_id: `${app}-${worker_id}`, app_name: app, revision, deleted: true },
      boot_nonce: `${app}-${worker_id}-${revision}-deleted`,
    }),
  );
}

describe('nebulactl --wait', () => {
  it('shows how far the workers are and ends with 0 when all have converged', async () => {
    report('w1', 1, 'converged');
    const running = shell.run(['app', 'set', app, '--image', 'shop:42', '--yes', '--wait'], {
      before: { when: /at revision 2/, work: async () => report('w1', 2, 'converged') },
    });
    const { code, stderr } = await running;
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /Converged: shop\d+ is at revision 2 on 1 worker \(p50 [\d.]+ s, p99 [\d.]+ s\)\.\n$/,
    );
  });

  it('says its last word after every look at the progress, however slow one was', async () => {
    report('w1', 1, 'converging');
    const looks: string[] = [];
    const { code, stderr } = await shell.run(['app', 'wait', app], {
      between: async ({ url }, ask) => {
        if (!url.includes('/status')) return await ask();
        looks.push('begun');
        const isSlow = looks.length === 1;
        if (isSlow) report('w1', 1, 'converged');
        const answer = await ask();
        if (isSlow) await new Promise((resolve) => setTimeout(resolve, 1_500));
        looks.push('ended');
        return answer;
      },
    });
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/Converged: .*\n$/) });
    expect(looks.filter((each) => each === 'begun')).toHaveLength(looks.length / 2);
  });

  it('ends with 1 and the reasons as soon as a worker has failed', async () => {
    const running = shell.run(['app', 'set', app, '--image', 'shop:42', '--yes', '--wait'], {
      before: { when: /at revision 2/, work: async () => report('w1', 2, 'failed', 'no such image') },
    });
    const { code, stderr } = await running;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /Error: revision 2 of shop\d+ failed on 1 worker:\n {2}edge is failed: pull: no such image\n$/,
    );
  });

  it('ends with 124 when the time is over', async () => {
    report('w1', 1, 'converging');
    await eventually(async () => {
      expect((await shell.run(['app', 'status', app])).stdout).toContain('1 converging');
    });
    const { code, stderr } = await shell.run(['app', 'wait', app, '--timeout', '2s']);
    expect(code).toBe(124);
    expect(stderr).toMatch(
      /Error: revision 1 of shop\d+ was not on all workers after 2 s: 1 of 1 have not converged:\n {2}edge is converging\n$/,
    );
  });

  it('ends with 124, too, when there was no worker in that time', async () => {
    const { code, stderr } = await shell.run(['app', 'wait', app, '--timeout', '1s']);
    expect(code).toBe(124);
    expect(stderr).toMatch(/Error: no worker that is online ran shop\d+ within 1 s\n$/);
    const set = ['app', 'set', app, '--image', 'shop:42', '--yes', '--wait', '--timeout', '1s'];
    expect(await shell.run(set)).toMatchObject({ code: 124 });
  });

  it('ends with 1 at once for an app that is deleted and that no worker has', async () => {
    await api.call('DELETE', `/apps/${app}`);
    const { code, stderr } = await shell.run(['app', 'wait', app]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /Error: no worker that is online runs shop\d+, so nothing was waited for\n$/,
      ),
    });
  });

  it('says so when the revision is followed by another one meanwhile', async () => {
    report('w1', 1, 'converged');
    const { code, stderr } = await shell.run(['app', 'set', app, '--image', 'shop:42', '--yes', '--wait'], {
      before: {
        when: /at revision 2/,
        work: async () => {
          await api.call('PATCH', `/apps/${app}`, { json: { docker_image: 'shop:43' } });
          report('w1', 3, 'converged');
        },
      },
    });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(
        /Converged: shop\d+ is at revision 3, which came after 2: 1 worker has 2 or a newer one( \(.*\))?\.\n$/,
      ),
    });
  });

  it('ends with 1 when the app is deleted meanwhile', async () => {
    report('w1', 1, 'converged');
    const { code, stderr } = await shell.run(['app', 'set', app, '--image', 'shop:42', '--yes', '--wait'], {
      before: {
        when: /at revision 2/,
        work: async () => {
          await api.call('DELETE', `/apps/${app}`);
          reportDeleted('w1', 3);
        },
      },
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /Error: (shop\d+) was deleted at revision 3, so no worker will have revision 2 of it: nebulactl app history \1\n$/,
      ),
    });
  });

  it('ends with 1 when an app that it has deleted is made anew meanwhile', async () => {
    await hasConverged('w1');
    const { code, stderr } = await shell.run(['app', 'delete', app, '--yes', '--wait'], {
      before: {
        when: /at revision 2/,
        work: async () => {
          await api.create(app);
          report('w1', 3, 'converged');
        },
      },
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /Error: somebody else has made (shop\d+) anew, at revision 3: nebulactl app history \1\n$/,
      ),
    });
  });

  it('waits for the later deletion when an app that it has deleted is made anew and deleted again', async () => {
    await hasConverged('w1');
    const { code, stderr } = await shell.run(['app', 'delete', app, '--yes', '--wait'], {
      before: {
        when: /at revision 2/,
        work: async () => {
          await api.create(app);
          await api.call('DELETE', `/apps/${app}`);
          reportDeleted('w1', 4);
        },
      },
    });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/Gone: no worker that is online has shop\d+\.\n$/),
    });
  });

  it('waits for the end of an app that was deleted before', async () => {
    await hasConverged('w1');
    await api.call('DELETE', `/apps/${app}`);
    const { code, stderr } = await shell.run(['app', 'wait', app], {
      before: { when: /at revision 2/, work: async () => reportDeleted('w1', 2) },
    });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/Gone: no worker that is online has shop\d+\.\n$/),
    });
  });

  it('ends with 130 at Ctrl-C, says that the change stays, and leaves it', async () => {
    const { code, stderr } = await shell.run(['app', 'restart', app, '--yes', '--wait'], {
      interruptWhen: /at revision 2:/,
    });
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /stopped waiting\. revision 2 of shop\d+ stays, and workers go on with it: nebulactl app wait shop\d+\n$/,
    );
    expect(await specOf()).toMatchObject({ revision: 2 });
  });
});
