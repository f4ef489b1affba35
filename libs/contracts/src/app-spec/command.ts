import { listOf } from '../parsing/collections.js';
import { type Kind, orNull, ruleOf, text } from '../parsing/kind.js';
import type { Flaw, Owner } from '../parsing/rule.js';

/** One argument of a command. */
const argument = text({ allowed: 'text' });

/** Never empty: Docker takes an empty list for none given. */
const commandLine = listOf(argument, {
  min: 1,
  allowed: 'a list of its arguments, like ["serve", "--port", "80"]',
});

/** A program and its arguments, run as they are. */
export const programLine: Kind = {
  ...commandLine,
  *check(value, owner) {
    yield* commandLine.check(value, owner);
    yield* programFlaws(value);
  },
};

/** Arguments hold passwords now and then, so no message has one. */
export const command = ruleOf('command', orNull(commandLine, 'the command of the image'), {
  secret: true,
  against: withoutEntrypoint,
});

const entry = listOf(argument, {
  allowed: 'a list of its arguments, empty for none, like ["/bin/tini", "--"]',
});

export const entrypoint = ruleOf('entrypoint', orNull(entry, 'the entrypoint of the image'), {
  secret: true,
  // An empty text alone is for Docker what an empty list is.
  against: (value, owner) => (isNone(value) ? withoutCommand(value, owner) : programFlaws(value)),
});

/** Beside an empty list Docker keeps the image's command, beside an empty text it has none, and makes no container. */
function* withoutCommand(value: unknown, { command }: Owner): Generator<Flaw> {
  const isText = Array.isArray(value) && value.length === 1;
  if (isText && (command ?? null) === null) {
    yield { message: 'must stand beside command, or be [], which keeps the command of the image' };
  }
}

function isNone(value: unknown): boolean {
  return Array.isArray(value) && (value.length === 0 || (value.length === 1 && value[0] === ''));
}

/** The first of its arguments is the program then. */
function* withoutEntrypoint(value: unknown, owner: Owner): Generator<Flaw> {
  if (isNone(owner['entrypoint'])) yield* programFlaws(value);
}

function* programFlaws(value: unknown): Generator<Flaw> {
  if (Array.isArray(value) && value[0] === '')
    yield { at: [0], message: 'must be the program, which is not empty' };
}
