/**
 * npm run generate: writes anew what follows from the sources of the api: the OpenAPI document and the SDK.
 */
import { prepare } from '../start/prepare.mjs';
import { runNode } from '../test/run-command.mjs';
import { WRITE_GENERATED } from './write-command.mjs';

await prepare({ build: false });
const { code } = await runNode([...WRITE_GENERATED], { show: true });
process.exitCode = code ?? 1;
