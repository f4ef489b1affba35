import { expect } from '@jest/globals';
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

/** Each service of compose.yaml has begun when what it needs was there, and each with a check is healthy. */
export function expectOrder(events: readonly ComposeEvent[]): void {
  const of = (service: string, action: string) =>
    events.filter((event) => event.service === service && event.action === action);
  const started = (service: string) => Math.min(...of(service, 'start').map(({ time }) => time));
  /** When a condition held of the last container of a service. */
  const since = (service: string, action: string, count = 1) => {
    expect(of(service, action)).toHaveLength(count);
    return Math.max(...of(service, action).map(({ time }) => time));
  };
  const HEALTHY = 'health_status: healthy';
  expect(started('setup-broker')).toBeGreaterThan(since('rabbitmq', HEALTHY));
  expect(of('setup-broker', 'die')).toMatchObject([{ exitCode: '0' }]);
  expect(started('api')).toBeGreaterThan(since('setup-broker', 'die'));
  expect(started('api')).toBeGreaterThan(since('mongo', HEALTHY));
  expect(started('worker')).toBeGreaterThan(since('setup-broker', 'die'));
  expect(started('haproxy')).toBeGreaterThan(since('api', HEALTHY, 2));
  since('haproxy', HEALTHY);
}
