import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FILE_KEYS } from '@nebula/configuration';
import { StartError } from '@nebula/lifecycle';
import { loadStandaloneConfiguration, STANDALONE_KEYS } from './configuration.js';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-configuration-'));
  file = join(folder, 'conf.json');
  await writeFile(file, '{}');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const load = (environment: Record<string, string> = {}) => loadStandaloneConfiguration({ environment, file });

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    load(environment);
  } catch (error) {
    if (error instanceof StartError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadStandaloneConfiguration', () => {
  it('needs nothing to be set', () => {
    expect(load()).toMatchObject({
      state_dir: '.nebula',
      api_host: '127.0.0.1',
      api_port: 8000,
      docker_host: '',
      app_name: [],
      scope: 'default',
    });
  });

  it('may stand in one file with the keys of all other programs, which know its own', async () => {
    // APP_NAME stands in the environment alone.
    expect([...FILE_KEYS, 'app_name']).toEqual(expect.arrayContaining(Object.keys(STANDALONE_KEYS)));
    const others = FILE_KEYS.filter((key) => !(key in STANDALONE_KEYS)).map((key) => [key, 'x']);
    await writeFile(file, JSON.stringify(Object.fromEntries(others)));
    expect(Object.keys(load()).sort()).toEqual(Object.keys(STANDALONE_KEYS).sort());
  });

  it('reads the list of apps from the environment', () => {
    expect(load({ APP_NAME: 'shop, shop-lb' }).app_name).toEqual(['shop', 'shop-lb']);
  });

  it.each(['unix:///run/docker.sock', 'tcp://10.0.0.1:2375'])('takes the engine %s', (host) => {
    expect(load({ DOCKER_HOST: host }).docker_host).toBe(host);
  });

  it.each(['/var/run/docker.sock', 'unix://', 'ssh://host', 'tcp://', 'docker'])(
    'refuses the engine %s in one line',
    (host) => {
      expect(problemsOf({ DOCKER_HOST: host })).toEqual([
        `docker_host is "${host}" but must be unix:///path or tcp://name:port`,
      ]);
    },
  );

  it('names an app that can not be one', () => {
    expect(problemsOf({ APP_NAME: 'shop,Not An App' })).toEqual([
      expect.stringMatching(/^app_name: "Not An App" /),
    ]);
  });

  it('has the rules of the api about who may use it and how it is reached', () => {
    expect(problemsOf({ API_HOST: '0.0.0.0' })).toEqual([
      expect.stringMatching(/^api_host is "0\.0\.0\.0", but no login is configured: .*auth_enabled/),
    ]);
    expect(problemsOf({ TLS_CERT: 'api.pem' })).toEqual([
      'tls_cert and tls_key belong together: set both or none',
    ]);
    const open = { API_HOST: '0.0.0.0', AUTH_ENABLED: 'false', TLS_CERT: 'api.pem', TLS_KEY: 'api.key' };
    expect(load(open)).toMatchObject({
      ...{ api_host: '0.0.0.0', auth_enabled: false, tls_cert: 'api.pem', tls_key: 'api.key' },
    });
    expect(load({ API_HOST: '0.0.0.0', AUTH_TOKEN: 'x'.repeat(32) }).api_host).toBe('0.0.0.0');
  });

  it('has a line for each problem of the file', async () => {
    await writeFile(file, JSON.stringify({ api_prot: 8000, api_port: 70_000 }));
    const problems = problemsOf({});
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/"api_prot" .*did you mean "api_port"\?/);
    expect(problems[1]).toMatch(/api_port .*70000 .*1 to 65535/);
  });
});
