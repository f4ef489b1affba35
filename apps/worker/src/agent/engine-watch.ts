import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeEvent } from '../container-runtime/container-runtime.js';
import type { ImageCollector } from '../images/image-collector.js';
import type { ImageLists } from '../images/image-lists.js';
import { messageOf } from '../worker-log.js';
import { engineBackoff } from './engine-backoff.js';
import type { RunnerParts } from './runner-parts.js';
import { WakeTimer } from './wake-timer.js';

/** Events of others after which a name or a host port may be free, or the network of another container gone. */
const FREEING = new Set(['destroy', 'die', 'disconnect', 'rename']);

/**
 * Milliseconds after such an event until another look: the list of containers may show for a while what its engine has
 * already said is over, as it writes to disk in between.
 */
const LOOK_AGAIN_AFTER = [500, 5_000];

/** An engine that is back within so long, milliseconds, was hardly away: no app is told of it. */
const MISSED_AFTER = 2_000;

/** What is done for apps when the engine tells something. */
export interface EngineListener {
  /** The engine is there, for the first time or again: nobody has told what happened meanwhile. */
  connected(): void;
  /** The engine has been away for a while. What has converged waits for nothing, and would not notice by itself. */
  missed(): void;
  /** There is, or was, a container of this app. */
  found(app: string): void;
  /** What an app waits for may be free, and what it relies on may be gone. */
  freed(): void;
}

/** Listens to the engine for ever, and tells the reports and the log whether it is there. */
export class EngineWatch {
  private readonly ending = new AbortController();
  private readonly laterLooks = LOOK_AGAIN_AFTER.map((delay) => ({
    delay,
    timer: new WakeTimer(() => this.listener.freed()),
  }));
  private readonly absence = new WakeTimer(() => this.listener.missed());
  private listening: Promise<void> | null = null;

  constructor(
    private readonly parts: Pick<RunnerParts, 'scope' | 'runtime' | 'engine' | 'reporter' | 'clock' | 'log'>,
    private readonly collector: Pick<ImageCollector, 'isShort' | 'collect'>,
    private readonly images: Pick<ImageLists, 'gone'>,
    private readonly listener: EngineListener,
  ) {}

  start(): void {
    this.listening = this.listen();
  }

  /** Tells nothing more. Resolves when the events have ended. */
  async stop(): Promise<void> {
    this.ending.abort();
    this.absence.clear();
    for (const { timer } of this.laterLooks) timer.clear();
    await this.listening;
  }

  private async listen(): Promise<void> {
    const { clock, log, runtime, scope } = this.parts;
    const { signal } = this.ending;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        for await (const event of runtime.events(scope, signal)) this.onEvent(event);
      } catch (error) {
        log.error('the events of the engine have ended', { error: messageOf(error) });
      }
      const delay = engineBackoff(failures, clock.random());
      await sleep(delay, undefined, { signal }).catch(() => undefined);
    }
  }

  private onEvent({ action, app_name, image_id }: RuntimeEvent): void {
    if (this.ending.signal.aborted) return;
    const { engine, log } = this.parts;
    if (action === 'connected') {
      log.info('connected to the container engine');
      this.absence.clear();
      engine.forget();
      void this.tellFacts();
      this.listener.connected();
      return;
    }
    if (action === 'lost') {
      void this.tellLoss();
      // Of one that was never there nobody else may ask, and until it has failed to answer nothing is told.
      if (engine.latest === null) void this.tellFacts();
      this.absence.set(MISSED_AFTER);
      return;
    }
    if (action === 'delete') {
      void this.images.gone(image_id ?? null);
      return;
    }
    if (app_name !== null) this.listener.found(app_name);
    // It may have been the last one that held an image.
    if (action === 'destroy' && this.collector.isShort) void this.collector.collect();
    if (!FREEING.has(action)) return;
    this.listener.freed();
    for (const { delay, timer } of this.laterLooks) timer.set(delay);
  }

  /** A socket that is missing or not allowed looks like an engine that is down, so the reason is told, too. */
  private async tellLoss(): Promise<void> {
    const { log, runtime } = this.parts;
    const reason = await runtime.problem().catch(messageOf);
    log.warn('the container engine does not answer; this is tried again', reason === null ? {} : { reason });
  }

  /** The engine may be one that no report has told of yet, or fail to answer, which is told from what is kept. */
  private async tellFacts(): Promise<void> {
    const { engine, log, reporter } = this.parts;
    try {
      await engine.facts();
    } catch (error) {
      log.debug('the engine does not tell about itself', { error: messageOf(error) });
    }
    reporter.again();
  }
}
