import { describe, expect, it } from '@jest/globals';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promtool } from './prometheus.mjs';

const FOLDER = join(import.meta.dirname, '..', '..', 'deploy', 'monitoring');
const say = (line: string) => void process.stderr.write(`${line}\n`);
/** Prometheus may have to be installed first. */
const LIMIT = 600_000;

/** The promtool of Debian is built without Kubernetes and doesn't know the block that finds pods. */
function withoutKubernetes(text: string): string {
  const block = /^ {4}kubernetes_sd_configs:\n(?: {6}.*\n)+/gm;
  return text.replace(block, '    static_configs: [{ targets: ["pod:80"] }]\n');
}

it(
  'the alert rules are ones that Prometheus takes',
  async () => {
    expect(await promtool(['check', 'rules', '--lint-fatal', 'alerts.yaml'], FOLDER, { say })).toMatchObject({
      code: 0,
    });
  },
  LIMIT,
);

describe.each(['prometheus.yml', 'prometheus.compose.yml', 'prometheus.kubernetes.yml'])('%s', (file) => {
  const text = readFileSync(join(FOLDER, file), 'utf8');

  it(
    'is a scrape configuration that Prometheus takes',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'nebula-scrape-'));
      try {
        writeFileSync(join(folder, file), withoutKubernetes(text));
        copyFileSync(join(FOLDER, 'alerts.yaml'), join(folder, 'alerts.yaml'));
        // Whether the file with the token is there is for the server to say.
        const checked = await promtool(['check', 'config', '--syntax-only', file], folder, { say });
        expect(checked).toMatchObject({ code: 0 });
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    LIMIT,
  );

  it('has the jobs that rules and dashboard know', () => {
    const jobs = text.matchAll(/- job_name: (\S+)/g);
    expect([...jobs].map(([, name]) => name)).toEqual(['nebula-api', 'nebula-worker']);
  });
});

it('the pods of the chart are found by labels and ports that they have', () => {
  const text = readFileSync(join(FOLDER, 'prometheus.kubernetes.yml'), 'utf8');
  const chart = (file: string) => readFileSync(join(FOLDER, '..', 'helm', 'nebula', file), 'utf8');
  expect(chart('Chart.yaml')).toMatch(/^name: nebula$/m);
  for (const [template, component, port] of [
    ['templates/api-deployment.yaml', 'api', 'http'],
    ['templates/worker-daemonset.yaml', 'worker', 'health'],
  ] as const) {
    const job = text.split('- job_name: ').find((part) => part.startsWith(`nebula-${component}\n`));
    expect(job).toContain(`"app.kubernetes.io/name=nebula,app.kubernetes.io/component=${component}"`);
    expect(job).toContain(`regex: ${port},`);
    expect(chart(template)).toContain(`"nebula.labels" (list . "${component}")`);
    expect(chart(template)).toMatch(new RegExp(`ports:\n +- name: ${port}\n`));
  }
});

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
