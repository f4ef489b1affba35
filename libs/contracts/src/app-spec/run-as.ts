import { orNull, ruleOf, text } from '../parsing/kind.js';

/** Highest id of a user or group that the OCI runtime takes. */
const HIGHEST_ID = 2_147_483_647;

export const user = ruleOf(
  'user',
  orNull(
    text({
      allowed: 'a name or number of a user with an optional group, like "app", "1000" or "app:www"',
      pattern: /^[^\s:\u0000]+(:[^\s:\u0000]+)?$/,
      flaw: (value) =>
        value.split(':').some((part) => /^[0-9]+$/.test(part) && Number(part) > HIGHEST_ID)
          ? `the highest number is ${HIGHEST_ID}`
          : null,
      examples: ['1000:1000'],
    }),
    'the user of the image',
  ),
);

export const workingDir = ruleOf(
  'workingDir',
  orNull(
    text({
      allowed: 'an absolute path in the container, like "/srv/app"',
      pattern: /^\/[^\u0000]*$/,
      examples: ['/srv/app'],
    }),
    'the directory of the image',
  ),
);
