import { listOf } from '../parsing/collections.js';
import { ruleOf, text } from '../parsing/kind.js';
import type { Flaw, Owner } from '../parsing/rule.js';
import { pathFlaw, plainPath } from './mount-path.js';
import { volumeTarget } from './volumes.js';

const FLAGS = (
  'defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync atime noatime diratime nodiratime ' +
  'relatime norelatime strictatime nostrictatime'
).split(' ');

/** Options with a value that Docker takes, and what the value is. */
const SETTINGS: Readonly<Record<string, { form: RegExp; words: string }>> = {
  size: { form: /^[1-9][0-9]*[kmgtpe%]?$/i, words: 'a size like 64m or 10%' },
  mode: { form: /^[0-7]{1,4}$/, words: 'an octal mode like 1777' },
  uid: { form: /^[0-9]+$/, words: 'a number' },
  gid: { form: /^[0-9]+$/, words: 'a number' },
  nr_inodes: { form: /^[0-9]+[kmg]?$/i, words: 'a number like 10k' },
  nr_blocks: { form: /^[0-9]+[kmg]?$/i, words: 'a number like 10k' },
  // tmpfs(5). Docker divides options at commas, so a list of nodes has one range.
  mpol: { form: /^[a-z][a-z ]*(=[a-z]+)?(:[0-9]+(-[0-9]+)?)?$/, words: 'a memory policy like bind:0' },
};

export const tmpfs = ruleOf(
  'tmpfs',
  listOf(text({ allowed: `Docker's form "/run[:size=64m,mode=1777]"`, flaw }), {
    allowed: `a list; each item has Docker's form "/run[:size=64m,mode=1777]"`,
    once: place,
    examples: [['/run:size=64m,mode=1777']],
  }),
  { against },
);

/** A mount in memory, read from Docker's form. */
function read(value: string): { target: string; options: string } {
  const [target = '', options = ''] = value.split(/:(.*)/s);
  return { target, options };
}

function place(value: string): string {
  return plainPath(read(value).target);
}

function flaw(value: string): string | null {
  const { target, options } = read(value);
  const wrong = pathFlaw(target);
  if (wrong) return `the path in the container ${wrong}`;
  if (plainPath(target) === '/') return 'the path in the container can\'t be "/"';
  if (/^\/proc(\/|$)/.test(plainPath(target)))
    return 'the path in the container is at or below "/proc", where nothing else can be mounted';
  if (!value.includes(':')) return null;
  for (const option of options.split(',')) {
    const [name = '', setting] = option.split(/=(.*)/s);
    const known = SETTINGS[name];
    if (setting === undefined ? !FLAGS.includes(name) : !known) {
      return `the options are ${[...Object.keys(SETTINGS).map((key) => `${key}=…`), ...FLAGS].join(', ')}`;
    }
    if (known && setting !== undefined && !known.form.test(setting)) return `${name} is ${known.words}`;
  }
  return null;
}

function* against(value: unknown, owner: Owner): Generator<Flaw> {
  const mounted: unknown[] = Array.isArray(owner['volumes']) ? owner['volumes'] : [];
  const targets = new Map(mounted.map((volume, index) => [volumeTarget(volume), index]));
  for (const [index, item] of (value as string[]).entries()) {
    if (place(item) === '/dev/shm' && (owner['shm_size'] ?? null) !== null) {
      const message = 'must not be "/dev/shm" beside shm_size, which would count for nothing';
      yield { at: [index], message };
    }
    const earlier = targets.get(place(item));
    if (earlier !== undefined) {
      yield {
        at: [index],
        message: `must have a place of its own; item ${earlier} of volumes is mounted there too`,
      };
    }
  }
}
