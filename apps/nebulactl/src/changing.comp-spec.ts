import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiUnderTest } from '../../api/src/testing/api-under-test.js';
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

describe('nebulactl app set', () => {
  it('shows what would change and changes it, with a reason', async () => {
    const set = [
      'app',
      'set',
      app,
      '--image',
      'shop:42',
      '--env',
      'A=b',
      '--unset-env',
      'C',
      '--containers-per',
      'cpu=1',
    ];
    const { code, stdout, stderr } = await shell.run([
      ...set,
      '--port',
      '81:80',
      '--yes',
      '--reason',
      'build 42',
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr.split('\n')).toEqual(
      expect.arrayContaining([
        '- docker_image: shop:41',
        '+ docker_image: shop:42',
        '- env_vars.A: "1"'.replaceAll('"', ''),
        '+ env_vars.A: b',
        '- env_vars.C: x',
        `${app} is at revision 2.`,
      ]),
    );
    expect(stderr).toContain('its containers are replaced on 0 workers (because of docker_image, ');
    expect(await specOf()).toMatchObject({
      docker_image: 'shop:42',
      env_vars: { A: 'b' },
      containers_per: { cpu: 1 },
      starting_ports: [{ '81': '80' }],
      revision: 2,
    });
    expect(await api.store.get(app)).toMatchObject({ reason: 'build 42' });
  });

  it('changes nothing when nothing would change, when it is a dry run, and when nobody can be asked', async () => {
    const same = await shell.run(['app', 'set', app, '--image', 'shop:41', '--yes']);
    expect(same).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`Nothing to change: ${app} is so already.`),
    });
    const dry = await shell.run(['app', 'set', app, '--image', 'shop:42', '--dry-run']);
    expect(dry).toMatchObject({ code: 0, stderr: expect.stringContaining('+ docker_image: shop:42') });
    const unasked = await shell.run(['app', 'set', app, '--image', 'shop:42']);
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('add --yes') });
    expect(await shell.run(['app', 'set', app])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nothing to set'),
    });
    expect(await specOf()).toMatchObject({ docker_image: 'shop:41', revision: 1 });
  });

  it('asks on a terminal, and does what it is told', async () => {
    const set = ['app', 'set', app, '--image', 'shop:42'];
    const asked = (type: string) => ({ isTerminal: true, answers: [{ when: /Change shop\d+\?/, type }] });
    expect(await shell.run(set, asked('n'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing was changed'),
    });
    expect(await shell.run(set, asked('\u0003'))).toMatchObject({ code: 130 });
    expect(await specOf()).toMatchObject({ revision: 1 });
    expect(await shell.run(set, asked('y'))).toMatchObject({ code: 0 });
    expect(await specOf()).toMatchObject({ docker_image: 'shop:42', revision: 2 });
  });

  it('shows anew what would change when somebody else was faster', async () => {
    const answers = [
      { when: /Change shop\d+\?/, type: 'y' },
      { when: /meanwhile[^]*Change shop\d+\?/, type: 'y' },
    ];
    const running = shell.run(['app', 'set', app, '--image', 'shop:42'], {
      isTerminal: true,
      answers,
      // Between what was looked at and the answer.
      before: {
        when: /Change shop\d+\?/,
        work: () => api.call('PATCH', `/apps/${app}`, { json: { env_vars: { A: '2' } } }),
      },
    });
    const { code, stderr } = await running;
    expect(code).toBe(0);
    expect(stderr).toContain(`Somebody else has changed ${app} meanwhile`);
    expect(await specOf()).toMatchObject({ docker_image: 'shop:42', env_vars: { A: '2' }, revision: 3 });
  });

  it('says of each field what is wrong, and sends nothing that is', async () => {
    const { code, stderr } = await shell.run(['app', 'set', app, '--port', '99999', '--env', 'A=1', '--yes']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: The spec is not valid:\n {2}\/starting_ports\/0 must be a port/);
    expect(await shell.run(['app', 'set', app, '--containers-per', 'cpu'])).toMatchObject({
      code: 2,
      stderr: 'Error: --containers-per must be like server=2, cpu=1 or memory=512, not "cpu"\n',
    });
  });

  it('repeats nothing of a patch that is no JSON, which may have a secret in it', async () => {
    const { code, stderr } = await shell.run([
      'app',
      'set',
      app,
      '--patch',
      '{"env_vars":{"T":"open-sesame}',
    ]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `Error: --patch must be an object of JSON, like '{"stop_grace_period_seconds":30}'\n`,
    });
    const unnamed = await shell.run(['app', 'set', app, '--secret-env', '=open-sesame']);
    expect(unnamed).toMatchObject({ code: 2, stderr: 'Error: --secret-env must be name=text\n' });
  });

  it('takes a secret from the environment, and shows it never again', async () => {
    const set = ['app', 'set', app, '--secret-env', 'DB_PASSWORD', '--yes', '-o', 'json'];
    const { code, stdout, stderr } = await shell.run(set, { env: { DB_PASSWORD: 'open-sesame' } });
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain('open-sesame');
    expect(await api.store.get(app)).toMatchObject({ spec: { env_vars: { DB_PASSWORD: 'open-sesame' } } });
    expect(await shell.run(set)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no DB_PASSWORD in your environment'),
    });
  });
});

