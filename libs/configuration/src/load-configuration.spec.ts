import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, describeKeys, type KeyTable, loadConfiguration } from './index.js';

interface Example {
  name: string;
  port: number;
  share: number;
  verbose: boolean;
  apps: string[];
  level: 'info' | 'warn';
  password: string;
  token: number;
  keys: string[];
}

const KEYS: KeyTable<Example> = {
  name: { kind: 'string', required: true, description: 'what it is called' },
  port: { kind: 'integer', default: 8000, min: 1, max: 65_535, description: 'port to listen on' },
  share: { kind: 'number', default: 0.5, min: 0, description: 'share of the machine' },
  verbose: { kind: 'boolean', default: false, description: 'say more' },
  apps: { kind: 'list', default: [], env_only: true, description: 'apps to run' },
  level: { kind: 'string', default: 'info', allowed: ['info', 'warn'], description: 'least severe line' },
  password: { kind: 'string', default: 'changeme', secret: true, description: 'password of the broker' },
  token: { kind: 'integer', default: 1, secret: true, description: 'a secret number' },
  keys: { kind: 'list', default: [], secret: true, description: 'secret keys' },
};

const DEFAULTS: Example = {
  name: 'n',
  port: 8000,
  share: 0.5,
  verbose: false,
  apps: [],
  level: 'info',
  password: 'changeme',
  token: 1,
  keys: [],
};

