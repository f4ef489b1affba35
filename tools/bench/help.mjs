/** @returns {string} what --help prints */
export function benchHelp() {
  return `Usage: npm run bench [-- PART... OPTION...]

Measures Nebula against the raw thing in the same run: a table on the terminal, and JSON. It makes containers, an
image and processes of its own, and removes them, after Ctrl-C too. Nothing else should run on the machine
meanwhile. All of it takes about 35 minutes; docs/benchmarks.md says what each figure means.

Parts (all of them when none is named)
  containers     first start and replacement, against the raw Docker API at the same parallelism
  rolling        rolling update of all, a fifth of them away at once, against a raw loop that does the same
  load-balancer  requests through HAProxy that fail while an app is updated, rolled and scaled; none may
  start          start of a worker whose containers are right: calls that write, time until it has planned
  api            GET and PATCH of an app, with and without a login, against the bare store operation and a plain route
  status         status of an app that 10,000 workers run, against that of an app of one
  cli            start of nebulactl, against a Node that does nothing
  idle           memory and processor time of the idle process

Options
  --containers N     containers per measurement, default 50
  --rounds N         how often each measurement is made, default 3; figures are medians
  --parallelism N    engine calls at the same time; without it the best of 1, 2, 4, 8, 16 is looked for
  --api-seconds N    length of one load on the api (api, status), default 8
  --idle-seconds N   time over which idle processor time is taken, default 60
  --json PATH        where the result is written, default .test/bench.json
  -h, --help         print this

When standard output is not a terminal, the JSON goes there and all else to standard error:
  npm run -s bench -- api > api.json

The Docker Engine is the one at NEBULA_TEST_DOCKER_HOST when that is set, else one of our own under .test/.

Exit codes
  0    measured, and every limit is met
  1    measured, and a limit is not met
  2    unknown part or option, or a value that can't be
  3    something could not be measured, or what was made could not be removed
  130  ended by a signal; what was made is removed
`;
}
