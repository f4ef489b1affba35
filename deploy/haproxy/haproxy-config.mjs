/**
 * The configuration of an HAProxy that spreads requests over the replicas of apps on one server.
 */

/**
 * @typedef {object} App as `GET /api/v3/apps/{app}` answers it
 * @property {string} app_name
 * @property {(number | string | Record<string, number | string>)[]} [starting_ports]
 * @property {Record<string, number>} [containers_per]
 * @property {(string | { name: string })[]} [networks]
 */

/**
 * @typedef {object} Settings
 * @property {number | null} replicas servers of each backend; null: as many as `containers_per.server` says
 * @property {string | null} checkPath path that a replica answers with 2xx or 3xx when it is well; null: it is well when
 *   its port can be connected to
 */

/**
 * How it works: the proxy is in the network of the apps and finds each replica by the name of its container, which
 * Docker's name server knows as long as the container runs. A replica that is replaced has another address afterwards,
 * which is found within a second. The first connection that a replica refuses takes it out until a check reaches it
 * again. A request that a replica did not take, or closed the connection of without a word, is
 * sent to another one; those that may not be repeated (POST, PATCH …) are repeated only when nothing was sent.
 *
 * @param {readonly App[]} apps
 * @param {Settings} settings
 * @returns {string}
 * @throws {Error} that says what an app lacks
 */
export function haproxyConfig(apps, settings) {
  const services = apps.flatMap((app) => servicesOf(app, settings));
  refuseSharedPorts(services);
  return `${HEAD}${services.map((service) => section(service, settings)).join('')}`;
}

const HEAD = `# Made by deploy/haproxy/make-config.mjs. Make it anew rather than change it here.
global
  log stdout format raw local0

defaults
  mode http
  log global
  option httplog
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout queue 10s
  timeout check 2s
  # A replica that goes away in the middle of a connection: the next try is with another one.
  retries 4
  option redispatch 1
  retry-on conn-failure empty-response

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

/** Networks in which a container has no address of its own. */
const FOREIGN = /^(host|none|container:.*)$/;

/**
 * @typedef {object} Service one published port of an app
 * @property {string} name
 * @property {string} app
 * @property {number} port of the containers, and of the proxy
 * @property {number} replicas
 */

/**
 * @param {App} app
 * @param {Settings} settings
 * @returns {Service[]}
 */
function servicesOf(app, { replicas }) {
  const { app_name, starting_ports = [], containers_per = {}, networks = [] } = app;
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
  const ports = [...new Set(starting_ports.map(containerPort).filter((port) => port !== null))];
  if (ports.length === 0) throw new Error(`${app_name} has no TCP port in starting_ports`);
  return ports.map((port) => ({ name: `${app_name}-${port}`, app: app_name, port, replicas: count }));
}

/**
 * @param {number | string | Record<string, number | string>} entry
 * @returns {number | null} null when it isn't TCP
 */
function containerPort(entry) {
  const inside = String(typeof entry === 'object' ? Object.values(entry)[0] : entry);
  const [port, protocol = 'tcp'] = inside.split('/');
  return protocol === 'tcp' ? Number(port) : null;
}

/** @param {readonly Service[]} services */
function refuseSharedPorts(services) {
  /** @type {Map<number, string>} */
  const owners = new Map();
  for (const { app, port } of services) {
    const owner = owners.get(port);
    if (owner !== undefined) throw new Error(`${owner} and ${app} both have the container port ${port}`);
    owners.set(port, app);
  }
}

/**
 * @param {Service} service
 * @param {Settings} settings
 */
function section({ name, app, port, replicas }, { checkPath }) {
  const servers = Array.from({ length: replicas }, (_, index) => {
    const server = `${app}-${index + 1}`;
    return `  server ${server} ${server}:${port}\n`;
  });
  const check = checkPath === null ? '' : `  option httpchk GET ${checkPath}\n`;
  return `
frontend ${name}
  bind :${port}
  default_backend ${name}

backend ${name}
  balance roundrobin
  http-request disable-l7-retry unless METH_GET or { method HEAD OPTIONS PUT DELETE }
${check}  default-server check inter 1s fastinter 500ms downinter 500ms fall 3 rise 1 observe layer4 error-limit 1 on-error mark-down resolvers docker resolve-prefer ipv4 init-addr none
${servers.join('')}`;
}
