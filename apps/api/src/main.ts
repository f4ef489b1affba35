import { EXIT, readCommandLine, runProgram } from '@nebula/lifecycle';
import { loadApiConfiguration } from './program/configuration.js';
import { apiHelp } from './program/help.js';
import { runApi } from './program/run-api.js';
import { loadStoreConfiguration, runBackup, runRestore } from './program/run-backup.js';
import { runRotateSecrets } from './program/run-rotate-secrets.js';
import { runSetup } from './program/run-setup.js';
import { loadSetupConfiguration } from './program/setup-configuration.js';

await runProgram(async (signals) => {
  const called = readCommandLine(
    process.argv.slice(2),
    ['serve', 'setup-broker', 'rotate-secrets', 'backup', 'restore'],
    ['backup', 'restore'],
  );
  if (called.kind === 'help') {
    process.stdout.write(apiHelp());
    return EXIT.stopped;
  }
  switch (called.command) {
    case 'serve':
      return await runApi(loadApiConfiguration(), signals);
    case 'rotate-secrets':
      return await runRotateSecrets(loadApiConfiguration());
    case 'backup':
      return await runBackup(loadStoreConfiguration(), called.file ?? '');
    case 'restore':
      return await runRestore(loadStoreConfiguration(), called.file ?? '');
    case 'setup-broker':
      return await runSetup(loadSetupConfiguration());
  }
});
