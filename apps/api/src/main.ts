import { EXIT, readCommandLine, runProgram } from '@nebula/lifecycle';
import { loadApiConfiguration } from './program/configuration.js';
import { apiHelp } from './program/help.js';
import { runApi } from './program/run-api.js';
import {
  loadRestoreConfiguration,
  loadStoreConfiguration,
  runBackup,
  runRestore,
  WITHOUT_KEYS,
} from './program/run-backup.js';
import { runRotateSecrets } from './program/run-rotate-secrets.js';
import { runSetup } from './program/run-setup.js';
import { loadSetupConfiguration } from './program/setup-configuration.js';

await runProgram(async (signals) => {
  const called = readCommandLine(
    process.argv.slice(2),
    ['serve', 'setup-broker', 'rotate-secrets', 'backup', 'restore'],
    { files: ['backup', 'restore'], options: { restore: [WITHOUT_KEYS] } },
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
      return await runRestore(loadRestoreConfiguration(), called.file ?? '', {
        withoutKeys: called.options?.includes(WITHOUT_KEYS) ?? false,
      });
    case 'setup-broker':
      return await runSetup(loadSetupConfiguration());
  }
});
