import { orNull, ruleOf, text } from '../parsing/kind.js';

export const platform = ruleOf(
  'platform',
  orNull(
    text({
      allowed: 'os/arch or os/arch/variant in lower case, like "linux/arm64"',
      pattern: /^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9.]+)?$/,
      max: 64,
      examples: ['linux/arm64'],
    }),
    "that of the worker's server",
  ),
);
