import { randomInt } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REGISTRY_USERS, startRegistry, stopRegistry } from '../../../../../../tools/engine/registry.mjs';
import type { EngineFacts } from '../../container-runtime.js';
import { EngineUnderTest, type MakeImage } from '../engine-under-test.js';

/** An engine that was started for the contract. */
export interface StartedEngine {
  host: string;
  /** Makes an image on it. */
  make: MakeImage;
  /** Containers of it can have a state of health. */
  runsHealthChecks: boolean;
  stop: () => Promise<void>;
}

/** @param registries addresses that it asks without TLS. */
export type StartEngine = (registries: readonly string[]) => Promise<StartedEngine>;

interface Opened {
  started: StartedEngine;
  engine: EngineUnderTest;
  facts: EngineFacts;
  folder: string;
}

/** What all parts of the contract share: an engine, and two registries. */
export class ContractBed {
  private opened: Opened | null = null;
  private readonly port = randomInt(27_000, 28_000);
  /** A registry that answers everybody. */
  readonly registry = `127.0.0.1:${this.port}`;
  /** One that answers a single user. */
  readonly closedRegistry = `127.0.0.1:${this.port + 1}`;
  readonly user = REGISTRY_USERS[0] ?? { username: '', password: '', hash: '' };

  constructor(private readonly start: StartEngine) {}

  private get all(): Opened {
    if (!this.opened) throw new Error('The engine is not started.');
    return this.opened;
  }

  get engine(): EngineUnderTest {
    return this.all.engine;
  }

  /** What the engine says that it can do. */
  get facts(): EngineFacts {
    return this.all.facts;
  }

  get runsHealthChecks(): boolean {
    return this.all.started.runsHealthChecks;
  }

  async open(): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'nebula-contract-'));
    await Promise.all(['open', 'closed'].map((name) => mkdir(join(folder, name))));
    await startRegistry({ folder: join(folder, 'open'), port: this.port });
    await startRegistry({ folder: join(folder, 'closed'), port: this.port + 1, users: [this.user] });
    const started = await this.start([this.registry, this.closedRegistry]);
    const engine = await EngineUnderTest.open(started.host, started.make);
    this.opened = { started, engine, facts: await engine.runtime.facts(), folder };
  }

  async close(): Promise<void> {
    const { started, engine, folder } = this.all;
    await engine.close();
    await started.stop();
    for (const name of ['open', 'closed']) await stopRegistry(join(folder, name));
    await rm(folder, { recursive: true, force: true });
  }
}