let folder: string;
let written = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'configuration-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(content: unknown): string {
  const path = join(folder, `conf-${++written}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function load(environment: Record<string, string>, content: unknown = {}): Example {
  return loadConfiguration(KEYS, { environment, file: fileWith(content) });
}

function problems(environment: Record<string, string>, content: unknown = {}): string[] {
  try {
    load(environment, content);
  } catch (error) {
    if (error instanceof ConfigurationError) {
      expect(error.message).toBe(error.problems.join('\n'));
      return error.problems.map((line) => line.replaceAll(/\S*conf-\d+\.json/g, 'conf.json'));
    }
    throw error;
  }
  return [];
}

describe('values', () => {
  it.each<[string, Record<string, string>, unknown, Partial<Example>]>([
    ['defaults', { NAME: 'n' }, {}, {}],
    [
      'the environment',
      { NAME: 'n', PORT: '9', SHARE: '1.5e0', VERBOSE: 'true' },
      {},
      { port: 9, share: 1.5, verbose: true },
    ],
    ['the file', {}, { name: 'n', port: 9, verbose: true }, { port: 9, verbose: true }],
    ['the environment over the file', { NAME: 'n', PORT: '9' }, { name: 'f', port: 10 }, { port: 9 }],
    ['an empty variable as none', { NAME: '', PORT: '' }, { name: 'n', port: 10 }, { port: 10 }],
    ['a list with blanks', { NAME: 'n', APPS: ' a, b,,c ' }, {}, { apps: ['a', 'b', 'c'] }],
    ['0 and 1 as booleans', { NAME: 'n', VERBOSE: '1' }, {}, { verbose: true }],
    ['unknown variables as none of ours', { NAME: 'n', PORTS: 'x', HOME: '/' }, {}, {}],
    [
      'a wrong value in the file that the environment covers',
      { NAME: 'n', PORT: '9' },
      { port: 'x' },
      { port: 9 },
    ],
  ])('takes %s', (_case, environment, content, expected) => {
    expect(load(environment, content)).toEqual({ ...DEFAULTS, ...expected });
  });

  it('gives a default list that callers may change', () => {
    load({ NAME: 'n' }).apps.push('x');
    expect(load({ NAME: 'n' }).apps).toEqual([]);
  });
});

describe('the file', () => {
  it('is the one that CONF_FILE names', () => {
    const environment = { CONF_FILE: fileWith({ name: 'from-file' }) };
    expect(loadConfiguration(KEYS, { environment }).name).toBe('from-file');
  });

  it('is conf.json in the working directory, which may be missing', () => {
    const before = process.cwd();
    const directory = mkdtempSync(join(folder, 'cwd-'));
    try {
      process.chdir(directory);
      expect(loadConfiguration(KEYS, { environment: { NAME: 'n' } })).toEqual(DEFAULTS);
      writeFileSync('conf.json', '{"port": 9}');
      expect(loadConfiguration(KEYS, { environment: { NAME: 'n' } }).port).toBe(9);
    } finally {
      process.chdir(before);
    }
  });

  it('must be there when it is named', () => {
    const environment = { NAME: 'n', CONF_FILE: join(folder, 'none.json') };
    expect(() => loadConfiguration(KEYS, { environment })).toThrow(/none\.json can't be read \(ENOENT\)/);
  });

  it('may hold keys of other programs', () => {
    const file = fileWith({ name: 'n', mongo_url: 'mongodb://m' });
    expect(loadConfiguration(KEYS, { environment: {}, file, otherKeys: ['mongo_url'] })).toEqual(DEFAULTS);
  });

  it.each([
    ['{"name": "n",\n "password": hunter2}', /^conf\.json is not valid JSON/],
    ['{"password": "hunter2"', /^conf\.json is not valid JSON \(line 1, column 23\)$/],
    ['["hunter2"]', /^conf\.json must hold one JSON object/],
    ['null', /^conf\.json must hold one JSON object/],
  ])('is refused as %s, without its text', (text, message) => {
    const lines = problems({ NAME: 'n' }, text);
    expect(lines).toEqual([expect.stringMatching(message)]);
    expect(lines.join()).not.toContain('hunter2');
  });
});

describe('a secret in a file', () => {
  function secretFile(text: string): string {
    const path = join(folder, `secret-${++written}`);
    writeFileSync(path, text);
    return path;
  }

  it.each([
    ['hunter2', 'hunter2'],
    ['hunter2\n', 'hunter2'],
    ['hunter2\r\n', 'hunter2'],
    [' hunter 2 \n', ' hunter 2 '],
  ])('%j is read without the end of its line', (text, password) => {
    expect(load({ NAME: 'n', PASSWORD_FILE: secretFile(text) }, { password: 'f' }).password).toBe(password);
  });

  it.each(['a,b,c', 'a\nb\nc\n', 'a\r\n b \r\n\r\nc\r\n', 'a, b\nc'])('%j is a list', (text) => {
    expect(load({ NAME: 'n', KEYS_FILE: secretFile(text) }).keys).toEqual(['a', 'b', 'c']);
  });

  it('is of the kind that the key says', () => {
    expect(load({ NAME: 'n', TOKEN_FILE: secretFile('7\n') }).token).toBe(7);
    expect(problems({ NAME: 'n', TOKEN_FILE: secretFile('hunter2') })).toEqual([
      'TOKEN_FILE has a value that is not allowed; it must be a whole number (a secret number)',
    ]);
  });

  it('is no secret of ours where the key is none, and none where the variable is empty', () => {
    const environment = { NAME: 'n', LEVEL_FILE: '/none', PASSWORD_FILE: '' };
    expect(load(environment)).toEqual(DEFAULTS);
  });

  it('must be there, have something in it, and be the only one', () => {
    const none = join(folder, 'no-secret');
    expect(problems({ NAME: 'n', PASSWORD_FILE: none })).toEqual([
      `PASSWORD_FILE: ${none} can't be read (ENOENT)`,
    ]);
    const empty = secretFile('\n');
    expect(problems({ NAME: 'n', PASSWORD_FILE: empty })).toEqual([
      'PASSWORD_FILE: the file is empty but must hold text (password of the broker)',
    ]);
    expect(problems({ NAME: 'n', PASSWORD: 'p', PASSWORD_FILE: secretFile('q') })).toEqual([
      'PASSWORD and PASSWORD_FILE are both set; set one of them',
    ]);
  });

  it('is not shown where it is given in place of the name of the file', () => {
    for (const text of ['hunter2', 'hunter2\nhunter2', 'a/b'])
      expect(problems({ NAME: 'n', PASSWORD_FILE: text })).toEqual([
        'PASSWORD_FILE must be the path of a file that can be read',
      ]);
  });
});

