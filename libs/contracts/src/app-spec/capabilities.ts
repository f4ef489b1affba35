import { listOf } from '../parsing/collections.js';
import { ruleOf, text } from '../parsing/kind.js';
import type { Flaw, Owner } from '../parsing/rule.js';
import { suggestion } from '../parsing/suggestion.js';

/** Capabilities of Linux in the order of their numbers (capabilities(7)), without the prefix, and Docker's word for all. */
const NAMES = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN ' +
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE ' +
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ');
const ALL = 'ALL';

const capability = text({
  allowed: 'a capability of Linux like "NET_ADMIN", with or without "CAP_", or "ALL"',
  flaw: (value) => {
    const name = plain(value);
    if (NAMES.includes(name) || value.toUpperCase() === ALL) return null;
    return `there is none of this name${suggestion(name, [...NAMES, ALL])}`;
  },
});

const capabilities = listOf(capability, {
  allowed: 'a list of capabilities like "NET_ADMIN"',
  once: plain,
  examples: [['NET_ADMIN']],
});

export const capAdd = ruleOf('capAdd', capabilities);

export const capDrop = ruleOf('capDrop', capabilities, { against });

/** Docker takes capabilities in any case, with or without the prefix. */
function plain(value: string): string {
  return value.toUpperCase().replace(/^CAP_/, '');
}

/** Docker drops nothing from a privileged container, and adds what is in both lists. `ALL` in one and some in the other is the usual way to say "only these". */
function* against(value: unknown, owner: Owner): Generator<Flaw> {
  if (owner['privileged'] === true && texts(value).length > 0) {
    yield {
      message: 'must be empty for a privileged container: Docker gives it every capability all the same',
    };
    return;
  }
  const added = new Set(texts(owner['cap_add']).map(plain));
  for (const [index, name] of texts(value).entries()) {
    if (added.has(plain(name))) yield { at: [index], message: 'must not be in cap_add as well' };
  }
}

function texts(value: unknown): string[] {
  const items: unknown[] = Array.isArray(value) ? value : [];
  return items.filter((item) => typeof item === 'string');
}
