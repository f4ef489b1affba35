/**
 * The app that tests and benchmarks ask through a load balancer while it is changed.
 */

/** Until one of its replicas answers. */
const START_SECONDS = 2;

/** Inside the containers of the app. */
const PORT = 8080;

/**
 * A program that takes its time to start, as most do, and answers what it has begun before it ends. An answer under
 * `/long` begins at once and ends when the rest of its request has come.
 */
const PROGRAM = `
const { createServer } = require('node:http');
const { HELLO_VERSION, NEBULA_REPLICA, PORT } = process.env;
const line = 'Hello from shop, version ' + HELLO_VERSION + ', replica ' + NEBULA_REPLICA + '\\n';
const server = createServer((request, response) => {
  response.writeHead(200, { connection: 'close' });
  if (request.url !== '/long') return response.end(line);
  response.write('begun ');
  request.on('data', () => response.end('ended'));
});
process.on('SIGTERM', () => server.close(() => process.exit(0)));
setTimeout(() => server.listen(Number(PORT)), ${START_SECONDS} * 1000);
`;

/**
 * The app as a user of the api writes it. Its updates are rolling, and a replica is ready when it has had time to start
 * and to be found by the load balancer.
 * @param {object} app
 * @param {string} app.name
 * @param {string} app.image one of those of the example app
 * @param {number} app.replicas
 * @param {number} app.hostPort the first of so many on the server; nobody asks them there but the engine
 */
export function balancedApp({ name, image, replicas, hostPort }) {
  return {
    app_name: name,
    docker_image: image,
    containers_per: { server: replicas },
    starting_ports: [{ [hostPort]: PORT }],
    command: ['/bin/node', '-e', PROGRAM],
    env_vars: { PORT: String(PORT) },
    update: { strategy: 'rolling', min_ready_seconds: 2 * START_SECONDS },
  };
}

/**
 * @param {number} replicas
 * @param {number} version of the image
 * @returns {Set<string>} what the replicas answer, each another text
 */
export function answersOf(replicas, version) {
  const answer = (/** @type {unknown} */ _, /** @type {number} */ index) =>
    `Hello from shop, version ${version}, replica ${index + 1}\n`;
  return new Set(Array.from({ length: replicas }, answer));
}

/**
 * Asks so often that each replica behind the load balancer has its turn.
 * @param {string} url
 * @returns {Promise<Set<string>>} the different answers
 */
export async function answersAt(url) {
  return new Set(await Promise.all(Array.from({ length: 40 }, async () => (await fetch(url)).text())));
}

/**
 * @param {string} url of the load balancer
 * @param {number} replicas
 * @param {number} version of the image
 * @returns {Promise<boolean>} whether all of these answer and nobody else; not when somebody can't be asked
 */
export async function allAnswer(url, replicas, version) {
  /** @type {Set<string>} */
  const nobody = new Set();
  const wanted = answersOf(replicas, version);
  const there = await answersAt(url).catch(() => nobody);
  return there.size === wanted.size && [...there].every((answer) => wanted.has(answer));
}
