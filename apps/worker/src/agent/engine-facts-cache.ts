import { Injectable } from '@nestjs/common';
import { bootId } from '../boot-id.js';
import { ContainerRuntime, type EngineFacts } from '../container-runtime/container-runtime.js';
import { WorkerLog } from '../worker-log.js';
import { KeptFacts, type ToldFacts } from './kept-facts.js';

/** What the engine says about itself, asked for once per connection: it can't change while the engine runs. */
@Injectable()
export class EngineFactsCache {
  /** The newest answer, of an earlier connection while there is none of this one. */
  latest: EngineFacts | null = null;
  private asked: Promise<EngineFacts> | null = null;
  private hasFailed = false;

  constructor(
    private readonly runtime: ContainerRuntime,
    private readonly log: WorkerLog,
    private readonly kept: KeptFacts,
  ) {}

  /**
   * What is to be told of the engine: what it says, or, once it has failed to answer, what it said to an earlier process
   * of this worker. Null when there is neither, and until then: nothing is known of the apps yet, and who is told of
   * none takes them for gone.
   */
  get told(): ToldFacts | null {
    return this.latest ?? (this.hasFailed ? this.kept.newest : null);
  }

  /** @throws {RuntimeError} when it isn't known for this connection and the engine doesn't answer. */
  async facts(): Promise<EngineFacts> {
    const asked = (this.asked ??= this.ask());
    try {
      this.latest = await asked;
      this.kept.note(this.latest);
      this.log.worker ??= this.latest.engine_id;
      return this.latest;
    } catch (error) {
      this.hasFailed = true;
      if (this.asked === asked) this.asked = null;
      throw error;
    }
  }

  private async ask(): Promise<EngineFacts> {
    const [facts, boot] = await Promise.all([this.runtime.facts(), bootId()]);
    return { ...facts, machine: `${facts.engine_version} ${boot ?? ''}`.trim() };
  }

  /** A new connection: the engine may be another one, or on a server of another size. */
  forget(): void {
    this.asked = null;
  }
}
