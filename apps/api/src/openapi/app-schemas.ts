import { type ChangeEffect, SPEC_FIELDS, type SpecField, specDefaults } from '@nebula/contracts';
import { closedObject, INSTANT, INTEGER, listOf, NEXT_CURSOR, orNull, ref, type Schema } from './schema.js';
import { mergePatched } from './merge-patch-schema.js';

type Properties = Readonly<Record<string, Schema>>;

const REVISION: Schema = {
  ...INTEGER,
  minimum: 1,
  description: 'Grows with each change, across deletion and re-creation.',
};

const PREVIEW: Schema = { ...ref('Preview'), description: 'Of a dry run alone: what would be.' };

/** What a change does, in a sentence behind the meaning of a field. */
const EFFECTS: Readonly<Record<ChangeEffect, string>> = {
  replaces: 'A change replaces containers.',
  'in place': 'A change is made on running containers.',
  'no container touched': 'A change touches no container that stays.',
  "can't change": "It can't change.",
};

function exceptions({ members = {} }: SpecField): string {
  return Object.entries(members)
    .map(([member, change]) => ` Of \`${member}\`: ${EFFECTS[change]}`)
    .join('');
}

/** The forms of an app: as it is created, put, patched and answered. */
export function appSchemas(rules: Properties): Record<string, Schema> {
  const defaults: Record<string, unknown> = { ...specDefaults() };
  const properties: Properties = Object.fromEntries(
    Object.entries(rules).map(([field, rule]) => [field, describedField(field, rule, defaults)]),
  );
  const optional = Object.keys(defaults);
  return {
    AppSpec: closedObject(properties, { optional, description: 'What every worker shall run of one app.' }),
    AppSpecInPlace: closedObject(properties, {
      optional: ['app_name', ...optional],
      description: 'A whole spec. The name is that of the path; in the body it can be left out.',
    }),
    AppPatch: closedObject(patchProperties(properties), {
      optional: Object.keys(properties),
      description:
        'A JSON merge patch (RFC 7396): null takes a member away, so that it has its default again.',
    }),
    App: closedObject(
      {
        ...Object.fromEntries(Object.entries(properties).map(([field, rule]) => [field, answered(rule)])),
        revision: REVISION,
        created_at: INSTANT,
        updated_at: INSTANT,
        preview: PREVIEW,
      },
      {
        optional: ['preview'],
        description: 'A spec with all its defaults, and what the api knows beside it.',
      },
    ),
    Spec: closedObject(
      Object.fromEntries(Object.entries(properties).map(([field, rule]) => [field, answered(rule)])),
      { description: 'A spec with all its defaults.' },
    ),
    AppList: closedObject({ items: listOf(ref('App')), next_cursor: NEXT_CURSOR }),
    ReleaseWish: closedObject(
      { rolling: { type: 'boolean', default: false } },
      { optional: ['rolling'], description: 'How a release is done. It may be left out.' },
    ),
    Accepted: closedObject(
      { app_name: rules['app_name'] ?? {}, revision: REVISION, preview: PREVIEW },
      { optional: ['preview'], description: 'The revision that workers are on their way to.' },
    ),
    Pruning: closedObject({
      items: listOf(
        closedObject(
          {
            app_name: rules['app_name'] ?? {},
            revision: { ...orNull(REVISION), description: 'Null when the app was not changed.' },
            error: { ...orNull({ type: 'string' }), description: 'Why the app was not changed; else null.' },
            preview: PREVIEW,
          },
          { optional: ['preview'] },
        ),
      ),
    }),
  };
}

function describedField(field: string, rule: Schema, defaults: Record<string, unknown>): Schema {
  const said: SpecField | undefined = (SPEC_FIELDS as Readonly<Record<string, SpecField>>)[field];
  return {
    ...rule,
    ...(said ? { description: `${said.meaning} ${EFFECTS[said.change]}${exceptions(said)}` } : {}),
    ...(field in defaults ? { default: defaults[field] } : {}),
  };
}

/** In an answer nothing is missing, so there is no default. */
function answered({ default: _default, ...rule }: Schema): Schema {
  return rule;
}

function patchProperties(properties: Properties): Properties {
  return Object.fromEntries(
    Object.entries(properties).map(([field, { description, default: _default, ...rule }]) => [
      field,
      { ...(description ? { description } : {}), ...patched(field, rule) },
    ]),
  );
}

/** The name can't be changed at all. */
function patched(field: string, rule: Schema): Schema {
  return field === 'app_name' ? rule : mergePatched(rule);
}
