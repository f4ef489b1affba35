import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContextFile, type Contexts } from './context-file.js';

let folder: string;
let file: ContextFile;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nebulactl-contexts-'));
  file = new ContextFile(join(folder, 'nebula', 'nebulactl.json'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Adds a context, as a login does. */
function adding(name: string): (before: Contexts) => Contexts {
  return ({ contexts }) => ({ current: name, contexts: { ...contexts, [name]: { url: `http://${name}` } } });
}

const names = () => Object.keys(file.read().contexts);
const lock = () => `${file.path}.lock`;

describe('the file of contexts', () => {
  it('keeps what all have added who did it at the same time, and nothing beside it', async () => {
    const all = ['a', 'b', 'c', 'd', 'e'];
    await Promise.all(all.map((name) => file.update(adding(name))));
    expect(names().sort()).toEqual(all);
    expect(readdirSync(join(folder, 'nebula'))).toEqual(['nebulactl.json']);
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
  });

  it('is read anew when another who was at it has ended', async () => {
    await file.update(adding('a'));
    writeFileSync(lock(), 'another');
    const updating = file.update(adding('c'));
    // As the other one does it meanwhile.
    writeFileSync(file.path, JSON.stringify(adding('b')(file.read())));
    rmSync(lock());
    await updating;
    expect(names()).toEqual(['a', 'b', 'c']);
  });

  it('is taken from one who was at it and has died', async () => {
    const impatient = new ContextFile(file.path, 50);
    await file.update(adding('a'));
    writeFileSync(lock(), 'dead');
    await impatient.update(adding('b'));
    expect(names()).toEqual(['a', 'b']);
    expect(existsSync(lock())).toBe(false);
  });

  it('stays as it was, and free, where a change of it fails', async () => {
    await file.update(adding('a'));
    const failing = file.update(() => {
      throw new Error('no such context');
    });
    await expect(failing).rejects.toThrow('no such context');
    await file.update(adding('b'));
    expect(names()).toEqual(['a', 'b']);
  });

  it('that is a link stays one, also to what is not there yet', async () => {
    const real = join(folder, 'dotfiles', 'contexts.json');
    mkdirSync(join(folder, 'nebula'));
    mkdirSync(join(folder, 'dotfiles'));
    symlinkSync(join('..', 'contexts.json'), file.path);
    symlinkSync(join('dotfiles', 'contexts.json'), join(folder, 'contexts.json'));
    for (const name of ['a', 'b']) await file.update(adding(name));
    for (const link of [file.path, join(folder, 'contexts.json')])
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(new ContextFile(real).read()).toEqual(file.read());
    expect(names()).toEqual(['a', 'b']);
    expect(readdirSync(join(folder, 'dotfiles'))).toEqual(['contexts.json']);
    expect(statSync(real).mode & 0o777).toBe(0o600);
  });

  it('that can not be written is told', async () => {
    writeFileSync(join(folder, 'nebula'), 'no folder');
    await expect(file.update(adding('a'))).rejects.toThrow(/^the contexts can't be (read|written): /);
  });
});
