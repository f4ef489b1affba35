import { EXIT, readCommandLine, runProgram } from '@nebula/lifecycle';
import { loadWorkerConfiguration } from './program/configuration.js';
import { workerHelp } from './program/help.js';
import { runWorker } from './program/run-worker.js';

await runProgram(async (signals) => {
  const called = readCommandLine(process.argv.slice(2), ['run']);
  if (called.kind === 'help') {
    process.stdout.write(workerHelp());
    return EXIT.stopped;
  }
  return await runWorker(loadWorkerConfiguration(), signals);
});
