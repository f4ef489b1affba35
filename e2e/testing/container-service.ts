import { EngineView } from './engine-view.js';
import { ServiceProcess } from './service-process.js';

/** An image of a service, and where its containers run. */
export interface ServiceImage {
  image: string;
  /** Address of the engine that runs them. */
  host: string;
}

export interface ContainerOptions extends ServiceImage {
  /** For messages. */
  name: string;
  containerName: string;
  /** Working directory of the command that follows it. */
  folder: string;
  /** As `--user` has it; that of the image when absent. */
  user?: string;
  /** As `--volume` has them. */
  volumes: string[];
  /** What its engine must not take for its own: the address of the engine that a worker drives. */
  dockerHost: string;
  /** The rest of its configuration. */
  environment: Record<string, string>;
}

/**
 * A service in a container, as compose.yaml runs it, in the network of this machine. The command that follows it hands
 * signals on, and ends with the container's exit code.
 */
export function containerService(options: ContainerOptions): ServiceProcess {
  const { name, containerName, folder, image, host, user, volumes, dockerHost, environment } = options;
  return new ServiceProcess({
    ...{ name, folder, program: 'docker' },
    killFollowed: async () => await killContainer(host, containerName),
    args: [
      ...['run', '--rm', '--name', containerName, '--network', 'host'],
      ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
      ...(user === undefined ? [] : ['--user', user]),
      ...volumes.flatMap((volume) => ['--volume', volume]),
      ...['--env', `DOCKER_HOST=${dockerHost}`],
      // By their names alone, so that no value is seen among the arguments.
      ...Object.keys(environment).flatMap((key) => ['--env', key]),
      image,
    ],
    environment: { ...environment, DOCKER_HOST: host },
  });
}

/** @returns whether there was one that ran */
async function killContainer(host: string, name: string): Promise<boolean> {
  const container = new EngineView(host).docker.getContainer(name);
  return await container.kill().then(
    () => true,
    () => false,
  );
}
