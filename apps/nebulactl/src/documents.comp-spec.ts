import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiUnderTest } from '../../api/src/testing/api-under-test.js';
import { parseYaml } from '@nebula/yaml';
import { CommandLine } from './testing/command-line.js';

let api: ApiUnderTest;
let shell: CommandLine;

beforeAll(async () => {
  api = await ApiUnderTest.start();
});
beforeEach(() => {
  shell = new CommandLine({ NEBULA_URL: api.url });
});
afterEach(async () => {
  shell.remove();
  const { body } = await api.call('GET', '/apps');
  for (const { app_name } of (body as { items: { app_name: string }[] }).items)
    await api.call('DELETE', `/apps/${app_name}`);
});
afterAll(async () => {
  await api?.stop();
});

function file(name: string, text: string): string {
  const path = join(shell.folder, name);
  writeFileSync(path, text);
  return path;
}

/** Image and revision by app, as the api has them. */
async function stored(): Promise<Record<string, [string, number]>> {
  const { body } = await api.call('GET', '/apps');
  const { items } = body as { items: { app_name: string; docker_image: string; revision: number }[] };
  return Object.fromEntries(
    items.map(({ app_name, docker_image, revision }) => [app_name, [docker_image, revision]]),
  );
}

const TWO = `
apps:
  - app_name: shop
    docker_image: shop:42
  - app_name: web
    docker_image: web:1
`;

describe('nebulactl apply', () => {
  it('creates and changes what differs, and leaves the rest alone', async () => {
    await api.create('shop', { docker_image: 'shop:41' });
    await api.create('other', { docker_image: 'other:1' });
    const { other } = await stored();
    const applied = await shell.run([
      'apply',
      '-f',
      file('apps.yaml', TWO),
      '--yes',
      '--reason',
      'release 42',
    ]);
    expect(applied).toMatchObject({ code: 0 });
    expect(applied.stderr).toContain('+ docker_image: shop:42');
    expect(applied.stdout).toMatch(/^shop +changed +\d/m);
    expect(applied.stdout).toMatch(/^web +created +\d/m);
    const now = await stored();
    expect(now).toMatchObject({ shop: ['shop:42', 2], web: ['web:1', expect.any(Number)], other });
    expect(await api.store.get('web')).toMatchObject({ reason: 'release 42' });

    const again = await shell.run(['apply', '-f', join(shell.folder, 'apps.yaml')]);
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('2 apps are so already.') });
    expect(await stored()).toEqual(now);
  });

  it('reads folders, several documents, JSON and the standard input', async () => {
    mkdirSync(join(shell.folder, 'apps'));
    file('apps/a.yml', 'app_name: a\ndocker_image: a:1\n---\napp_name: b\ndocker_image: b:1\n---\n');
    file('apps/c.json', JSON.stringify({ apps: [{ app_name: 'c', docker_image: 'c:1' }] }));
    file('apps/notes.txt', 'not: read');
    const given = ['apply', '-f', join(shell.folder, 'apps'), '-f', '-', '--yes', '-o', 'name'];
    const { code, stdout } = await shell.run(given, { stdin: 'app_name: d\ndocker_image: d:1\n' });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'a\nb\nc\nd\n' });
    expect(Object.keys(await stored())).toEqual(['a', 'b', 'c', 'd']);
  });

  it('reads YAML by the rules of the api, with an anchor that all apps share', async () => {
    const names = Array.from({ length: 120 }, (_, index) => `many-${index}`);
    const apps = names.map((name) => `  - {app_name: ${name}, docker_image: many:1, env_vars: *env}`);
    const text = [
      'apps:',
      '  - {app_name: many, docker_image: many:1, env_vars: &env {A: "1"}}',
      ...apps,
    ].join('\n');
    const dry = await shell.run(['apply', '-f', file('many.yaml', text), '--dry-run', '-o', 'name']);
    expect({ ...dry, stdout: dry.stdout.split('\n').length }).toMatchObject({ code: 0, stdout: 122 });
  });

  it.each([
    [
      'an alias of no anchor',
      'docker_image: *none',
      'column 15: no anchor of that name stands before the alias',
    ],
    [
      'an alias within its own anchor',
      'env_vars: &x [*x]',
      'column 15: the alias stands within its own anchor',
    ],
    ['a tag that means nothing', 'docker_image: !image a:1', 'column 15: the tag is not known'],
  ])('refuses %s with its place, and sends nothing', async (_what, line, told) => {
    const path = file('flaw.yaml', `app_name: a\n---\napp_name: b\n${line}\n`);
    expect(await shell.run(['apply', '-f', path, '--yes'])).toEqual({
      ...{ code: 1, stdout: '' },
      stderr: expect.stringContaining(`Error: ${path}: line 4, ${told}`),
    });
    expect(await stored()).toEqual({});
  });

  it('deletes what is in no file when it is asked to, after it has shown that', async () => {
    await api.create('shop-old', { docker_image: 'old:1' });
    await api.create('keep', { docker_image: 'keep:1' });
    const one = file('apps.yaml', 'app_name: shop-new\ndocker_image: new:1\n');
    const prune = ['apply', '-f', one, '--prune', '--prefix', 'shop-'];
    const dry = await shell.run([...prune, '--dry-run']);
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringMatching(/shop-old +would be deleted/) });
    expect(await shell.run(prune)).toMatchObject({ code: 2, stderr: expect.stringContaining('add --yes') });
    expect(Object.keys(await stored())).toEqual(['keep', 'shop-old']);
    expect(await shell.run([...prune, '--yes'])).toMatchObject({ code: 0 });
    expect(Object.keys(await stored())).toEqual(['keep', 'shop-new']);
  });

  it('changes nothing when anything is wrong, and says where', async () => {
    const wrong = file(
      'wrong.yaml',
      `${TWO}  - app_name: bad\n    docker_image: b:1\n    starting_ports: [70000]\n`,
    );
    const refused = await shell.run(['apply', '-f', wrong, '--yes']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(`${wrong}: bad /starting_ports/0 `);
    const broken = await shell.run([
      'apply',
      '-f',
      file('broken.yaml', 'apps:\n  - app_name: [a\n'),
      '--yes',
    ]);
    expect(broken).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/broken\.yaml: line \d+, column \d+: /),
    });
    const twice = await shell.run(['apply', '-f', file('a.yaml', TWO), '-f', file('b.yaml', TWO), '--yes']);
    expect(twice).toMatchObject({ code: 1, stderr: expect.stringContaining('b.yaml: shop') });
    const other = await shell.run(['apply', '-f', file('other.yaml', 'services: {}\n'), '--yes']);
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('one app with its app_name') });
    expect(await shell.run(['apply', '-f', join(shell.folder, 'none.yaml')])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no '),
    });
    expect(await shell.run(['apply'])).toMatchObject({ code: 2 });
    expect(await stored()).toEqual({});
  });
});

