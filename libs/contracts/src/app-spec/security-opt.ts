import { listOf } from '../parsing/collections.js';
import { ruleOf, text } from '../parsing/kind.js';
import { suggestion } from '../parsing/suggestion.js';

const LABEL_KEYS = ['user', 'role', 'type', 'level', 'filetype'];
const KEYS = ['no-new-privileges', 'label', 'apparmor', 'seccomp'];

/** What Docker's engine takes (`parseSecurityOpt`); its command line knows more, which it turns into other settings. */
const option = text({
  allowed:
    'an option of Docker\'s like "no-new-privileges:true", "apparmor=<profile>", "seccomp=unconfined" or "label=disable"',
  flaw,
});

export const securityOpt = ruleOf(
  'securityOpt',
  listOf(option, {
    allowed: 'a list of options like "no-new-privileges:true"',
    once: (item) => item,
    examples: [['no-new-privileges:true']],
  }),
);

function flaw(value: string): string | null {
  // As the engine has it: the first "=" parts, and the first ":" where there is none.
  const at = value.includes('=') ? value.indexOf('=') : value.indexOf(':');
  if (value === 'no-new-privileges') return null;
  const key = at < 0 ? value : value.slice(0, at);
  const setting = at < 0 ? '' : value.slice(at + 1);
  if (!KEYS.includes(key)) return `the known ones are ${KEYS.join(', ')}${suggestion(key, KEYS)}`;
  if (setting === '') return `${key} needs a value`;
  if (key === 'no-new-privileges') {
    return ['true', 'false'].includes(setting) ? null : 'no-new-privileges is "true" or "false"';
  }
  if (key === 'label') return labelFlaw(setting);
  return key === 'seccomp' ? seccompFlaw(setting) : null;
}

function labelFlaw(setting: string): string | null {
  const [key = '', value = ''] = setting.split(/:(.*)/s);
  if (setting === 'disable' || (LABEL_KEYS.includes(key) && value !== '')) return null;
  return `label is "disable", or one of ${LABEL_KEYS.join(', ')} with a value, like "label=type:svirt_apache_t"`;
}

/** The engine takes the profile itself; that of a file is read by Docker's command line. */
function seccompFlaw(setting: string): string | null {
  if (setting === 'unconfined') return null;
  try {
    const profile: unknown = JSON.parse(setting);
    if (typeof profile === 'object' && profile !== null && !Array.isArray(profile)) return null;
  } catch {
    // Said below.
  }
  return 'seccomp is "unconfined" or the JSON text of a profile, not the path of one';
}
