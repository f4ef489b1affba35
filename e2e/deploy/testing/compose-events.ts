import type Docker from 'dockerode';

/** What happened to a container of a service of Docker Compose. */
export interface ComposeEvent {
  service: string;
  /** As Docker has it: `start`, `die`, `health_status: healthy` and the like. */
  action: string;
  /** Of a container that ended. */
  exitCode?: string;
  /** Nanoseconds since 1970. */
  time: number;
}

interface EngineEvent {
  Action: string;
  timeNano: number;
  Actor: { Attributes: Record<string, string> };
}

/**
 * Starts, ends and outcomes of health checks of a project while something is done, in their order. They are read as they
 * happen: what an engine keeps of them is filled by health checks soon.
 */
export async function composeEvents(
  docker: Docker,
  project: string,
  during: () => Promise<void>,
): Promise<ComposeEvent[]> {
  const stream = await docker.getEvents({
    filters: {
      ...{ type: ['container'], event: ['start', 'die', 'health_status'] },
      label: [`com.docker.compose.project=${project}`],
    },
  });
  let text = '';
  stream.on('data', (part: Buffer) => (text += part.toString()));
  try {
    await during();
  } finally {
    (stream as NodeJS.ReadableStream & { destroy(): void }).destroy();
  }
  const lines = text.split('\n').filter((line) => line.endsWith('}'));
  return lines.map((line) => {
    const { Action, timeNano, Actor } = JSON.parse(line) as EngineEvent;
    const { 'com.docker.compose.service': service = '', exitCode } = Actor.Attributes;
    return { service, action: Action, time: timeNano, ...(exitCode === undefined ? {} : { exitCode }) };
  });
}
