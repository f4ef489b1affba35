import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promtool } from './prometheus.mjs';

const FOLDER = join(import.meta.dirname, '..', '..', 'deploy', 'monitoring');
const say = (line: string) => void process.stderr.write(`${line}\n`);
/** Prometheus may have to be installed first. */
const LIMIT = 600_000;

it(
  'the alert rules and the scrape configuration are ones that Prometheus takes',
  async () => {
    expect(await promtool(['check', 'rules', '--lint-fatal', 'alerts.yaml'], FOLDER, say)).toMatchObject({
      code: 0,
    });
    // Whether the file with the token is there is for the server to say.
    expect(await promtool(['check', 'config', '--syntax-only', 'prometheus.yml'], FOLDER)).toMatchObject({
      code: 0,
    });
  },
  LIMIT,
);

it(
  'each alert fires when it should, and not when all is well',
  async () => {
    expect(await promtool(['test', 'rules', 'alerts.test.yaml'], FOLDER)).toMatchObject({ code: 0 });
    const rules = readFileSync(join(FOLDER, 'alerts.yaml'), 'utf8');
    const names = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
    const tried = readFileSync(join(FOLDER, 'alerts.test.yaml'), 'utf8');
    expect(names.length).toBeGreaterThan(10);
    const fires = (name: string) => tried.includes(`labels: 'ALERTS{alertname="${name}"`);
    expect(names.filter((name) => !fires(name))).toEqual([]);
  },
  LIMIT,
);
