import { kindOf, type ParseResult } from '../parsing/problem.js';
import { type Flaw, type Rule, wrongKind } from '../parsing/rule.js';

/** Most labels of one worker. */
const MAX_LABELS = 64;
/** Longest text of a label, characters. */
const MAX_TEXT = 255;

const KEY = /^[A-Za-z0-9][A-Za-z0-9_./-]{0,62}$/;
const KEY_RULE =
  'must have a name of 1 to 63 letters, digits, "_", ".", "/" and "-" that begins with a letter or digit';

/** What a worker is called after, like a rack or a customer: text by name. The names are those of nothing in Docker. */
export const workerLabels: Rule = {
  name: 'workerLabels',
  allowed: `an object of at most ${MAX_LABELS} texts by name, like {"rack": "7"}`,
  schema: {
    type: 'object',
    maxProperties: MAX_LABELS,
    propertyNames: { pattern: KEY.source },
    additionalProperties: { type: 'string', maxLength: MAX_TEXT },
    examples: [{ rack: '7' }],
  },
  *check(value) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      yield wrongKind(value, this.allowed);
      return;
    }
    const members = Object.entries(value) as [string, unknown][];
    if (members.length > MAX_LABELS) {
      yield { message: `must be ${this.allowed}, not of ${members.length}` };
      return;
    }
    for (const [name, text] of members) yield* checkLabel(name, text);
  },
};

/**
 * Labels as people write them, each as `name=text`.
 * @returns what is wrong has the pointer of its place in the list
 */
export function parseLabels(texts: readonly string[]): ParseResult<Record<string, string>> {
  const labels: Record<string, string> = {};
  const problems = texts.flatMap((text, index) => {
    const label = parseLabel(text);
    if (!label.ok) return label.problems.map((problem) => ({ ...problem, pointer: `/${index}` }));
    const [name, value] = label.value;
    if (Object.hasOwn(labels, name))
      return [{ pointer: `/${index}`, value: text, message: 'is given twice' }];
    labels[name] = value;
    return [];
  });
  if (problems.length === 0 && texts.length > MAX_LABELS) {
    problems.push({ pointer: '', message: `must be at most ${MAX_LABELS} labels, not ${texts.length}` });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: labels };
}

/** One label as `name=text`. */
export function parseLabel(text: string): ParseResult<[name: string, text: string]> {
  const at = text.indexOf('=');
  const label: [string, string] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  const flaws = at < 0 ? [{ message: 'must be name=text, like rack=7' }] : [...checkLabel(...label)];
  const problems = flaws.map(({ message }) => ({ pointer: '', value: text.slice(0, MAX_TEXT), message }));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: label };
}

function* checkLabel(name: string, text: unknown): Generator<Flaw> {
  if (!KEY.test(name) || name in Object.prototype) yield { at: [name], message: KEY_RULE };
  if (typeof text !== 'string') yield { at: [name], message: `must be text, not ${kindOf(text)}` };
  else if (text.length > MAX_TEXT) yield { at: [name], message: `must be at most ${MAX_TEXT} characters` };
  else if (text.includes('\0')) yield { at: [name], message: 'must be text without NUL' };
}
