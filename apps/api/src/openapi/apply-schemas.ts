import { MOST_APPS } from '../apply/apply-document.js';
import { APPLY_RESULTS } from '../apply/apply.service.js';
import { closedObject, INTEGER, listOf, orNull, ref, type Schema } from './schema.js';

/** Many apps in one document, and what became of them. */
export function applySchemas(appName: Schema): Record<string, Schema> {
  const text: Schema = { type: 'string' };
  const problem = closedObject(
    {
      type: text,
      title: text,
      status: { type: 'integer' },
      detail: text,
      errors: listOf(ref('PlaceOfProblem')),
      needed_right: text,
    },
    { optional: ['errors', 'needed_right'] },
  );
  return {
    AppDocument: closedObject(
      { apps: { ...listOf(ref('AppSpec')), maxItems: MOST_APPS } },
      { description: 'Many apps, each once.' },
    ),
    ApplyDocument: closedObject(
      {
        apps: { ...listOf(ref('AppSpec')), maxItems: MOST_APPS },
        expected: {
          type: 'object',
          propertyNames: appName,
          additionalProperties: { type: ['integer', 'null'], minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
          description:
            'What was looked at: the `revision` in the `preview` of each app, as a dry run answers it; null where there is no such app. When anything that would be done was not looked at, or is another now, all is refused with 412.',
        },
      },
      { optional: ['expected'], description: 'Many apps, each once, and what was looked at before.' },
    ),
    Applied: closedObject({
      dry_run: { type: 'boolean', description: 'Nothing was changed.' },
      items: { ...listOf(ref('AppliedApp')), description: 'In the order of the document, deletions last.' },
    }),
    AppliedApp: closedObject(
      {
        app_name: appName,
        result: {
          type: 'string',
          enum: [...APPLY_RESULTS],
          description:
            'What became of the app, in a dry run what would. `kept`: it would have been deleted, but something else failed.',
        },
        revision: {
          ...orNull({ ...INTEGER, minimum: 1 }),
          description: 'The one that it has now; null when it failed or was kept, and in a dry run.',
        },
        problem: { ...orNull(problem), description: 'Why it failed, else null.' },
        preview: { ...ref('Preview'), description: 'Of a dry run alone: what would be.' },
      },
      { optional: ['preview'], description: 'What became of one app.' },
    ),
  };
}
