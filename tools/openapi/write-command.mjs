import { join } from 'node:path';

const REGISTER = join(
  import.meta.dirname,
  '..',
  '..',
  'apps',
  'api',
  'src',
  'testing',
  'register-typescript.mjs',
);

/** What node is called with to write, or with `--check` behind it to compare: it runs the sources of the api. */
export const WRITE_GENERATED = [
  '--conditions=source',
  '--import',
  REGISTER,
  join(import.meta.dirname, 'write-generated.mjs'),
];
