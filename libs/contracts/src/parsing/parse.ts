import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, type ValidationError, validateSync } from 'class-validator';
import { cleanCopy } from './clean.js';
import {
  type FieldProblem,
  kindOf,
  type ParseResult,
  type Path,
  pointerTo,
  ProblemList,
  shortened,
} from './problem.js';
import { flawsOf, ruleNamed } from './rule.js';
import { suggestion } from './suggestion.js';

export interface ParseOptions {
  /** `reject` for what people write, `ignore` for what another version of the program wrote. */
  unknownFields: 'reject' | 'ignore';
}

/**
 * Makes an instance of a decorated class from an input of any kind, or lists all that is wrong with it. Fields
 * that are absent have their initial value; null is a value like any other. The result shares nothing with the
 * input. Never throws for a JSON value, whatever its depth and size.
 */
export function parse<T extends object>(
  cls: new () => T,
  input: unknown,
  { unknownFields }: ParseOptions,
): ParseResult<T> {
  const list = new ProblemList();
  const copy = cleanCopy(input, list);
  if (copy === null) return { ok: false, problems: list.problems };

  const instance = plainToInstance(cls, copy);
  const errors = validateSync(instance, {
    whitelist: true,
    forbidNonWhitelisted: unknownFields === 'reject',
  });
  // What the copy refused is null in it; the validator's word about that null would only confuse.
  const refused = new Set(list.problems.map(({ pointer }) => pointer));
  for (const problem of problemsIn(errors, [])) {
    if (list.full) break;
    if (!refused.has(problem.pointer)) list.add(problem);
  }
  return list.problems.length > 0 ? { ok: false, problems: list.problems } : { ok: true, value: instance };
}

function* problemsIn(errors: readonly ValidationError[], parent: Path): Generator<FieldProblem> {
  for (const error of errors) {
    const path = [...parent, error.property];
    let wholly = false;
    for (const own of ownProblems(error, path)) {
      wholly ||= own.pointer === pointerTo(path);
      yield own;
    }
    // Of a value that is wrong as a whole the parts say nothing.
    if (!wholly) yield* problemsIn(error.children ?? [], path);
  }
}

/** Our own rules tell every flaw and its place; the validator's each have one message for the field. */
function* ownProblems(error: ValidationError, path: Path): Generator<FieldProblem> {
  const messages = new Set<string>();
  let nested = false;
  for (const [constraint, message] of Object.entries(error.constraints ?? {})) {
    const rule = ruleNamed(constraint);
    if (rule) {
      for (const { at = [], message: flaw } of flawsOf(rule, error.value, error.target ?? {})) {
        const value = rule.secret ? undefined : valueAt(error.value, at);
        yield problem([...path, ...at], flaw, value);
      }
    } else if (constraint === 'whitelistValidation') {
      // Its value isn't shown: a mistyped name may hold a secret.
      yield problem(path, `is not a known field${suggestion(error.property, knownFields(error.target))}`);
    } else if (constraint === 'nestedValidation' || constraint === 'isObject') {
      nested = true;
    } else {
      const prefix = `${error.property} `;
      messages.add(message.startsWith(prefix) ? message.slice(prefix.length) : message);
    }
  }
  const absent = error.value === undefined;
  if (nested) {
    // The value isn't shown: what stands in place of a spec may hold its secrets.
    yield problem(path, absent ? 'is required: an object' : `must be an object, not ${kindOf(error.value)}`);
  } else if (messages.size > 0) {
    const text = [...messages].join(' and ');
    yield problem(path, absent ? `is required: it ${text}` : text, error.value);
  }
}

function problem(path: Path, message: string, value?: unknown): FieldProblem {
  const pointer = pointerTo(path);
  return value === undefined ? { pointer, message } : { pointer, value: shortened(value), message };
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const token of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[token];
  }
  return current;
}

function knownFields(target: object | undefined): string[] {
  if (!target) return [];
  const metadata = getMetadataStorage().getTargetValidationMetadatas(target.constructor, '', true, false);
  return [...new Set(metadata.map(({ propertyName }) => propertyName))];
}
