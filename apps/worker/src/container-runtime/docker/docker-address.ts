/** Where a Docker Engine listens, in the words of dockerode. */
export type DockerAddress = { socketPath: string; host: '' } | { host: string; port: number };

/** Docker's own default for plain TCP. */
const TCP_PORT = 2375;

/**
 * Reads an address in the form of DOCKER_HOST.
 *
 * @param dockerHost `unix:///path` or `tcp://name:port`.
 * @throws {Error} when it has another form.
 */
export function dockerAddress(dockerHost: string): DockerAddress {
  // An empty host keeps dockerode from taking one out of the environment.
  if (/^unix:\/\/\/./.test(dockerHost)) return { socketPath: dockerHost.slice('unix://'.length), host: '' };
  const url = URL.canParse(dockerHost) ? new URL(dockerHost) : null;
  if (url?.protocol !== 'tcp:' || url.hostname === '') {
    throw new Error(
      `docker_host is ${JSON.stringify(dockerHost)} but must be unix:///path or tcp://name:port`,
    );
  }
  return { host: url.hostname, port: url.port === '' ? TCP_PORT : Number(url.port) };
}
