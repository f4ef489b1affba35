import Docker from 'dockerode';

/** What is compared to find out whether a container was touched. */
export interface SeenContainer {
  name: string;
  id: string;
  startedAt: string;
  running: boolean;
  environment: Record<string, string>;
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
    const seen = await Promise.all(listed.map(({ Id }) => this.container(Id)));
    return seen.filter((each) => each !== null).sort((a, b) => a.name.localeCompare(b.name));
  }

  /** Null when it was removed since it was listed. */
  private async container(id: string): Promise<SeenContainer | null> {
    const found = await this.docker.getContainer(id).inspect().catch(unlessGone);
    if (!found) return null;
    const { Name, State, Config } = found;
    const environment = Object.fromEntries(Config.Env.map(variableOf));
    return { name: Name.slice(1), id, startedAt: State.StartedAt, running: State.Running, environment };
  }

  /** References of all images, those without one left out. */
  async images(): Promise<string[]> {
    const listed = await this.docker.listImages();
    return listed.flatMap(({ RepoTags }) => RepoTags ?? []);
  }

  /**
   * How many of the containers with a label, which all ran at that moment, were away at the same time since then. The
   * engine keeps its last 256 events.
   * @param since milliseconds since 1970
   */
  async mostAway(label: string, since: number): Promise<number> {
    const stream = await this.docker.getEvents({
      ...{ since: Math.floor(since / 1_000), until: Math.floor(Date.now() / 1_000) + 1 },
      filters: { type: ['container'], event: ['die', 'start'], label: [label] },
    });
    let text = '';
    for await (const part of stream) text += part.toString();
    let away = 0;
    let most = 0;
    for (const line of text.split('\n').filter(Boolean)) {
      const { Action, timeNano } = JSON.parse(line) as { Action: string; timeNano: number };
      if (timeNano / 1e6 < since) continue;
      away += Action === 'die' ? 1 : -1;
      most = Math.max(most, away);
    }
    return most;
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

function variableOf(line: string): [name: string, value: string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}

function unlessGone(error: unknown): null {
  if (typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === 404)
    return null;
  throw error;
}
