/**
 * How the processes of this part are asked.
 */

/** @import { Load } from './load.mjs' */

/**
 * @template Input
 * @returns {Input} what the parent process gave
 */
export function input() {
  /** @type {(text: string) => Input} */
  const parse = JSON.parse;
  return parse(process.argv[2] ?? 'null');
}

/**
 * Tells the parent process something.
 * @param {unknown} message
 */
export function tell(message) {
  process.send?.(message);
}

/**
 * Answers each question of the parent process, one at a time, and ends when the parent is gone.
 * @template Question
 * @param {(question: Question) => Promise<Load>} answer
 */
export function answerQuestions(answer) {
  process.on('message', (/** @type {Question} */ question) => {
    answer(question).then(tell, (error) => {
      console.error(error);
      process.exit(1);
    });
  });
  endWithParent();
}

/** Nothing of ours outlives the benchmark, even if that is killed. */
export function endWithParent() {
  process.on('disconnect', () => process.exit(0));
}
