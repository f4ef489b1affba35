import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { CommandLine, type Ended, type Given } from './testing/command-line.js';

let shell: CommandLine;
beforeEach(() => {
  shell = new CommandLine();
});
afterEach(() => {
  shell.remove();
});

/** An api that lets everybody in, at whatever address. */
const anywhere: Given = {
  between: () => Promise.resolve(Response.json({ items: [], next_cursor: null })),
};

async function login(address: string, ...options: string[]): Promise<Ended> {
  return await shell.run(['login', address, '--anonymous', ...options], anywhere);
}

function kept(): { current: string; contexts: Record<string, { url: string }> } {
  return JSON.parse(readFileSync(shell.configuration, 'utf8')) as ReturnType<typeof kept>;
}

const urls = () => Object.fromEntries(Object.entries(kept().contexts).map(([name, { url }]) => [name, url]));

describe('the name that a login gives a context', () => {
  it.each([
    ['https://nebula.example.com/', 'nebula.example.com'],
    ['http://127.0.0.1:8000', '127.0.0.1-8000'],
    ['http://[::1]:8000', '1-8000'],
    ['https://[fd00::7]', 'fd00-7'],
    ['https://lb/eu', 'lb-eu'],
    ['https://lb:8443/eu/west/', 'lb-8443-eu-west'],
    [`https://${'a'.repeat(60)}.${'b'.repeat(20)}`, `${'a'.repeat(60)}.bb`],
    [`https://${'a'.repeat(60)}.b.${'c'.repeat(18)}`, `${'a'.repeat(60)}.b`],
  ])('is of %s the name %s', async (address, name) => {
    expect(await login(address)).toMatchObject({ code: 0 });
    expect(kept().current).toBe(name);
  });

  it('is asked for where there is none, and where another is wrong', async () => {
    expect(await login('http://[::]')).toEqual({
      ...{ code: 2, stdout: '' },
      stderr: 'Error: no name for a context can be made of http://[::]: give it one with --name\n',
    });
    expect(await login('http://lb', '--name', '-x')).toEqual({
      ...{ code: 1, stdout: '' },
      stderr:
        'Error: a context must be called by 1 to 63 letters, digits, "_", "." and "-", not "-x": give another with --name\n',
    });
  });

  it('is the one that the address has already, and of several the current one', async () => {
    for (const name of ['old', 'lb', 'other']) await login('https://lb/eu', '--name', name);
    await shell.run(['context', 'use', 'lb']);
    expect(await login('https://LB:443/eu/')).toMatchObject({ code: 0 });
    expect(kept().current).toBe('lb');
    expect(urls()).toEqual({ old: 'https://lb/eu', lb: 'https://LB:443/eu', other: 'https://lb/eu' });
    // Where none of several is the current one, it would be a guess whose credentials are replaced.
    await login('https://elsewhere');
    const before = kept();
    expect(await login('https://lb/eu')).toMatchObject({
      code: 2,
      stderr: 'Error: https://lb/eu has the contexts old, lb, other: say which with --name\n',
    });
    expect(kept()).toEqual(before);
    await shell.run(['context', 'remove', 'lb']);
    await shell.run(['context', 'remove', 'other']);
    expect(await login('https://lb/eu')).toMatchObject({ code: 0 });
    expect(kept().current).toBe('old');
    expect(Object.keys(urls())).toEqual(['old', 'elsewhere']);
  });

  it('takes no name away from another address, before a password is typed', async () => {
    expect(await login('https://lb')).toMatchObject({ code: 0 });
    expect(await login('https://LB:443/')).toMatchObject({ code: 0 });
    const other = await shell.run(['login', 'http://lb', '--user', 'admin'], {
      ...anywhere,
      isTerminal: true,
    });
    expect(other.code).toBe(2);
    expect(other.stderr).toContain(
      'the context lb is for https://LB:443: give this one another name with --name, or put it in its place with --name lb\n',
    );
    expect(urls()).toEqual({ lb: 'https://LB:443' });
    expect(await login('http://lb', '--name', 'lb')).toMatchObject({ code: 0 });
    expect(urls()).toEqual({ lb: 'http://lb' });
  });
});
