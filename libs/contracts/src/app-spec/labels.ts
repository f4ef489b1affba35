import { mapOf } from '../parsing/collections.js';
import { ruleOf, text } from '../parsing/kind.js';
import { LABELS } from '../names.js';

/** Labels of ours begin with this. */
const OWN_PREFIX = 'nebula.';

/** Labels that users set. Those by which a worker knows its containers can't be among them. */
export const labels = ruleOf(
  'labels',
  mapOf(text({ allowed: 'text' }), {
    allowed: 'an object of text by name, like {"com.example.team": "shop"}',
    name: {
      schema: { minLength: 1, pattern: '^(?!nebula\\.|app_name$)[^\\s=\\u0000]+$' },
      flaw: (name) => {
        if (!/^[^\s=\0]+$/.test(name)) return 'must have a name without blanks, "=" and NUL';
        if (name.startsWith(OWN_PREFIX) || name === LABELS.legacyApp) {
          return `must have another name: "${OWN_PREFIX}…" and "${LABELS.legacyApp}" are set by the worker, which knows its containers by them`;
        }
        return null;
      },
    },
    examples: [{ 'com.example.team': 'shop' }],
  }),
  { secret: true },
);
