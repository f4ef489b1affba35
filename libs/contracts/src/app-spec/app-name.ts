import { type ParseResult, shortened } from '../parsing/problem.js';
import { flawsOf, type Rule, wrongKind } from '../parsing/rule.js';

/**
 * Every name is a part of a container's name, of a stream's name and of a DNS label, so it is what the
 * strictest of the three allow: Docker's `[a-zA-Z0-9][a-zA-Z0-9_.-]*` and at most 63 characters.
 */
const PATTERN = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/;

export const appName: Rule = {
  name: 'appName',
  allowed: '1 to 63 letters (a-z, A-Z), digits, "_", "." and "-", beginning with a letter or digit',
  schema: { type: 'string', minLength: 1, maxLength: 63, pattern: PATTERN.source },
  *check(value) {
    if (typeof value !== 'string') yield wrongKind(value, `text: ${this.allowed}`);
    else if (!PATTERN.test(value)) yield { message: `must be ${this.allowed}` };
  },
};

/** A name alone, as it comes in a path. The pointer of its problems is `''`. */
export function parseAppName(input: unknown): ParseResult<string> {
  const [flaw] = flawsOf(appName, input, {});
  if (!flaw && typeof input === 'string') return { ok: true, value: input };
  const value = typeof input === 'string' ? { value: shortened(input) } : {};
  return { ok: false, problems: [{ pointer: '', ...value, message: flaw?.message ?? appName.allowed }] };
}
