import { orNull, ruleOf, text } from '../parsing/kind.js';

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
);
