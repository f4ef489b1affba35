import { redact, redactText } from './redact.js';

/** What a call of Nest's logger says, taken apart. */
export interface LogLine {
  message: string;
  /** Without secrets; `context` names the part of the program. */
  fields: Record<string, unknown>;
}

/** Names that the line itself uses; a field of that name gets `_` behind it. */
const RESERVED = new Set(['level', 'time', 'name', 'msg', 'context']);

/**
 * Nest hands over the message, then fields, errors and stacks in any order, and last the context as a text. Only
 * errors come with a stack, as a text before the context.
 */
export function logLine(message: unknown, rest: readonly unknown[]): LogLine {
  const values = rest.filter((value) => value !== undefined);
  const texts = values.filter((value) => typeof value === 'string');
  const stack = texts.find(isStack);
  const context = typeof values.at(-1) === 'string' && values.at(-1) !== stack ? texts.pop() : undefined;

  const line: LogLine = { message: '', fields: {} };
  if (context !== undefined) line.fields['context'] = redactText(context);
  const more = texts.filter((text) => text !== stack).map(redactText);
  line.message = [messageOf(message, line.fields), ...more].filter((text) => text !== '').join(' ');
  for (const value of values) if (typeof value === 'object' && value !== null) addFields(line.fields, value);
  if (stack !== undefined && !('err' in line.fields)) line.fields['stack'] = redactText(stack);
  return line;
}

function messageOf(message: unknown, fields: Record<string, unknown>): string {
  if (typeof message !== 'object' || message === null) return redactText(String(message));
  addFields(fields, message);
  const { err } = fields;
  const text: unknown = typeof err === 'object' && err !== null && 'message' in err ? err.message : '';
  return typeof text === 'string' ? text : '';
}

function addFields(fields: Record<string, unknown>, value: object): void {
  // One member around it, so that an error and a list are told from a set of fields by what they became.
  const safe = redact(value);
  if (isError(value) || Array.isArray(value)) fields[isError(value) ? 'err' : 'items'] = safe;
  else {
    for (const [name, member] of Object.entries(safe as Record<string, unknown>)) {
      fields[RESERVED.has(name) ? `${name}_` : name] = member;
    }
  }
}

function isError(value: object): boolean {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

function isStack(text: string): boolean {
  return /\n\s+at /.test(text);
}
