import Docker from 'dockerode';

/** What is compared to find out whether a container was touched. */
export interface SeenContainer {
  name: string;
  id: string;
  startedAt: string;
  running: boolean;
}

/** The Docker Engine as a bystander sees it: nothing of Nebula's own code. */
export class EngineView {
  readonly docker: Docker;

  constructor(readonly host: string) {
    const url = new URL(host);
    this.docker =
      url.protocol === 'unix:'
        ? new Docker({ socketPath: url.pathname })
        : new Docker({ protocol: 'http', host: url.hostname, port: url.port });
  }

  /** The containers with a label, by name. */
  async containers(label: string): Promise<SeenContainer[]> {
    const listed = await this.docker.listContainers({ all: true, filters: { label: [label] } });
    const seen = await Promise.all(
      listed.map(async ({ Id }) => {
        const { Name, State } = await this.docker.getContainer(Id).inspect();
        return { name: Name.slice(1), id: Id, startedAt: State.StartedAt, running: State.Running };
      }),
    );
    return seen.sort((a, b) => a.name.localeCompare(b.name));
  }

  /**
   * Removes the network that containers join by default when another test has left it: whoever makes it anew owns
   * it, and shows it when it is removed.
   */
  async removeLeftNetwork(): Promise<void> {
    const listed = await this.docker.listNetworks({ filters: { name: ['nebula'] } });
    for (const { Name, Id, Labels } of listed) {
      const scope = Labels?.['nebula.scope'] ?? '';
      if (Name === 'nebula' && /^(tests$|test-|e2e-)/.test(scope)) await this.docker.getNetwork(Id).remove();
    }
  }

  async networks(label: string): Promise<string[]> {
    const listed = await this.docker.listNetworks({ filters: { label: [label] } });
    return listed.map(({ Name }) => Name);
  }
}
