import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

describe('nebulactl app edit', () => {
  /** An editor that runs this on the file, `$f`. */
  const editor = (script: string) => {
    const path = join(shell.folder, 'editor');
    writeFileSync(path, `#!/bin/sh\nf="$1"\ncp "$f" "$f.$(date +%s%N)"\n${script}\n`);
    chmodSync(path, 0o700);
    return { env: { EDITOR: path } };
  };

  it('sends what was changed', async () => {
    const { code, stderr } = await shell.run(
      ['app', 'edit', app, '--yes'],
      editor(`sed -i 's/shop:41/shop:42/; /C: x/d' "$f"`),
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain('+ docker_image: shop:42');
    expect(await specOf()).toMatchObject({
      docker_image: 'shop:42',
      env_vars: { A: '1' },
      containers_per: { server: 2 },
      revision: 2,
    });
  });

  it('sends nothing without a change, and with an empty file', async () => {
    for (const script of ['true', ': > "$f"', 'echo "# only a comment" >> "$f"']) {
      expect(await shell.run(['app', 'edit', app, '--yes'], editor(script))).toEqual({
        code: 0,
        stdout: '',
        stderr: 'Nothing was changed, so nothing was sent.\n',
      });
    }
    expect(await specOf()).toMatchObject({ revision: 1 });
  });

  it('brings what is wrong back into the editor', async () => {
    const script = `if grep -q 'This was wrong' "$f"; then grep -q '#:   /containers_per' "$f" && sed -i 's/server: x/server: 3/' "$f"; else sed -i 's/server: 2/server: x/' "$f"; fi`;
    expect(await shell.run(['app', 'edit', app, '--yes'], editor(script))).toMatchObject({ code: 0 });
    expect(await specOf()).toMatchObject({ containers_per: { server: 3 }, revision: 2 });
  });

  it('tells a change within a text of several lines from one of a comment', async () => {
    const text = 'one\n# two\n\nthree\n';
    await api.call('PATCH', `/apps/${app}`, { json: { env_vars: { TEXT: text } } });
    const drop = `sed -i '/# two/d' "$f"`;
    expect(await shell.run(['app', 'edit', app, '--yes'], editor(drop))).toMatchObject({ code: 0 });
    expect(await specOf()).toMatchObject({ env_vars: { TEXT: 'one\n\nthree\n' }, revision: 3 });
  });

  it('overwrites nothing that somebody has changed while the editor was open, and keeps what was typed', async () => {
    const request = `{method: "PATCH", headers: {"content-type": "application/json"}, body: JSON.stringify({docker_image: "shop:9"})}`;
    const patch = `node -e 'fetch("${api.url}/api/v3/apps/${app}", ${request})'`;
    const ended = await shell.run(
      ['app', 'edit', app, '--yes'],
      editor(`sed -i 's/server: 2/server: 3/' "$f"; ${patch}`),
    );
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('What you typed is in /') });
    expect(ended.stderr).toContain(`somebody else has changed ${app} meanwhile`);
    expect(await specOf()).toMatchObject({
      docker_image: 'shop:9',
      containers_per: { server: 2 },
      revision: 2,
    });
  });

  it('says where what was typed is, too, when it could not even be looked at', async () => {
    const large = `printf 'hostname: "%0300000d"\n' 0 >> "$f"`;
    const { code, stderr } = await shell.run(['app', 'edit', app, '--yes'], editor(large));
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('at most 262144 bytes'),
    });
    expect(stderr).toMatch(/What you typed is in \/.*\.yaml\n/);
  });

  it('keeps what was typed when people give up on YAML that is none', async () => {
    const { code, stderr } = await shell.run(
      ['app', 'edit', app, '--yes'],
      editor(`grep -q 'This was wrong' "$f" || echo 'a: [1' >> "$f"`),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: gave up\. What you typed is in \/.*\.yaml\n$/);
    expect(await specOf()).toMatchObject({ revision: 1 });
  });

  it.each([
    [
      'an alias within its own anchor',
      'image_tag: &x [*x]',
      'column 16: the alias stands within its own anchor',
    ],
    ['a tag that means nothing', 'hostname: !name x', 'column 11: the tag is not known'],
    ['an alias of no anchor', 'hostname: *none', 'column 11: no anchor of that name stands before the alias'],
  ])('brings %s back into the editor, with its place in the file', async (_what, line, told) => {
    const mended = [
      `n=$(grep -n -F '${line}' "$f" | cut -d: -f1)`,
      `grep -q -F "#:   line $n, ${told}" "$f" && sed -i "$n"'d; s/server: 2/server: 3/' "$f"`,
    ];
    const script = `if grep -q 'This was wrong' "$f"; then ${mended.join('; ')}; else echo '${line}' >> "$f"; fi`;
    expect(await shell.run(['app', 'edit', app, '--yes'], editor(script))).toMatchObject({ code: 0 });
    expect(await specOf()).toMatchObject({ containers_per: { server: 3 }, revision: 2 });
  });

  it('refuses an editor that needs a terminal where there is none', async () => {
    expect(await shell.run(['app', 'edit', app], { env: { EDITOR: 'vim' } })).toMatchObject({ code: 2 });
  });
});

describe('nebulactl goes through the history', () => {
  it('lists revisions with who and why, compares them, and goes back to one', async () => {
    await shell.run(['app', 'set', app, '--image', 'shop:42', '--yes', '--reason', 'build 42']);
    const history = await shell.run(['app', 'history', app]);
    expect(history.code).toBe(0);
    expect(history.stdout.replaceAll(/\d+s ago/g, '0s ago')).toBe(
      'REVISION   CHANGE    WHO      WHEN     REASON\n' +
        '2          changed   anyone   0s ago   build 42\n' +
        '1          created   anyone   0s ago   -\n',
    );
    expect((await shell.run(['app', 'history', app, '-o', 'name'])).stdout).toBe('2\n1\n');
    const diff = '- docker_image: shop:41\n+ docker_image: shop:42\n';
    expect(await shell.run(['app', 'diff', app])).toEqual({ code: 0, stdout: diff, stderr: '' });
    expect(await shell.run(['app', 'diff', app, '--from', '1', '--to', '2'])).toMatchObject({ stdout: diff });
    expect((await shell.run(['app', 'get', app, '--revision', '1'])).stdout).toContain(
      'docker_image: shop:41\n',
    );
    const back = await shell.run(['app', 'rollback', app, '--to', '1', '--yes']);
    expect(back).toMatchObject({ code: 0, stderr: expect.stringContaining('+ docker_image: shop:41') });
    expect(await specOf()).toMatchObject({ docker_image: 'shop:41', revision: 3 });
  });

  it('goes back to the one before when it is not told where to, and not to what never was', async () => {
    await shell.run(['app', 'set', app, '--image', 'shop:42', '--yes']);
    expect(await shell.run(['app', 'rollback', app, '--yes'])).toMatchObject({ code: 0 });
    expect(await specOf()).toMatchObject({ docker_image: 'shop:41', revision: 3 });
    expect(await shell.run(['app', 'rollback', app, '--to', '99', '--yes'])).toMatchObject({ code: 1 });
    expect(await shell.run(['app', 'rollback', app, '--to', 'x', '--yes'])).toMatchObject({
      code: 2,
      stderr: 'Error: --to must be the number of a revision, not "x"\n',
    });
  });
});
