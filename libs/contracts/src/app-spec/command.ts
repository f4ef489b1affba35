import { listOf } from '../parsing/collections.js';
import { orNull, ruleOf, text } from '../parsing/kind.js';

/** One argument of a command. */
const argument = text({ allowed: 'text' });

/** A program and its arguments, run as they are. Never empty: Docker takes an empty list for none given. */
export const commandLine = listOf(argument, {
  min: 1,
  allowed: 'a list of its arguments, like ["serve", "--port", "80"]',
});

/** Arguments hold passwords now and then, so no message has one. */
export const command = ruleOf('command', orNull(commandLine, 'the command of the image'), { secret: true });

const entry = listOf(argument, {
  allowed: 'a list of its arguments, empty for none, like ["/bin/tini", "--"]',
});

export const entrypoint = ruleOf('entrypoint', orNull(entry, 'the entrypoint of the image'), {
  secret: true,
});
