/**
 * The configuration of an HAProxy that spreads requests over the replicas of apps on one server.
 */

/**
 * @typedef {object} App as `GET /api/v3/apps/{app}` answers it
 * @property {string} app_name
 * @property {(number | string | Record<string, number | string>)[]} [starting_ports]
 * @property {Record<string, number>} [containers_per]
 * @property {(string | { name: string })[]} [networks]
 * @property {App | null} [before] as it was before its container ports were last changed: replicas of then may still run
 */

/**
 * @typedef {object} Settings
 * @property {number | null} replicas servers of each backend; null: as many as `containers_per.server` says
 * @property {string | null} checkPath path that a replica answers with 2xx or 3xx when it is well; null: it is well when
 *   its port can be connected to
 * @property {readonly number[]} [tcp] those ports of the proxy whose connections are passed on as they are; requests of
 *   HTTP are read on the others
 * @property {readonly number[] | null} [listen] ports of the proxy, one for each entry of `starting_ports` with a TCP port,
 *   in that order; null: those that the app has inside its containers
 */

/**
 * How it works: the proxy is in the network of the apps and finds each replica by the name of its container, which
 * Docker's name server knows as long as the container runs. A replica that is replaced has another address afterwards,
 * which is found within a second. The first connection that a replica refuses takes it out until a check reaches it
 * again. A request that a replica did not take, or closed the connection of without a word, is sent to another one; those
 * that may not be repeated (POST, PATCH …) are repeated only when nothing was sent. A request may be tried as often as
 * there are servers: right after a reload all count as well, also those of an earlier port at which nobody listens any
 * more, and the first request can meet one after the other.
 *
 * A proxy that is started or reloaded asks the name server before it takes its first connection (init-addr): until its
 * resolver has answered it would refuse all, and a wait of a whole request in its frontend ends at once. A replica may have
 * two servers, for the port of now and that of before, with one address (allow-dup-ip).
 *
 * @param {readonly App[]} apps
 * @param {Settings} settings
 * @returns {string}
 * @throws {Error} that says what an app lacks
 */
export function haproxyConfig(apps, settings) {
  const services = apps.flatMap((app) => servicesOf(app, settings));
  refuseSharedPorts(services);
  const { tcp = [] } = settings;
  refuseOtherPorts(services, tcp);
  const http = services.filter(({ listen }) => !tcp.includes(listen));
  const plain = services.filter(({ listen }) => tcp.includes(listen));
  return [
    ...[HEAD, ...http.map((service) => httpSection(service, settings))],
    ...(plain.length > 0 ? [TCP, ...plain.map(tcpSection)] : []),
  ].join('');
}

/** Time limits of both kinds. A connection that neither side says anything on for an hour may have nobody there any more. */
const LIMITS = `  timeout connect 2s
  timeout client 60s
  timeout server 60s
  # Of WebSockets, and of all that isn't HTTP.
  timeout tunnel 1h
  timeout client-fin 60s
  timeout queue 10s
  timeout check 2s
  # A replica that goes away in the middle of a connection: the next try is with another one.
  option redispatch 1
`;

const HEAD = `# Made by deploy/haproxy/make-config.mjs. Make it anew rather than change it here.
global
  log stdout format raw local0
  # After a reload the process before finishes what it has, for so long at most.
  hard-stop-after 30m

defaults
  mode http
  log global
  option httplog
  # A client may be about to send when an idle connection is closed, so a reload closes each after its next answer.
  option idle-close-on-response
${LIMITS}  retry-on conn-failure empty-response

# Docker's own name server, inside every network that isn't the default bridge.
resolvers docker
  nameserver docker 127.0.0.11:53
  accepted_payload_size 8192
  timeout resolve 500ms
  timeout retry 500ms
  hold valid 500ms
  hold obsolete 500ms
  hold nx 500ms
  hold other 500ms
  hold refused 500ms
  hold timeout 2s
`;

/** Before the sections whose connections are passed on as they are. */
const TCP = `
defaults
  mode tcp
  log global
  option tcplog
${LIMITS}`;

/** Networks in which a container has no address of its own. */
const FOREIGN = /^(host|none|container:.*)$/;

/**
 * @typedef {object} Service one published port of an app
 * @property {string} name
 * @property {string} app
 * @property {number} listen port of the proxy
 * @property {number[]} ports of the containers: of those of now, and of those of before where they differ
 * @property {number} replicas
 */

/**
 * @param {App} app
 * @param {Settings} settings
 * @returns {Service[]}
 */
function servicesOf(app, { replicas, listen = null }) {
  const { app_name, starting_ports = [], containers_per = {}, networks = [], before = null } = app;
  const foreign = networks.find((item) => typeof item === 'string' && FOREIGN.test(item));
  if (typeof foreign === 'string') {
    throw new Error(
      `${app_name} is in the network "${foreign}", where its replicas have no names of their own`,
    );
  }
  const count = replicas ?? containers_per['server'] ?? containers_per['instance'] ?? null;
  if (count === null) {
    throw new Error(
      `${app_name} has ${JSON.stringify(containers_per)}: say with --replicas how many there are`,
    );
  }
  const ports = containerPorts({ app_name, starting_ports });
  if (ports.length === 0) throw new Error(`${app_name} has no TCP port in starting_ports`);
  const behind = listen
    ? pairedPorts({ app_name, starting_ports }, listen)
    : new Map(ports.map((port) => [port, port]));
  const earlier = before ? earlierPorts({ app_name, starting_ports }, before) : new Map();
  return [...behind].map(([listening, port]) => ({
    name: `${app_name}-${listening}`,
    app: app_name,
    listen: listening,
    ports: [port, ...(earlier.get(port) ?? [])],
    replicas: count,
  }));
}

