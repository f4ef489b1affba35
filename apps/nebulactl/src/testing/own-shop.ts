import type { ApiUnderTest } from '../../../api/src/testing/api-under-test.js';
import { CommandLine } from './command-line.js';

let made = 0;

/** An app for one test alone, at revision 1, with two containers on each server, and a command line that speaks to its api. */
export async function ownShop(api: ApiUnderTest): Promise<{ app: string; shell: CommandLine }> {
  made += 1;
  const app = `shop${made}`;
  await api.create(app, {
    docker_image: 'shop:41',
    env_vars: { A: '1', C: 'x' },
    containers_per: { server: 2 },
  });
  return { app, shell: new CommandLine({ NEBULA_URL: api.url }) };
}
