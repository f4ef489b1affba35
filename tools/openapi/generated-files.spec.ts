import { describe, expect, it } from '@jest/globals';
import { differences, presentFiles } from './generated-files.mjs';

const WANTED = new Map([
  ['libs/sdk/openapi.json', '{}'],
  ['libs/sdk/src/generated/index.ts', 'export {};'],
]);

/** What there is: as it has to be, but for these files. */
const present = (changes: Record<string, string | null>) => {
  const files = new Map(WANTED);
  for (const [path, text] of Object.entries(changes)) {
    if (text === null) files.delete(path);
    else files.set(path, text);
  }
  return files;
};

describe('generated files', () => {
  it('that are as they have to be differ in nothing', () => {
    expect(differences(WANTED, present({}))).toEqual([]);
  });

  it.each([
    ['was changed by hand', { 'libs/sdk/openapi.json': '{ }' }, ['libs/sdk/openapi.json']],
    ['is missing', { 'libs/sdk/src/generated/index.ts': null }, ['libs/sdk/src/generated/index.ts']],
    ['nobody generates', { 'libs/sdk/src/generated/old.ts': '' }, ['libs/sdk/src/generated/old.ts']],
    [
      'differs in each of these ways',
      { 'z.ts': 'x', 'libs/sdk/openapi.json': null, 'libs/sdk/src/generated/index.ts': '' },
      ['libs/sdk/openapi.json', 'libs/sdk/src/generated/index.ts', 'z.ts'],
    ],
  ])('are told when one %s', (_what, changes: Record<string, string | null>, told) => {
    expect(differences(WANTED, present(changes))).toEqual(told);
  });

  it('are looked for where they are', async () => {
    const files = await presentFiles();
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(['libs/sdk/openapi.json', 'libs/sdk/src/generated/sdk.gen.ts']),
    );
    expect(files.get('libs/sdk/openapi.json')).toContain('"openapi"');
  });
});
