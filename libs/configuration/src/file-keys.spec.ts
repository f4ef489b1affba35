import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keysWithoutEffect } from './index.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'configuration-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('what the first generation had and nothing reads is told, wherever it is set', () => {
  const file = join(folder, 'conf.json');
  writeFileSync(file, JSON.stringify({ basic_auth_password: 'hunter2', rabbit_host: 'rabbit' }));
  expect(keysWithoutEffect({ CONF_FILE: file, BASIC_AUTH_USER: 'admin', REGISTRY_HOST: 'registry' })).toEqual(
    ['basic_auth_user', 'basic_auth_password'],
  );
});
