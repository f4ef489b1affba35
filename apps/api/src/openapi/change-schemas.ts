import type { ChangeEffect } from '@nebula/contracts';
import { CONTAINER_EFFECTS } from '../apps/previews.service.js';
import { CHANGES } from '../store/app-store.js';
import { closedObject, INTEGER, listOf, orNull, ref, type Schema } from './schema.js';

const EFFECTS: readonly ChangeEffect[] = ['replaces', 'in place', 'no container touched', "can't change"];

/** JSON Pointers into a spec. */
const POINTER: Schema = { type: 'string', format: 'json-pointer' };

/** Changes of specs: what differs, and what would be. */
export function changeSchemas(): Record<string, Schema> {
  return {
    SpecChange: closedObject(
      {
        pointer: {
          ...POINTER,
          description:
            'Where it is in the spec. The index of an item that has gone is that of the earlier list, else that of the later one.',
        },
        from: { description: 'The earlier value; left out where there was none.' },
        to: { description: 'The later value; left out where there is none.' },
        effect: {
          type: 'string',
          enum: EFFECTS,
          description: 'What it does to containers that run: as in the description of the field.',
        },
      },
      { optional: ['from', 'to'], description: 'A value that is another, has come or has gone.' },
    ),
    Preview: closedObject(
      {
        result: {
          type: 'string',
          enum: [...CHANGES, 'unchanged'],
          description: 'What would be done. `unchanged`: nothing, and no revision would be made.',
        },
        revision: {
          ...orNull({ ...INTEGER, minimum: 1 }),
          description: 'The revision that was looked at; null when there was none.',
        },
        spec: { ...orNull(ref('Spec')), description: 'The spec that would result; null for a deletion.' },
        diff: { ...listOf(ref('SpecChange')), description: 'What would be another in the spec.' },
        containers: {
          type: 'string',
          enum: [...CONTAINER_EFFECTS],
          description:
            '`made`: where there are none. `removed`: all of them. `replaced`: each is made anew. `changed in place`: they go on. `left alone`: those that stay are not touched.',
        },
        replaced_by: { ...listOf(POINTER), description: 'Pointers of what in `diff` replaces containers.' },
        workers: {
          ...closedObject({ all: INTEGER, offline: INTEGER }),
          description:
            'Workers that run the app, by what they reported last, and how many of them are offline.',
        },
      },
      { description: 'What a change would do, in the answer to a dry run alone. Nothing was changed.' },
    ),
  };
}
