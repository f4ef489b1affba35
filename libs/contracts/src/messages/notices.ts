import { checkTexts, type Rule } from '../parsing/rule.js';

/** Most notices of one app in a report, and the longest one, characters. */
export const MOST_NOTICES = 20;
export const LONGEST_NOTICE = 1_024;

/** What a worker has to say of an app that is no failure. */
export const notices: Rule = {
  name: 'notices',
  allowed: `a list of at most ${MOST_NOTICES} texts of at most ${LONGEST_NOTICE} characters`,
  schema: { type: 'array', maxItems: MOST_NOTICES, items: { type: 'string', maxLength: LONGEST_NOTICE } },
  *check(value) {
    if (Array.isArray(value) && value.length > MOST_NOTICES)
      yield { message: `must be ${this.allowed}, not of ${value.length}` };
    const item = `text of at most ${LONGEST_NOTICE} characters`;
    yield* checkTexts(value, { list: this.allowed, item }, (text) =>
      text.length > LONGEST_NOTICE ? [`must be ${item}, not of ${text.length}`] : [],
    );
  },
};
