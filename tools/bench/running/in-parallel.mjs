/**
 * Bounded parallelism that leaves no call in flight behind.
 */
import pLimit from 'p-limit';

/**
 * Runs a task for each item, at most `parallelism` at the same time. It settles when the last task that was
 * begun has ended, also after a failure, so that what is undone afterwards meets no call that still makes
 * something.
 * @template T
 * @param {readonly T[]} items
 * @param {number} parallelism
 * @param {(item: T) => Promise<unknown>} task
 * @param {AbortSignal} stopping no task is begun once it is aborted
 * @returns {Promise<void>}
 * @throws what the first failed task threw
 */
export async function inParallel(items, parallelism, task, stopping) {
  const limit = pLimit(parallelism);
  let failed = false;
  const outcomes = await Promise.allSettled(
    items.map((item) =>
      limit(async () => {
        stopping.throwIfAborted();
        if (failed) return;
        try {
          await task(item);
        } catch (error) {
          failed = true;
          throw error;
        }
      }),
    ),
  );
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
}
