/**
 * Leaves out of a bundle what no service of ours uses: of dockerode building (with BuildKit and from a folder) and
 * engines behind SSH, of Nest the pipe that validates with all of class-validator, of class-validator phone numbers,
 * of pino logs in a thread of their own, of prom-client what is more than counters, gauges and histograms, and of the
 * api's bundle SQLite, which needs a binary beside it and is for one machine: `NEBULA_HAS_SQLITE` has the api say so.
 */

/** @type {{ filter: RegExp, importer: RegExp, message: string }[]} */
const LEFT_OUT = [
  { filter: /^\.\/session$/, importer: /\/dockerode\/lib\//, message: 'building with BuildKit' },
  { filter: /^\.\/ssh$/, importer: /\/docker-modem\/lib\//, message: 'an engine behind SSH' },
  {
    filter: /^(tar-fs|@balena\/dockerignore)$/,
    importer: /\/dockerode\//,
    message: 'building from a folder',
  },
  { filter: /^protobufjs/, importer: /./, message: 'building with BuildKit' },
  {
    filter: /^class-(validator|transformer)$/,
    importer: /\/@nestjs\/common\//,
    message: 'the ValidationPipe of Nest',
  },
  { filter: /^libphonenumber-js/, importer: /\/class-validator\//, message: 'the check of phone numbers' },
  { filter: /^@photostructure\/sqlite$/, importer: /./, message: 'SQLite' },
  { filter: /^thread-stream$/, importer: /\/pino\/lib\//, message: 'a log in a thread of its own' },
  {
    filter: /^pino-abstract-transport$/,
    importer: /\/pino-pretty\//,
    message: 'a log in a thread of its own',
  },
  // Both ask for no more than isMainThread, for which what stands in its place is as true as the answer.
  { filter: /^(node:)?worker_threads$/, importer: /\/pino(-pretty)?\/lib\//, message: 'a thread' },
  {
    filter: /^\.\/lib\/(cluster|defaultMetrics|pushgateway|summary)$/,
    importer: /\/prom-client\/index\.js$/,
    message: 'more than counters, gauges and histograms',
  },
];

/** @type {import('esbuild').Plugin} */
export const leanPlugin = {
  name: 'lean',
  setup(build) {
    for (const { filter, importer, message } of LEFT_OUT) {
      build.onResolve({ filter }, (args) =>
        importer.test(args.importer) ? { path: message, namespace: 'left-out' } : undefined,
      );
    }
    build.onLoad({ filter: /./, namespace: 'left-out' }, ({ path }) => ({
      contents: [
        `function leftOut() { throw new Error(${JSON.stringify(`${path} is not part of this bundle`)}); }`,
        'module.exports = new Proxy(leftOut, { get: (target, name) => (name === "__esModule" ? false : target) });',
      ].join('\n'),
    }));
  },
};
