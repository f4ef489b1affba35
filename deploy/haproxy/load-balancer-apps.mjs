/**
 * The load balancer as two apps of Nebula. One is HAProxy. The other carries its configuration, and puts it into a volume
 * that both have: it is made anew when the configuration changes, which no request notices, and HAProxy reloads in the
 * container in which it runs.
 */

/**
 * @typedef {object} LoadBalancer
 * @property {string} name of the app; the other one is called `<name>-config`
 * @property {string} image with HAProxy and a shell
 * @property {readonly number[]} publish ports of the server; one that is there twice is published once
 * @property {string} config text of haproxy.cfg
 */

/** Linux takes no longer text into the environment of a program, bytes. */
const LONGEST = 128 * 1024 - 1;

/**
 * HAProxy asks for the address of each replica before it takes a connection, one after the other, and a server may have
 * far fewer than it could: one that is not there must cost a moment, also where no name server answers.
 */
const ASK_ONCE = `export RES_OPTIONS='timeout:1 attempts:1'
`;

/** Names of replicas are whole: with a domain behind it, one that isn't there could become a foreign server. */
const WHOLE_NAMES = ['.'];

/** What HAProxy doesn't take is never put in place: the container ends with its words, and the one before goes on. */
const PUT_IN_PLACE = `set -eu
${ASK_ONCE}printf '%s' "$HAPROXY_CONFIG" > /config/new.cfg
haproxy -c -q -f /config/new.cfg
mv /config/new.cfg /config/haproxy.cfg
while :; do sleep 3600; done
`;

/** HAProxy is the first process, so that signals reach it; SIGUSR2 has it reload without giving up its sockets. */
const SERVE = `${ASK_ONCE}trap 'exit 0' TERM USR1
until [ -s /config/haproxy.cfg ]; do sleep 1; done
seen=$(cat /config/haproxy.cfg)
while sleep 1; do
  now=$(cat /config/haproxy.cfg) || continue
  [ "$now" = "$seen" ] || { seen=$now; kill -USR2 $$; }
done &
trap - TERM USR1
exec haproxy -W -db -f /config/haproxy.cfg
`;

/**
 * @param {LoadBalancer} loadBalancer
 * @returns {object[]} the specs, as `POST /apply` takes them
 * @throws {Error} when the configuration is too long
 */
export function loadBalancerApps(loadBalancer) {
  const { name, image, publish } = loadBalancer;
  return [
    configApp(loadBalancer),
    {
      app_name: name,
      docker_image: image,
      command: ['sh', '-c', SERVE],
      starting_ports: [...new Set(publish)].map((port) => ({ [port]: String(port) })),
      volumes: [`${name}-config:/config:ro`],
      depends_on: [`${name}-config`],
      dns_search: WHOLE_NAMES,
      // It finishes the requests that it has, then ends.
      stop_signal: 'SIGUSR1',
      stop_grace_period_seconds: 30,
    },
  ];
}

/**
 * The app that carries the configuration.
 *
 * @param {Omit<LoadBalancer, 'publish'>} loadBalancer
 */
export function configApp({ name, image, config }) {
  const bytes = Buffer.byteLength(`HAPROXY_CONFIG=${config}`);
  if (bytes > LONGEST)
    throw new Error(`the configuration has ${bytes} bytes, but at most ${LONGEST} can be handed over`);
  return {
    app_name: `${name}-config`,
    docker_image: image,
    command: ['sh', '-c', PUT_IN_PLACE],
    env_vars: { HAPROXY_CONFIG: config },
    volumes: [`${name}-config:/config`],
    // A new volume belongs to root.
    user: '0:0',
    cap_drop: ['ALL'],
    dns_search: WHOLE_NAMES,
    // It has nothing to end in order.
    stop_signal: 'SIGKILL',
  };
}
