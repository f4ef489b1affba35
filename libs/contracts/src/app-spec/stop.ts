import { number, orNull, ruleOf, text } from '../parsing/kind.js';
import { suggestion } from '../parsing/suggestion.js';

/** Signals of Linux, by the names that Docker's engine knows. */
const NAMES = (
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP ' +
  'TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX'
).split(' ');
const REAL_TIME = /^(RTMIN\+(1[0-5]|[1-9])|RTMAX-(1[0-4]|[1-9]))$/;
const HIGHEST = 64;

export const stopSignal = ruleOf(
  'stopSignal',
  orNull(
    text({
      allowed: `a signal by name or number, like "SIGQUIT", "QUIT" or "3"`,
      flaw: (value) => {
        if (/^[0-9]+$/.test(value)) {
          return /^[1-9]/.test(value) && Number(value) <= HIGHEST ? null : `the numbers are 1 to ${HIGHEST}`;
        }
        const name = value.toUpperCase().replace(/^SIG/, '');
        if (NAMES.includes(name) || REAL_TIME.test(name)) return null;
        return `there is no such signal${suggestion(name, NAMES)}`;
      },
      examples: ['SIGQUIT'],
    }),
    "the image's",
  ),
);

/** A day: a container that takes longer to stop is waited for by nobody. */
const LONGEST_GRACE = 86_400;

export const stopGracePeriodSeconds = ruleOf(
  'stopGracePeriodSeconds',
  orNull(number({ min: 0, max: LONGEST_GRACE, of: 'seconds' }), "the engine's, 10"),
);
