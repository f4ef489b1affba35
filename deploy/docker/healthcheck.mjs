/**
 * What the images' HEALTHCHECK runs: asks the program in this container whether it is alive, as a load balancer would.
 * It needs nothing but Node. The argument is API or WORKER, with which the variables of host and port begin.
 */
import { request as plain } from 'node:http';
import { request as encrypted } from 'node:https';

/** Below the time-out of the HEALTHCHECK, so that the reason is said. */
const LIMIT_MS = 4_000;

const { env } = process;
const isApi = process.argv[2] === 'API';
const port = Number(isApi ? env['API_PORT'] || 8000 : env['WORKER_PORT'] || 8001);
const host = (isApi ? env['API_HOST'] : env['WORKER_HOST']) || '';
/** Where a program listens that listens everywhere, or was not told where. */
const EVERYWHERE = ['', '0.0.0.0', '::'];
const isEncrypted = isApi && (env['TLS_CERT'] ?? '') !== '';

if (port === 0) {
  console.log('nothing is served, so nothing is asked');
  process.exit(0);
}
const asked = (isEncrypted ? encrypted : plain)(
  {
    host: EVERYWHERE.includes(host) ? '127.0.0.1' : host,
    ...{ port, path: '/healthz', timeout: LIMIT_MS },
    // Whose certificate it is doesn't matter: it is this container's own.
    rejectUnauthorized: false,
  },
  ({ statusCode = 0 }) => {
    console.log(`/healthz answers ${statusCode}`);
    process.exit(statusCode === 200 ? 0 : 1);
  },
);
asked.on('timeout', () => asked.destroy(new Error(`nothing answers within ${LIMIT_MS / 1_000} s`)));
asked.on('error', (error) => {
  console.log(`/healthz: ${error.message}`);
  process.exit(1);
});
asked.end();
