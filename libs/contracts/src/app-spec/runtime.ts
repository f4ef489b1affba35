import { orNull, ruleOf, text } from '../parsing/kind.js';

export const runtime = ruleOf(
  'runtime',
  orNull(
    text({
      allowed: 'the name of a runtime that the engine knows, like "runc" or "io.containerd.runc.v2"',
      pattern: /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/,
      max: 128,
      examples: ['runc'],
    }),
    "the engine's default",
  ),
);
