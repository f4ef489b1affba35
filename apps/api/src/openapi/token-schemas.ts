import { MOST_PATTERNS } from '../access/token-request.js';
import { closedObject, INSTANT, listOf, NEXT_CURSOR, orNull, ref, type Schema } from './schema.js';

const NAME: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 63,
  pattern: '^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$',
};

/** Tokens, and what is asked for when one is made. */
export function tokenSchemas(): Record<string, Schema> {
  const pattern: Schema = { type: 'string', pattern: '^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}\\*?$' };
  const asked = {
    name: { ...NAME, description: 'Stands in records of who did what. Each is used once at a time.' },
    rights: {
      type: 'string',
      enum: ['ro', 'rw'],
      description: '`ro` reads, `rw` reads and changes apps. Neither makes tokens.',
    },
    apps: orNull({
      ...listOf(pattern),
      minItems: 1,
      maxItems: MOST_PATTERNS,
      description:
        'Names of apps, or beginnings of names with a `*` behind them; null for all. Other apps are not there for this token.',
    }),
    expires_at: orNull({ ...INSTANT, description: 'When it is refused; null for never.' }),
  };
  const kept = {
    ...asked,
    id: { type: 'string', description: 'The part of the token by which it is found. No secret.' },
    created_at: INSTANT,
    created_by: { type: 'string', description: 'Who made it.' },
    last_used_at: orNull({ ...INSTANT, description: 'Up to a minute older than the last use.' }),
  };
  return {
    TokenRequest: closedObject(asked, { optional: ['apps', 'expires_at'] }),
    Token: closedObject(kept),
    NewToken: closedObject(
      {
        token: {
          type: 'string',
          description:
            'Sent as `Authorization: Bearer …`. It is not shown again. In a dry run `***`, as `id` is.',
        },
        ...kept,
        preview: { ...ref('TokenPreview'), description: 'Of a dry run alone: what would be.' },
      },
      { optional: ['preview'] },
    ),
    TokenPreview: closedObject(
      {
        result: { type: 'string', enum: ['created', 'revoked'], description: 'What would be done.' },
        token: {
          ...ref('Token'),
          description: 'The token that there would be, or that nobody could log in with any more.',
        },
      },
      { description: 'What a change of tokens would do. Nothing was changed.' },
    ),
    TokenDryRun: closedObject({ preview: ref('TokenPreview') }),
    TokenList: closedObject({ items: listOf(ref('Token')), next_cursor: NEXT_CURSOR }),
  };
}
