import type { ChangeEffect } from '@nebula/contracts';
import { CONTAINER_EFFECTS } from '../apps/previews.service.js';
import { CHANGES } from '../store/app-store.js';
import { closedObject, INSTANT, INTEGER, listOf, NEXT_CURSOR, orNull, ref, type Schema } from './schema.js';

const EFFECTS: readonly ChangeEffect[] = ['replaces', 'in place', 'no container touched', "can't change"];

/** JSON Pointers into a spec. */
const POINTER: Schema = { type: 'string', format: 'json-pointer' };

const REVISION: Schema = { ...INTEGER, minimum: 1 };

/** How a revision came about. */
const NOTE: Readonly<Record<string, Schema>> = {
  revision: REVISION,
  change: {
    ...orNull({ type: 'string', enum: [...CHANGES] }),
    description: 'What was done; null in what was made before this was kept, as are the next two.',
  },
  changed_by: { ...orNull({ type: 'string' }), description: 'Who did it.' },
  reason: { ...orNull({ type: 'string' }), description: 'Why, in their words; null when they gave none.' },
  changed_at: INSTANT,
  deleted: { type: 'boolean', description: 'The app was deleted with it.' },
};

/** Changes of specs: what differs, and what would be. */
export function changeSchemas(appName: Schema): Record<string, Schema> {
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
    RevisionList: closedObject({ items: listOf(ref('ListedRevision')), next_cursor: NEXT_CURSOR }),
    ListedRevision: closedObject(NOTE, { description: 'What was done to an app.' }),
    Revision: closedObject(
      {
        ...NOTE,
        spec: { ...orNull(ref('Spec')), description: 'Null when the revision deleted the app.' },
      },
      { description: 'What an app was.' },
    ),
    RevisionDiff: closedObject(
      {
        app_name: appName,
        from: { ...orNull(REVISION), description: 'Null when there was nothing before.' },
        to: REVISION,
        changes: listOf(ref('SpecChange')),
      },
      { description: 'What differs between two revisions.' },
    ),
    Rollback: closedObject({ to: { ...REVISION, maximum: Number.MAX_SAFE_INTEGER } }),
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
            '`made`: where there are none. `removed`: all of them. `replaced`: each is made anew. `changed in place`: they go on. `left alone`: those that stay are not touched. `taken over`: those of an app that workers run and the database does not know; those that are as the spec says stay, all others are replaced.',
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
