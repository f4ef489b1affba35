import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { askHelper } from './credential-helper.js';

let folder: string;
const before = { ...process.env };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-helper-'));
});

afterEach(async () => {
  process.env = { ...before };
  await rm(folder, { recursive: true, force: true });
});

it('gets the environment of the worker without its own secrets', async () => {
  const answer = `'{"Username":"%s","Secret":"%s"}' "$AWS_PROFILE" "$RABBIT_PASSWORD$REGISTRY_AUTH_PASSWORD"`;
  const file = join(folder, 'docker-credential-telling');
  await writeFile(file, `#!/bin/sh\nprintf ${answer}\n`);
  await chmod(file, 0o755);
  process.env['PATH'] = `${folder}:/usr/bin:/bin`;
  process.env['AWS_PROFILE'] = 'shop';
  process.env['RABBIT_PASSWORD'] = 'hunter2';
  process.env['REGISTRY_AUTH_PASSWORD'] = 'hunter3';
  expect(await askHelper('telling', 'registry.example')).toEqual({ username: 'shop', password: '' });
});
