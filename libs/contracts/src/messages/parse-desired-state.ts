import { compactSpec, expandSpec } from '../app-spec/app-spec.js';
import { hashOf } from '../digest.js';
import { parse } from '../parsing/parse.js';
import type { FieldProblem, ParseResult } from '../parsing/problem.js';
import { compactTokens, DESIRED_STATE_SCHEMA, DesiredStateMessage } from './desired-state.js';

/**
 * A desired state as it arrived. Fields that a newer program added are left out, in the spec as well; the spec
 * stays compact. A message that this version may not act on has one problem, at `/min_reader`: whatever else it
 * holds may mean something else by then.
 */
export function parseDesiredState(input: unknown): ParseResult<DesiredStateMessage> {
  const minReader = member(input, 'min_reader');
  if (typeof minReader === 'number' && minReader > DESIRED_STATE_SCHEMA) {
    const message = `needs a worker that reads schema ${minReader}; this one is too old and reads ${DESIRED_STATE_SCHEMA}`;
    return failed([{ pointer: '/min_reader', value: minReader, message }]);
  }
  const result = parse(DesiredStateMessage, input, { unknownFields: 'ignore' });
  if (!result.ok) return result;
  const { value } = result;
  const problems = [...contradictions(value, input)];
  if (problems.length > 0) return failed(problems);
  const spec = value.spec && compactSpec(expandSpec(value.spec));
  return { ok: true, value: { ...value, tokens: compactTokens(value.tokens), spec } };
}

function* contradictions(message: DesiredStateMessage, input: unknown): Generator<FieldProblem> {
  const { app_name, deleted, digest, spec } = message;
  if (deleted && spec !== null) yield { pointer: '/spec', message: 'must be null on a tombstone' };
  if (!deleted && spec === null)
    yield { pointer: '/spec', message: 'must be an object unless the app is deleted' };
  if (spec !== null && spec.app_name !== app_name) {
    const message = `must be the app_name of the message, ${JSON.stringify(app_name)}`;
    yield { pointer: '/spec/app_name', value: spec.app_name, message };
  }
  // Of what arrived, not of what was understood: a newer program's digest covers fields that are left out here.
  const found = hashOf({ spec: member(input, 'spec'), tokens: member(input, 'tokens') });
  if (found !== digest) {
    // Neither is told: with all else known, a digest confirms a guess of a secret.
    yield { pointer: '/digest', message: 'must be the digest of spec and tokens' };
  }
}

function member(input: unknown, name: string): unknown {
  if (typeof input !== 'object' || input === null) return undefined;
  return Object.entries(input).find(([key]) => key === name)?.[1];
}

function failed(problems: FieldProblem[]): ParseResult<never> {
  return { ok: false, problems };
}
