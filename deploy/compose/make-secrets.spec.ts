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
  ...['admin_password', 'mongo_password', 'mongo_url', 'rabbit_admin_password', 'rabbit_api_password'],
  ...['rabbit_worker_password', 'secret_keys'],
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
function makeSecrets(): Record<string, { mode: number; text: string }> {
  execFileSync('sh', ['-s', folder], { input: SCRIPT, cwd: folder, ...NOBODY });
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
    for (const { mode, text } of Object.values(made)) {
      expect(mode).toBe(0o444);
      expect(text.length).toBeGreaterThan(40);
    }
    expect(made['mongo_url']?.text).toContain(`:${made['mongo_password']?.text}@`);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(makeSecrets()).toEqual(made);
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
