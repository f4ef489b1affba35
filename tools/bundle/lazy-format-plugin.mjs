/**
 * Lets the loggers of Nest make their format of dates when they write a date. They make it when they are loaded, also
 * in a program that never logs with them, and the first format of dates in a process looks through what ICU knows of
 * all languages: 8 MB resident.
 */
import { readFile } from 'node:fs/promises';

const EAGER = /(const|static) dateTimeFormatter = (new Intl\.DateTimeFormat\([^)]*\));/;
const LAZY = '$1 dateTimeFormatter = { format: (date) => $2.format(date) };';

/** @type {import('esbuild').Plugin} */
export const lazyFormatPlugin = {
  name: 'lazy-format',
  setup(build) {
    const filter = /\/@nestjs\/common\/services\/(console-)?logger\.service\.js$/;
    build.onLoad({ filter }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      if (!EAGER.test(source)) throw new Error(`${path} has no format of dates of the form ${EAGER.source}`);
      return { contents: source.replace(EAGER, LAZY) };
    });
  },
};