describe('nebulactl app rollback', () => {
  const question = /Roll shop\d+ back to revision \d\?/;
  const change = async (json: object) => await api.call('PATCH', `/apps/${app}`, { json });

  it('without --to leaves what somebody else has made meanwhile', async () => {
    await change({ docker_image: 'shop:42' });
    const { code, stderr } = await shell.run(['app', 'rollback', app], {
      isTerminal: true,
      answers: [
        { when: question, type: 'y' },
        { when: /meanwhile[^]*Roll shop\d+ back/, type: 'y' },
      ],
      before: { when: question, work: () => change({ docker_image: 'shop:43' }) },
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /somebody else has changed (shop\d+) meanwhile; look at nebulactl app history \1, and name a revision with --to\n$/,
    );
    expect(await specOf()).toMatchObject({ docker_image: 'shop:43', revision: 3 });
  });

  it('goes back to the revision before, and with --to to the same one whatever was made meanwhile', async () => {
    await change({ docker_image: 'shop:42' });
    expect(await shell.run(['app', 'rollback', app, '--yes'])).toMatchObject({ code: 0 });
    expect(await specOf()).toMatchObject({ docker_image: 'shop:41', revision: 3 });
    const { code } = await shell.run(['app', 'rollback', app, '--to', '2'], {
      isTerminal: true,
      answers: [
        { when: question, type: 'y' },
        { when: /meanwhile[^]*Roll shop\d+ back/, type: 'y' },
      ],
      before: { when: question, work: () => change({ docker_image: 'shop:43' }) },
    });
    expect(code).toBe(0);
    expect(await specOf()).toMatchObject({ docker_image: 'shop:42', revision: 5 });
  });

  it('without --to passes over revisions that have the same spec, as restarts make them', async () => {
    await change({ docker_image: 'shop:42' });
    for (const wish of ['restart', 'roll', 'release', 'prune'])
      expect(await api.call('POST', `/apps/${app}/${wish}`)).toMatchObject({ status: 202 });
    const compared: string[] = [];
    const { code, stderr } = await shell.run(['app', 'rollback', app, '--yes'], {
      between: async ({ url }, ask) => {
        const { pathname, search } = new URL(url);
        if (pathname.endsWith('/diff')) compared.push(search);
        return await ask();
      },
    });
    expect(compared).toEqual(['?from=1&to=6']);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining(
        `Revision 1 is the last one with another spec than revision 6 has now.\n`,
      ),
    });
    expect(await specOf()).toMatchObject({ docker_image: 'shop:41', revision: 7 });
  });

  it('without --to fails where no revision has another spec', async () => {
    const only = await shell.run(['app', 'rollback', app, '--yes']);
    await api.call('POST', `/apps/${app}/restart`);
    for (const { code, stderr } of [only, await shell.run(['app', 'rollback', app, '--yes'])])
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: `Error: no earlier revision of ${app} of those that are kept has another spec; see nebulactl app history ${app}\n`,
      });
    expect((await api.store.get(app))?.revision).toBe(2);
  });

  it('without --to ends at a revision that is kept no longer', async () => {
    await change({ docker_image: 'shop:42' });
    const lost = { type: 'urn:nebula:problem:revision-not-found', title: 'There is none', status: 404 };
    const { code, stderr } = await shell.run(['app', 'rollback', app, '--yes'], {
      between: async ({ url }, ask) =>
        url.includes('from=1') ? Response.json(lost, { status: 404 }) : await ask(),
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /^Error: no earlier revision of shop\d+ of those that are kept has another/,
      ),
    });
  });

  it('without --to goes back over a deletion', async () => {
    await api.call('DELETE', `/apps/${app}`);
    await api.create(app, { docker_image: 'shop:50' });
    expect(await shell.run(['app', 'rollback', app, '--yes'])).toMatchObject({ code: 0 });
    expect(await specOf()).toMatchObject({ docker_image: 'shop:41', revision: 4 });
  });
});

describe('nebulactl app', () => {
  it('creates, stops, starts, restarts, rolls, releases, prunes and deletes', async () => {
    const other = `${app}-new`;
    const create = await shell.run(['app', 'create', other, '--image', 'shop:1', '--yes', '-o', 'name']);
    expect(create).toMatchObject({ code: 0, stdout: `${other}\n` });
    for (const action of ['stop', 'start', 'restart', 'roll', 'release', 'prune']) {
      expect(await shell.run(['app', action, other, '--yes'])).toMatchObject({ code: 0 });
    }
    expect(await api.store.get(other)).toMatchObject({ revision: 7 });
    expect(await shell.run(['app', 'create', other, '--image', 'shop:1', '--yes'])).toMatchObject({
      code: 1,
    });
    expect(await shell.run(['app', 'delete', other, '--yes'])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('its containers are removed on 0 workers'),
    });
    expect(await api.store.get(other)).toMatchObject({ deleted: true });
    const revisionOf = async () => (await api.store.get(app))?.revision;
    const revision = await revisionOf();
    const dry = await shell.run(['app', 'prune', '--all', '--dry-run']);
    expect(dry).toMatchObject({ code: 0, stderr: 'Nothing was changed.\n' });
    expect(dry.stdout).toMatch(
      new RegExp(
        `^${app} +- +${app} would be pruned: no container that stays is touched, on 0 workers\\.$`,
        'm',
      ),
    );
    expect(await revisionOf()).toBe(revision);
    expect(await shell.run(['app', 'prune', '--all', '--wait'])).toMatchObject({
      ...{ code: 2, stderr: 'Error: --all goes without --wait\n' },
    });
    expect(await shell.run(['app', 'prune', '--all', '--yes', '-o', 'name'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${app}\n`),
    });
    const last = await shell.run(['app', 'delete', app, '--yes', '--wait']);
    expect(last).toMatchObject({ code: 0, stderr: expect.stringContaining('Gone: no worker') });
  });
});