/**
 * Each port of the proxy with the one behind it: by the entries of `starting_ports`, of which several may lead to one port
 * inside the container.
 *
 * @param {App} app
 * @param {readonly number[]} listen
 * @returns {Map<number, number>}
 * @throws {Error} when they are not as many, or one stands for two
 */
function pairedPorts(app, listen) {
  const entries = tcpPorts(app);
  if (listen.length !== entries.length) {
    const named = entries.map(({ host, port }) => `${host}:${port}`).join(', ');
    throw new Error(
      `${app.app_name} has the TCP ports ${named} in starting_ports, but the load balancer publishes ${listen.join(', ')}: name one for each, in that order`,
    );
  }
  /** @type {Map<number, number>} */
  const behind = new Map();
  for (const [index, { port }] of entries.entries()) {
    const listening = listen[index] ?? port;
    const other = behind.get(listening) ?? port;
    if (other !== port) {
      throw new Error(
        `${app.app_name} has both ${other} and ${port} behind the port ${listening} of the load balancer`,
      );
    }
    behind.set(listening, port);
  }
  return behind;
}

/**
 * What the container ports were before, where that can be told: those of the same host port, else the one at the same
 * place when they are as many. Never one that the app still has: there its replicas serve something else.
 *
 * @param {App} app
 * @param {App} before
 * @returns {Map<number, number[]>} ports of before, by that of now
 */
function earlierPorts(app, before) {
  const [now, then] = [containerPorts(app), containerPorts(before)];
  const gone = new Set(then.filter((port) => !now.includes(port)));
  const byHost = new Map(tcpPorts(before).map(({ host, port }) => [host, port]));
  /** @type {Map<number, number[]>} */
  const earlier = new Map();
  /** @type {(port: number, was: number | undefined) => void} */
  const add = (port, was) => {
    if (was !== undefined && gone.delete(was)) earlier.set(port, [...(earlier.get(port) ?? []), was]);
  };
  for (const { host, port } of tcpPorts(app)) add(port, byHost.get(host));
  if (now.length !== then.length) return earlier;
  for (const [index, port] of now.entries()) {
    const isNew = !then.includes(port) && !earlier.has(port);
    if (isNew) add(port, then[index]);
  }
  return earlier;
}

/**
 * The TCP ports of an app inside its containers, each once.
 *
 * @param {App} app
 */
export function containerPorts(app) {
  return [...new Set(tcpPorts(app).map(({ port }) => port))];
}

/**
 * @param {App} app
 * @returns {{ host: string, port: number }[]} on the server, with its address if it has one, and inside the container
 */
function tcpPorts({ starting_ports = [] }) {
  return starting_ports.flatMap((entry) => {
    const [host, inside] = typeof entry === 'object' ? (Object.entries(entry)[0] ?? []) : [entry, entry];
    const [port, protocol = 'tcp'] = String(inside).split('/');
    return protocol === 'tcp' ? [{ host: String(host).replace(/\/.*/, ''), port: Number(port) }] : [];
  });
}

/** Fewest and most tries of a request after the first. */
const RETRIES = { least: 4, most: 100 };

/** @param {readonly Service[]} services */
function refuseSharedPorts(services) {
  /** @type {Map<number, string>} */
  const owners = new Map();
  for (const { app, listen } of services) {
    const owner = owners.get(listen);
    if (owner !== undefined) throw new Error(`${owner} and ${app} both have the container port ${listen}`);
    owners.set(listen, app);
  }
}

/**
 * @param {readonly Service[]} services
 * @param {readonly number[]} tcp
 */
function refuseOtherPorts(services, tcp) {
  const other = tcp.find((port) => !services.some(({ listen }) => listen === port));
  if (other === undefined) return;
  const ports = services.map(({ listen }) => listen).join(', ');
  throw new Error(`the load balancer has no port ${other}, which --tcp names, but ${ports}`);
}

/**
 * @param {Service} service
 * @param {Settings} settings
 */
function httpSection(service, { checkPath }) {
  return section(service, [
    'http-request disable-l7-retry unless METH_GET or { method HEAD OPTIONS PUT DELETE }',
    ...(checkPath === null ? [] : [`option httpchk GET ${checkPath}`]),
  ]);
}

/** @param {Service} service */
function tcpSection(service) {
  return section(service, []);
}

/**
 * @param {Service} service
 * @param {readonly string[]} options of the backend
 */
function section({ name, app, listen, ports, replicas }, options) {
  const servers = Array.from({ length: replicas }, (_, index) => {
    const replica = `${app}-${index + 1}`;
    return ports.map((port, age) => `  server ${replica}${age === 0 ? '' : `-${port}`} ${replica}:${port}\n`);
  });
  return `
frontend ${name}
  bind :${listen}
  default_backend ${name}

backend ${name}
  balance roundrobin
  retries ${Math.min(RETRIES.most, Math.max(RETRIES.least, replicas * ports.length))}
${options.map((option) => `  ${option}\n`).join('')}  default-server check inter 1s fastinter 500ms downinter 500ms fall 3 rise 1 observe layer4 error-limit 1 on-error mark-down resolvers docker resolve-prefer ipv4 resolve-opts allow-dup-ip init-addr libc,none
${servers.flat().join('')}`;
}
