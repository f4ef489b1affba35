/**
 * Writes the OpenAPI document and the SDK anew; with `--check` it says instead which files would change, and ends with 1
 * when any would. It reads the sources, so nothing has to be built: `npm run generate` starts it as it has to be.
 */
import { differences, presentFiles, wantedFiles, writeFiles } from './generated-files.mjs';

const [wanted, present] = await Promise.all([wantedFiles(), presentFiles()]);
const changed = differences(wanted, present);
if (changed.length === 0) {
  console.log('The OpenAPI document and the SDK are as the api is.');
} else if (process.argv.includes('--check')) {
  console.error(
    `The api has changed, and these files don't say so:\n\n  ${changed.join('\n  ')}\n\nRun: npm run generate`,
  );
  process.exitCode = 1;
} else {
  await writeFiles(wanted);
  console.log(`Written:\n  ${changed.join('\n  ')}`);
}
