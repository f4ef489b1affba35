import { parseAppName } from '@nebula/contracts';

type Content = Record<string, unknown>;

/**
 * What is wrong with an entry of a backup, to be read behind "line n of the backup"; null when it can be restored.
 * Rules for specs that are stricter by now don't count: the database would still have such an app.
 */
export function entryProblem(content: Content): string | null {
  switch (content['kind']) {
    case 'app':
      return revisionProblem(content['app']);
    case 'revision':
      return revisionProblem(content['revision']);
    case 'token':
      return tokenProblem(content['token']);
    case 'numbers':
      return isCount(content['epoch']) && isCount(content['highest_purged'])
        ? null
        : 'has an epoch or a highest purged revision that is no whole number';
    default:
      return `is of the kind ${JSON.stringify(content['kind'])}, which is not known`;
  }
}

function revisionProblem(revision: unknown): string | null {
  if (!isContent(revision)) return 'has no app';
  const { app_name, revision: number, spec, tokens, deleted, created_at, updated_at } = revision;
  if (typeof app_name !== 'string' || !parseAppName(app_name).ok)
    return `has an app_name that can't be one: ${JSON.stringify(app_name)}`;
  const of = `(app ${app_name})`;
  if (!isCount(number) || number === 0) return `has no revision ${of}`;
  if (!isContent(tokens) || !Object.values(tokens).every(isCount)) return `has no tokens ${of}`;
  if (typeof deleted !== 'boolean') return `doesn't say whether the app is deleted ${of}`;
  if (!isTime(created_at) || !isTime(updated_at)) return `lacks a time ${of}`;
  if (deleted) return spec === null ? null : `has a spec of a deleted app ${of}`;
  if (!isContent(spec) || spec['app_name'] !== app_name) return `has no spec of its app ${of}`;
  return typeof spec['docker_image'] === 'string' ? null : `has a spec without docker_image ${of}`;
}

function tokenProblem(token: unknown): string | null {
  if (!isContent(token)) return 'has no token';
  const texts = ['name', 'id', 'hash', 'created_by'].every((key) => typeof token[key] === 'string');
  if (!texts || !isTime(token['created_at'])) return 'has a token that lacks something';
  const { rights, apps } = token;
  const isLimit = apps === null || (Array.isArray(apps) && apps.every((app) => typeof app === 'string'));
  return (rights === 'ro' || rights === 'rw') && isLimit ? null : 'has a token with unknown rights';
}

function isContent(value: unknown): value is Content {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}