describe('nebulactl export', () => {
  it('prints what changes nothing when it is applied', async () => {
    await api.create('shop', {
      docker_image: 'shop:41',
      env_vars: { TOKEN: 'x1y2z3' },
      secret_env_vars: ['TOKEN'],
    });
    await api.create('web', { docker_image: 'web:1' });
    const before = await stored();
    const { code, stdout } = await shell.run(['export']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^apps:\n/);
    expect(stdout).not.toContain('x1y2z3');
    expect(await shell.run(['apply', '-f', '-'], { stdin: stdout })).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('2 apps are so already.'),
    });
    expect(await stored()).toEqual(before);
    const json = await shell.run(['export', '--prefix', 'w', '-o', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ apps: [{ app_name: 'web', docker_image: 'web:1' }] });
  });

  it.each(['a\n\n', 'line1\nline2 \n', '\n', 'a\n', ' \n \n', 'a'])(
    'keeps every character of a text at its end, which is %j',
    async (script) => {
      const command = ['sh', '-c', script];
      await api.create('shop', { command });
      const before = await stored();
      const { stdout } = await shell.run(['export']);
      expect(parseYaml(stdout)).toMatchObject({ apps: [{ app_name: 'shop', command }] });
      expect(await shell.run(['apply', '-f', '-', '--yes'], { stdin: stdout })).toMatchObject({ code: 0 });
      expect(await stored()).toEqual(before);
      expect(parseYaml((await shell.run(['app', 'get', 'shop'])).stdout)).toMatchObject({ command });
    },
  );
});
