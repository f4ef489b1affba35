import type { ContainerRuntime } from '../../container-runtime/container-runtime.js';

/** A runtime whose caller can be killed: from then on no call reaches the engine and none comes back. */
export interface KillableRuntime {
  runtime: ContainerRuntime;
  /** Lets the dead caller's calls fail, so that a test can clean up. */
  bury(): void;
}

/**
 * Kills the caller at its n-th writing call.
 *
 * @param verbs the writing calls.
 * @param done whether that call itself is done: its answer is lost either way.
 */
export function killedAt(
  engine: ContainerRuntime,
  verbs: ReadonlySet<string>,
  nth: number,
  done: boolean,
  onDeath: () => void,
): KillableRuntime {
  let calls = 0;
  let dead = false;
  let bury = (): void => undefined;
  const grave = new Promise<never>((_resolve, reject) => {
    bury = () => reject(new Error('killed'));
  });
  grave.catch(() => undefined);
  const runtime = new Proxy(engine, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      const call = (given: unknown[]): unknown => Reflect.apply(member, target, given);
      if (name === 'events') return (...given: unknown[]) => call(given);
      return async (...given: unknown[]) => {
        if (dead) return await grave;
        if (typeof name === 'string' && verbs.has(name)) calls += 1;
        if (calls < nth) return await call(given);
        dead = true;
        if (done) await call(given);
        onDeath();
        return await grave;
      };
    },
  });
  return { runtime, bury };
}
