import { orNull, ruleOf, text } from '../parsing/kind.js';
import { quoted } from '../parsing/problem.js';
import { suggestion } from '../parsing/suggestion.js';
import { notWithContainerNetwork } from './networks.js';
import { fillTemplates, TEMPLATES } from './templates.js';

/** Characters of a host name: what the kernel takes (HOST_NAME_MAX is 64) and DNS as well. */
export const LONGEST_HOSTNAME = 63;
const LABEL = /^[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?$/;

const name = text({
  allowed: `a host name of at most ${LONGEST_HOSTNAME} characters, with ${TEMPLATES.join(', ')} in it if wanted`,
  flaw,
  examples: ['{{.App}}-{{.Replica}}.{{.Node}}'],
});

export const hostname = ruleOf('hostname', orNull(name, 'the one that the engine gives'), {
  against: notWithContainerNetwork,
});

function flaw(value: string): string | null {
  // The shortest that the templates can become.
  const filled = fillTemplates(value, { node: 'n', replica: 1, app: 'a' });
  const unknown = /\{\{.*?\}\}|\{\{|\}\}/.exec(filled)?.[0];
  if (unknown !== undefined) return `${quoted(unknown)} is no template${suggestion(unknown, TEMPLATES)}`;
  if (filled.length > LONGEST_HOSTNAME) return `it has at least ${filled.length}`;
  if (!filled.split('.').every((label) => LABEL.test(label))) {
    return 'the parts between its dots are letters, digits, "_" and "-", with no "-" at the ends';
  }
  return null;
}
