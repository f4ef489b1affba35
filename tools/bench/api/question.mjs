/**
 * How the processes of a benchmark are asked.
 */

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
 * Answers each question of the parent process, and ends when the parent is gone, or with a failure when an answer
 * fails.
 * @template Question
 * @param {(question: Question) => Promise<unknown>} answer
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
