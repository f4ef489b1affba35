/**
 * The app that is read and changed under load: of the size that apps have, not the smallest there is.
 */

/**
 * The name of one of the apps, of which each connection has its own.
 * @param {number} index from 0
 */
export function loadedApp(index) {
  return `bench-${index}`;
}

/** @param {string} name */
export function loadedSpec(name) {
  const settings = Array.from({ length: 20 }, (_, index) => {
    return /** @type {const} */ ([`SETTING_${index}`, `value of setting ${index}`]);
  });
  return {
    app_name: name,
    docker_image: 'registry.example:5000/team/bench:1.2.3',
    starting_ports: [{ 81: 8080 }],
    containers_per: { server: 2 },
    env_vars: Object.fromEntries(settings),
    volumes: ['bench-data:/data', '/etc/bench:/etc/bench:ro'],
    networks: ['backend'],
  };
}

/**
 * A change that is one each time.
 * @param {number} count how many were before
 */
export function patchOf(count) {
  return { env_vars: { CHANGED: String(count) } };
}
