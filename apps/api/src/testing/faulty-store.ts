import { setImmediate as turn } from 'node:timers/promises';
import type { AppStore } from '../store/app-store.js';

const METHODS = ['get', 'list', 'records', 'changedSince', 'insert', 'replace', 'epoch', 'problem'] as const;
type Method = (typeof METHODS)[number];

/** What does both in one step, by what was read a short time ago: where either fails, it does. */
const FROM_MEMORY = 'replaceRemembered';

/** A real store of which some calls can be made to fail in the ways in which databases do. */
export class FaultyStore {
  private releases: (() => void)[] = [];
  /** Calls that wait. */
  waiting = 0;

  constructor(private readonly store: AppStore) {}

  /** These calls do nothing until `heal`, and then what they should have done. */
  hang(...methods: Method[]): void {
    const released = new Promise<void>((resolve) => this.releases.push(resolve));
    this.replace(methods, async () => {
      this.waiting += 1;
      await released;
    });
  }

  /** Others get their turn before these calls do anything, as they do while a database over a network answers. */
  slow(...methods: Method[]): void {
    this.replace(methods, () => turn());
  }

  /** These calls fail. */
  fail(error: Error, ...methods: Method[]): void {
    this.replace(methods, () => Promise.reject(error));
  }

  /** These calls do what they should, and fail all the same: the word that it is done is lost on its way. */
  failAfter(error: Error, ...methods: Method[]): void {
    this.replace(
      methods,
      () => Promise.resolve(),
      () => Promise.reject(error),
    );
  }

  /** Before the next of these calls somebody else comes first; all others are as they always are. */
  overtake(method: Method, work: () => Promise<unknown>): void {
    this.replace([method], async () => {
      for (const each of allOf([method])) Reflect.deleteProperty(this.store, each);
      await work();
    });
  }

  /** Calls are what they were, and those that wait go on. */
  heal(): void {
    for (const method of allOf(METHODS)) Reflect.deleteProperty(this.store, method);
    for (const release of this.releases.splice(0)) release();
  }

  private replace(
    methods: readonly Method[],
    before: () => Promise<void>,
    after: () => Promise<void> = () => Promise.resolve(),
  ): void {
    for (const method of allOf(methods)) {
      const real = this.store[method].bind(this.store) as (...parts: unknown[]) => Promise<unknown>;
      const faulty = async (...parts: unknown[]) => {
        await before();
        const answer = await real(...parts);
        await after();
        return answer;
      };
      Object.defineProperty(this.store, method, { value: faulty, configurable: true });
    }
  }
}

function allOf(methods: readonly Method[]): (Method | typeof FROM_MEMORY)[] {
  const isBoth = methods.includes('get') || methods.includes('replace');
  return isBoth ? [...methods, FROM_MEMORY] : [...methods];
}