describe('problems', () => {
  it.each<[Record<string, string>, unknown, string]>([
    [{ PORT: 'http' }, {}, 'PORT is "http" but must be a whole number, 1 to 65535 (port to listen on)'],
    [
      { PORT: 'amqp://u:hunter2@rabbit:5672' },
      {},
      'PORT is "amqp://[redacted]@rabbit:5672" but must be a whole number, 1 to 65535 (port to listen on)',
    ],
    [
      {},
      { level: `mongodb://u:${'hunter2'.repeat(20)}@db/` },
      'level in conf.json is "mongodb://[redacted]@db/" but must be one of info, warn (least severe line)',
    ],
    [{}, { 'mongodb://u:hunter2@db/': 1 }, '"mongodb://[redacted]@db/" in conf.json is not a known key'],
    [{ PORT: '0' }, {}, 'PORT is "0" but must be a whole number, 1 to 65535 (port to listen on)'],
    [{ PORT: '65536' }, {}, 'PORT is "65536" but must be a whole number, 1 to 65535 (port to listen on)'],
    [{ PORT: '80.5' }, {}, 'PORT is "80.5" but must be a whole number, 1 to 65535 (port to listen on)'],
    [{ PORT: '0x50' }, {}, 'PORT is "0x50" but must be a whole number, 1 to 65535 (port to listen on)'],
    [{ SHARE: '-1' }, {}, 'SHARE is "-1" but must be a number, at least 0 (share of the machine)'],
    [
      { SHARE: 'Infinity' },
      {},
      'SHARE is "Infinity" but must be a number, at least 0 (share of the machine)',
    ],
    [{ VERBOSE: 'maybe' }, {}, 'VERBOSE is "maybe" but must be true or false (say more)'],
    [{ LEVEL: 'loud' }, {}, 'LEVEL is "loud" but must be one of info, warn (least severe line)'],
    [
      {},
      { port: '80' },
      'port in conf.json is "80" but must be a whole number, 1 to 65535 (port to listen on)',
    ],
    [
      {},
      { port: null },
      'port in conf.json is null but must be a whole number, 1 to 65535 (port to listen on)',
    ],
    [{}, { verbose: 'yes' }, 'verbose in conf.json is "yes" but must be true or false (say more)'],
    [{}, { apps: ['a'] }, 'apps in conf.json must be set in the environment instead, as APPS'],
    [{}, { prot: 1 }, '"prot" in conf.json is not a known key; did you mean "port"?'],
    [{}, { Level: 'info' }, '"Level" in conf.json is not a known key; did you mean "level"?'],
    [{}, { something_else: 1 }, '"something_else" in conf.json is not a known key'],
    [{}, '{"__proto__": 1}', '"__proto__" in conf.json is not a known key'],
  ])('%j %j', (environment, content, line) => {
    expect(problems({ NAME: 'n', ...environment }, content)).toEqual([line]);
  });

  it('tells how to set what is missing', () => {
    expect(problems({})).toEqual([
      'name is missing: set NAME or name in conf.json to text (what it is called)',
    ]);
    expect(problems({}, { name: '' })).toHaveLength(1);
  });

  it('tells all of them at once', () => {
    expect(problems({ PORT: 'x', LEVEL: 'y' }, { z: 1 })).toHaveLength(4);
  });

  it('never shows a secret', () => {
    for (const lines of [
      problems({ NAME: 'n', TOKEN: 'hunter2' }),
      problems({ NAME: 'n' }, { token: 'hunter2' }),
    ]) {
      expect(lines).toHaveLength(1);
      expect(lines.join()).toMatch(/token.* must be a whole number/i);
      expect(lines.join()).not.toContain('hunter2');
    }
  });

  it('shortens long values', () => {
    expect(problems({ NAME: 'n', PORT: 'x'.repeat(10_000) }).join().length).toBeLessThan(300);
  });
});

describe('describeKeys', () => {
  it('has names, limits, default and purpose of every key', () => {
    expect(describeKeys(KEYS).split('\n')).toEqual([
      '  name, NAME: text; must be set',
      '      what it is called',
      '  port, PORT: a whole number, 1 to 65535; default 8000',
      '      port to listen on',
      '  share, SHARE: a number, at least 0; default 0.5',
      '      share of the machine',
      '  verbose, VERBOSE: true or false; default false',
      '      say more',
      '  APPS (environment only): a list of texts; not set by default',
      '      apps to run',
      '  level, LEVEL: one of info, warn; default info',
      '      least severe line',
      '  password, PASSWORD (or PASSWORD_FILE): text; has a default',
      '      password of the broker',
      '  token, TOKEN (or TOKEN_FILE): a whole number; has a default',
      '      a secret number',
      '  keys, KEYS (or KEYS_FILE): a list of texts; not set by default',
      '      secret keys',
      '',
    ]);
  });
});
