import { NUMBERS } from './arguments.mjs';

/** What each number is. @type {Record<keyof typeof NUMBERS, string>} */
const MEANING = {
  consumers: 'most connections that follow the stream of an app',
  changes: 'how many are measured with each number of consumers',
  containers: 'on the worker whose memory is measured',
  starts: 'how often the start of a worker is measured',
  workers: 'that report once a minute',
  'report-seconds': 'so long they do, with each database',
  apps: 'that are verified',
};

/** @returns {string} what --help prints */
export function fleetHelp() {
  const numbers = Object.entries(NUMBERS).map(([name, { whole, quick }]) => {
    const meaning = MEANING[/** @type {keyof typeof NUMBERS} */ (name)];
    return `  ${`--${name} N`.padEnd(20)} ${meaning}; default ${whole}, quick ${quick}`;
  });
  return `Usage: npm run bench:fleet [-- PART... OPTION...]

Measures what a fleet costs, against the raw broker and the bare database in the same run: a table on the terminal,
and JSON. It makes brokers, databases, a Docker Engine and processes of its own, all on this machine, and removes
them, after Ctrl-C too. Nothing else should run meanwhile. All of it takes under half an hour, with --quick under 2 minutes;
docs/benchmarks.md says what each figure means.

Parts (all of them when none is named)
  publish        from a request to the broker's confirmation, with none to all of the consumers connected
  fan-out        until the last consumer had a change; all of them dropped at once; memory of the broker for each
  worker         memory and start of the bundled worker with containers
  reports        heartbeats into SQLite and MongoDB, and how quickly the status of an app is answered meanwhile
  verification   one comparison of all apps in the database with their streams

Options
  --quick              small numbers, to see whether it works
${numbers.join('\n')}
  --json PATH          where the result is written, default .test/bench-fleet.json
  -h, --help           print this

When standard output is not a terminal, the JSON goes there and all else to standard error:
  npm run -s bench:fleet -- publish > publish.json

The Docker Engine of the part worker is the one at NEBULA_TEST_DOCKER_HOST when that is set, else one of our own.
The database is the one at MONGO_URL when that is set, else a mongod or FerretDB of our own; the result says which.

Exit codes
  0    measured, and every limit is met
  1    measured, and a limit is not met
  2    unknown part or option, or a value that can't be
  3    something could not be measured, or what was made could not be removed
  130  ended by a signal; what was made is removed
`;
}
