import { ApiHeader, ApiParam, ApiQuery } from '@nestjs/swagger';
import { encodeCursor } from '../http/cursor.js';
import { LONGEST_REASON, REASON_PATTERN } from '../http/change-query.js';
import { DEFAULT_LIMIT, HIGHEST_LIMIT } from '../http/page-query.js';
import type { Schema } from './schema.js';

// Examples stand within the schemas: the decorators drop those that stand beside one.

export const APP_IN_PATH = ApiParam({
  name: 'app',
  description: 'Name of the app.',
  schema: {
    ...{ type: 'string', minLength: 1, maxLength: 63, pattern: '^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$' },
    examples: ['hello'],
  },
});

/** @param key of an item of this list, for the example */
export const pageInQuery = (key: string): MethodDecorator[] => [
  ApiQuery({
    name: 'limit',
    required: false,
    description: 'Most items of one page.',
    schema: { type: 'integer', minimum: 1, maximum: HIGHEST_LIMIT, default: DEFAULT_LIMIT },
  }),
  ApiQuery({
    name: 'cursor',
    required: false,
    description: 'The `next_cursor` of the page before.',
    schema: { type: 'string', examples: [encodeCursor(key)] },
  }),
];

export const PREFIX_IN_QUERY = ApiQuery({
  name: 'prefix',
  required: false,
  description: 'Only apps whose name begins like this.',
  schema: { type: 'string', maxLength: 63, examples: ['hel'] },
});

/** @param does what is answered then */
const dryRun = (does: string) =>
  ApiQuery({
    name: 'dry_run',
    required: false,
    description: `Changes nothing: ${does} What would be refused is refused alike.`,
    schema: { type: 'boolean', default: false },
  });

/** Of a call that changes something else than apps. */
export const DRY_RUN_IN_QUERY = dryRun('the answer says in `preview` what would be.');

/** Of every call that changes apps. */
export const CHANGE_IN_QUERY: MethodDecorator[] = [
  ApiQuery({
    name: 'reason',
    required: false,
    description: 'Why, for those who read the history: one line of text.',
    schema: {
      ...{ type: 'string', minLength: 1, maxLength: LONGEST_REASON, pattern: REASON_PATTERN },
      examples: ['new logo, ticket 4711'],
    },
  }),
  dryRun('the answer is that of the change, with `preview` beside.'),
];

const ETAG_PATTERN = '(W/)?"[!#-~\\u0080-\\u00ff]*"';

/** `*`, or a list of entity tags with blanks and empty items as RFC 9110 lets them be; what `parseEtags` takes. */
export const ETAGS_PATTERN = `^[ \\t]*(\\*|[ \\t,]*${ETAG_PATTERN}([ \\t]*,[ \\t,]*${ETAG_PATTERN})*[ \\t,]*)[ \\t]*$`;

export const IF_MATCH = ApiHeader({
  name: 'If-Match',
  required: false,
  description:
    'ETags, of which one must be that of the app as it is, or `*` for any; 412 otherwise. Its revision alone in quotation marks is taken for one, too.',
  schema: { type: 'string', pattern: ETAGS_PATTERN, examples: ['"7-mb2k9x1c"'] },
});

export const IF_NONE_MATCH = ApiHeader({
  name: 'If-None-Match',
  required: false,
  description: 'ETags of which none may be that of the app as it is, or `*`: there must be no such app.',
  schema: { type: 'string', pattern: ETAGS_PATTERN, examples: ['*'] },
});

export const ETAG: Readonly<Record<string, Schema>> = {
  ETag: {
    type: 'string',
    description: 'Strong tag of the app as it is. It begins with the revision; what follows has no meaning.',
  },
};

export const LOCATION: Readonly<Record<string, Schema>> = {
  Location: { type: 'string', description: 'Path of the app.' },
};
