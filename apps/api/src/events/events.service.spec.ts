import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { searchLogged } from '../../../../libs/messaging/src/testing/searched-log.js';
import { ANYONE, type Caller } from '../access/caller.js';
import type { TokenCheck } from '../access/token-check.js';
import { ApiLog } from '../api-log.js';
import { Clock } from '../clock.js';
import { EventLog } from './event-log.js';
import { EventsService } from './events.service.js';
import type { Watcher } from './watcher.js';

/** Where tokens are looked up slowly. */
class SlowTokens {
  asking = 0;
  mostAsking = 0;
  readonly revoked = new Set<string | undefined>();

  constructor(private readonly takes: number) {}

  async holds({ token }: Caller): Promise<boolean> {
    this.asking += 1;
    this.mostAsking = Math.max(this.mostAsking, this.asking);
    await new Promise((resolve) => setTimeout(resolve, this.takes));
    this.asking -= 1;
    return !this.revoked.has(token);
  }
}

let events: EventsService;

/** Those who listen, one of each token, and whether their stream has ended. */
async function listening(count: number): Promise<boolean[]> {
  const ended: boolean[] = [];
  for (let n = 0; n < count; n += 1) {
    ended.push(false);
    const token = `t${n}`;
    const stream = await events.open(null, null, { ...ANYONE, kind: 'token', name: token, token });
    stream.answer.body.once('close', () => (ended[n] = true));
  }
  return ended;
}

function serviceWith(tokens: SlowTokens): EventsService {
  const log = new ApiLog({ logger: { log: searchLogged, warn: searchLogged, error: searchLogged } });
  const watcher = { log: new EventLog(10), watch: () => () => undefined, begun: async () => undefined };
  return new EventsService(watcher as unknown as Watcher, tokens as unknown as TokenCheck, new Clock(), log);
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  events.beforeApplicationShutdown();
  jest.useRealTimers();
});

describe('whether those who listen still may', () => {
  it('is asked of a slow store by one look at a time', async () => {
    const tokens = new SlowTokens(7_000);
    events = serviceWith(tokens);
    events.onApplicationBootstrap();
    await listening(1);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(tokens.mostAsking).toBe(1);
  });

  it('is found of each of many, though the store is slow', async () => {
    const tokens = new SlowTokens(1_000);
    events = serviceWith(tokens);
    events.onApplicationBootstrap();
    const ended = await listening(100);
    tokens.revoked.add('t99');
    await jest.advanceTimersByTimeAsync(20_000);
    expect(ended.map((isEnded, n) => (isEnded ? n : null)).filter((n) => n !== null)).toEqual([99]);
    expect(tokens.mostAsking).toBeLessThanOrEqual(8);
  });
});
