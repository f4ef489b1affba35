/**
 * Remembers how to undo what was made, so that nothing is left whichever way a run ends.
 */

/** Longest time that one undoing may take, milliseconds. */
const LIMIT_MS = 120_000;

export class CleanUp {
  /** @type {{ what: string, undo: () => Promise<unknown> }[]} */
  #steps = [];

  /**
   * @param {string} what for the message when it fails
   * @param {() => Promise<unknown>} undo
   * @returns {() => Promise<void>} undoes it now; it isn't done again at the end
   */
  add(what, undo) {
    const step = { what, undo };
    this.#steps.push(step);
    return async () => {
      const index = this.#steps.indexOf(step);
      if (index < 0) return;
      this.#steps.splice(index, 1);
      await undo();
    };
  }

  /**
   * Undoes everything, the last first, since later things use earlier ones. Goes on after a failure.
   * @returns {Promise<string[]>} a line for each thing that could not be undone
   */
  async run() {
    /** @type {string[]} */
    const problems = [];
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await withinLimit(step.undo());
      } catch (error) {
        problems.push(`${step.what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return problems;
  }
}

/** @param {Promise<unknown>} work */
async function withinLimit(work) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const limit = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  });
  try {
    await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
