import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SCRIPT = readFileSync(join(import.meta.dirname, 'make-secrets.sh'));
const NAMES = [
  ...['admin_password', 'mongo_password', 'mongo_url', 'mongo_user', 'rabbit_admin_password'],
  ...['rabbit_api_password', 'rabbit_worker_password', 'secret_keys'],
];

/** Root may write to any file, so that it never meets what others do. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nebula-secrets-'));
  if (NOBODY.uid !== undefined) chownSync(folder, NOBODY.uid, NOBODY.gid);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Answers with the name, mode and text of each file. */
function makeSecrets(environment = {}): Record<string, { mode: number; text: string }> {
  const env = { ...process.env, ...environment };
  execFileSync('sh', ['-s', folder], { input: SCRIPT, cwd: folder, env, ...NOBODY });
  return Object.fromEntries(
    readdirSync(folder).map((name) => {
      const path = join(folder, name);
      return [name, { mode: statSync(path).mode & 0o777, text: readFileSync(path, 'utf8') }];
    }),
  );
}

describe('make-secrets.sh', () => {
  it('makes each secret once, in a folder for nobody else', () => {
    const made = makeSecrets();
    expect(Object.keys(made).sort()).toEqual(NAMES);
    for (const [name, { mode, text }] of Object.entries(made)) {
      expect(mode).toBe(0o444);
      if (name === 'mongo_user') expect(text).toBe('nebula');
      else expect(text.length).toBeGreaterThan(40);
    }
    expect(made['mongo_url']?.text).toContain(`nebula:${made['mongo_password']?.text}@`);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(makeSecrets()).toEqual(made);
  });

  it('makes anew what was put aside, for another user of the database', () => {
    const { mongo_user: _user, mongo_password, mongo_url, ...others } = makeSecrets();
    for (const name of ['mongo_user', 'mongo_password', 'mongo_url']) rmSync(join(folder, name));
    const made = makeSecrets({ MONGO_USER: 'nebula-2' });
    expect(made).toMatchObject(others);
    expect(made['mongo_user']?.text).toBe('nebula-2');
    const { text = '' } = made['mongo_password'] ?? {};
    expect(text).not.toBe(mongo_password?.text);
    expect(mongo_url?.text).not.toContain(text);
    expect(made['mongo_url']?.text).toBe(`mongodb://nebula-2:${text}@mongo:27017/?authSource=admin`);
  });

  it('goes on after a run that was ended before its file got its name', () => {
    const { admin_password: kept, ...made } = makeSecrets();
    rmSync(join(folder, 'mongo_url'));
    const left = join(folder, 'mongo_url.new');
    writeFileSync(left, 'mongodb://');
    if (NOBODY.uid !== undefined) chownSync(left, NOBODY.uid, NOBODY.gid);
    chmodSync(left, 0o444);
    expect(makeSecrets()).toEqual({ ...made, admin_password: kept });
  });
});
