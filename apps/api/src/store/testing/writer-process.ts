import { writeSync } from 'node:fs';
import type { Stores } from './database-under-test.js';
import { recordOf, specOf } from './records.js';

/**
 * Writes without an end, two changes to each app, and says each that was acknowledged as a line
 * `<name> <revision>`, until it is killed. Arguments: the module that opens the database, and its options.
 */
async function write(module: string, options: string): Promise<void> {
  const { openStores } = (await import(module)) as { openStores: (options: unknown) => Promise<Stores> };
  const { apps } = await openStores(JSON.parse(options));
  for (let number = 0; ; number += 1) {
    const app = `app-${number}`;
    const first = recordOf(app);
    if (!(await apps.insert(first))) throw new Error(`${app} is there already`);
    writeSync(1, `${app} 1\n`);
    const second = { ...first, revision: 2, spec: specOf(app, { docker_image: 'shop:2' }) };
    if (!(await apps.replace(second, 1))) throw new Error(`${app} was changed by another`);
    writeSync(1, `${app} 2\n`);
  }
}

const [, , module = '', options = ''] = process.argv;
await write(module, options);
