import { orNull, ruleOf, text } from '../parsing/kind.js';
import type { Flaw, Owner } from '../parsing/rule.js';
import { isOwnContainer, ownContainerFlaw } from './networks.js';

const CONTAINER = 'container:[a-zA-Z0-9][a-zA-Z0-9_.-]*';

export const pidMode = ruleOf(
  'pidMode',
  orNull(
    text({
      allowed: '"host" or "container:<name>"',
      pattern: new RegExp(`^(host|${CONTAINER})$`),
      examples: ['host'],
    }),
    'processes of its own',
  ),
  { against: ownContainer },
);

export const ipcMode = ruleOf(
  'ipcMode',
  orNull(
    text({
      allowed: '"none", "private", "shareable", "host" or "container:<name>"',
      pattern: new RegExp(`^(none|private|shareable|host|${CONTAINER})$`),
      examples: ['private'],
    }),
    "the engine's default",
  ),
  { against: ownContainer },
);

function* ownContainer(value: unknown, owner: Owner): Generator<Flaw> {
  if (typeof value === 'string' && isOwnContainer(value, owner)) yield { message: ownContainerFlaw(value) };
}
