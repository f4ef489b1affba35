import { EXIT, readCommandLine, runProgram } from '@nebula/lifecycle';
import { loadApiConfiguration } from './program/configuration.js';
import { apiHelp } from './program/help.js';
import { runApi } from './program/run-api.js';
import { runRotateSecrets } from './program/run-rotate-secrets.js';
import { runSetup } from './program/run-setup.js';
import { loadSetupConfiguration } from './program/setup-configuration.js';

await runProgram(async (signals) => {
  const called = readCommandLine(process.argv.slice(2), ['serve', 'setup-broker', 'rotate-secrets']);
  if (called.kind === 'help') {
    process.stdout.write(apiHelp());
    return EXIT.stopped;
  }
  switch (called.command) {
    case 'serve':
      return await runApi(loadApiConfiguration(), signals);
    case 'rotate-secrets':
      return await runRotateSecrets(loadApiConfiguration());
    case 'setup-broker':
      return await runSetup(loadSetupConfiguration());
  }
});
