import { mapOf, objectOf } from '../parsing/collections.js';
import { byType, number, ruleOf } from '../parsing/kind.js';
import type { Flaw } from '../parsing/rule.js';
import { suggestion } from '../parsing/suggestion.js';

/** By Docker's name (`nofile`, `nproc` …): one limit, or soft and hard. -1 for no limit. */
export type Ulimits = Record<string, number | { soft: number; hard: number }>;

/** The resources of getrlimit(2) in lower case, as Docker names them. */
const NAMES =
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(
    ' ',
  );

const limit = number({ min: 0, max: Number.MAX_SAFE_INTEGER, also: { value: -1, meaning: 'no limit' } });
const FORM = 'a whole number or {"soft": 1024, "hard": 4096}; -1 for no limit';

const both = objectOf(
  { soft: limit, hard: limit },
  { allowed: FORM, required: ['soft', 'hard'], together: softAboveHard },
);

export const ulimits = ruleOf(
  'ulimits',
  mapOf(byType({ 'a number': limit, 'an object': both }, FORM), {
    allowed: 'an object of limits by name, like {"nofile": 65536}',
    name: {
      schema: { enum: NAMES },
      flaw: (name) =>
        NAMES.includes(name) ? null : `is not one of ${NAMES.join(', ')}${suggestion(name, NAMES)}`,
    },
    examples: [{ nofile: { soft: 1024, hard: 65536 }, nproc: 4096 }],
  }),
);

function* softAboveHard({ soft, hard }: Readonly<Record<string, unknown>>): Generator<Flaw> {
  const height = (value: unknown) => (value === -1 ? Infinity : Number(value));
  if (height(soft) > height(hard)) {
    yield { at: ['soft'], message: `must be at most hard, ${String(hard)}, not ${String(soft)}` };
  }
}
