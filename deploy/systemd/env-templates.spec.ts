import { expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DEPLOY = join(import.meta.dirname, '..');
const templates = readdirSync(DEPLOY, { recursive: true, encoding: 'utf8' }).filter((path) =>
  /(\.env|\/\.env\.example)$/.test(path),
);

it('there are templates of environments', () => {
  expect(templates.sort()).toEqual(['compose/.env.example', 'systemd/api.env', 'systemd/worker.env']);
});

it.each(templates)('%s has no comment behind a value, which systemd would take for a part of it', (path) => {
  const lines = readFileSync(join(DEPLOY, path), 'utf8').split('\n');
  expect(lines.filter((line) => /^#?[A-Z][A-Z0-9_]*=.*#/.test(line))).toEqual([]);
});
