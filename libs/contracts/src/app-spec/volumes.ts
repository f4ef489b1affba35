import { checkTexts, type Rule } from '../parsing/rule.js';
import { pathFlaw, plainPath } from './mount-path.js';

/** A mount, read from Docker's form. */
export interface Volume {
  /** Absolute path on the server, or the name of a volume. */
  source: string;
  /** Absolute path in the container. */
  target: string;
  /** Comma-separated options; `rw` when none is given. */
  mode: string;
}

const FORM = 'Docker\'s form "/host:/container[:ro]", or "name:/container[:ro]" with the name of a volume';
const VOLUME_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** At most one of each group, as Docker has it. */
const GROUPS = {
  access: ['ro', 'rw'],
  label: ['z', 'Z'],
  copy: ['nocopy'],
  // Docker takes these for Desktop's sake; on Linux they do nothing.
  consistency: ['consistent', 'cached', 'delegated'],
  propagation: ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'],
} as const;
const OPTIONS = Object.entries(GROUPS).flatMap(([group, names]) => names.map((name) => ({ group, name })));

export const volumes: Rule = {
  name: 'volumes',
  allowed: `a list; each item has ${FORM}`,
  schema: {
    type: 'array',
    items: { type: 'string', pattern: '^(/[^:]*|[a-zA-Z0-9][a-zA-Z0-9_.-]+):/[^:]+(:[a-zA-Z,]+)?$' },
    examples: [['/srv/data:/data:ro']],
  },
  *check(value) {
    const targets = new Map<string, number>();
    yield* checkTexts(value, { list: this.allowed, item: `text in ${FORM}` }, function* (text, index) {
      const volume = read(text);
      if (typeof volume === 'string') {
        yield `must have ${FORM}: ${volume}`;
        return;
      }
      const target = plainPath(volume.target);
      const earlier = targets.get(target);
      if (earlier !== undefined)
        yield `must have a place of its own; item ${earlier} is mounted at "${target}" too`;
      else targets.set(target, index);
    });
  },
};

/** @throws {Error} when the text is not in Docker's form, which no volume of a validated spec is */
export function parseVolume(text: string): Volume {
  const volume = read(text);
  if (typeof volume === 'string')
    throw new Error(`The volume ${JSON.stringify(text)} must have ${FORM}: ${volume}.`);
  return volume;
}

/** Where a volume is mounted, as `plainPath`; null for what is none. */
export function volumeTarget(value: unknown): string | null {
  const volume = typeof value === 'string' ? read(value) : '';
  return typeof volume === 'string' ? null : plainPath(volume.target);
}

/** The volume, or what is wrong with its text. */
function read(text: string): Volume | string {
  const [source = '', target, mode, ...rest] = text.split(':');
  if (target === undefined) return 'the path in the container is missing';
  if (rest.length > 0) return 'it has more than three parts';
  if (source.startsWith('/')) {
    const flaw = pathFlaw(source);
    if (flaw) return `the path on the server ${flaw}`;
  } else if (!VOLUME_NAME.test(source)) {
    return /[./]/.test(source[0] ?? '/')
      ? 'the path on the server begins with "/"'
      : 'the name of a volume is two or more letters, digits, "_", "." and "-", beginning with a letter or digit';
  }
  const flaw = pathFlaw(target);
  if (flaw) return `the path in the container ${flaw}`;
  if (plainPath(target) === '/') return 'the path in the container can\'t be "/"';
  return (mode === undefined ? null : modeFlaw(mode, source)) ?? { source, target, mode: mode ?? 'rw' };
}

function modeFlaw(mode: string, source: string): string | null {
  const seen = new Map<string, string>();
  for (const name of mode.split(',')) {
    const option = OPTIONS.find((known) => known.name === name);
    if (!option)
      return `the options are ${OPTIONS.map((known) => known.name).join(', ')}, with commas between them`;
    const other = seen.get(option.group);
    if (other !== undefined) return `"${other}" and "${name}" exclude each other`;
    seen.set(option.group, name);
  }
  const isPath = source.startsWith('/');
  if (isPath && seen.has('copy')) return '"nocopy" is for volumes with a name';
  if (!isPath && seen.has('propagation')) return `"${seen.get('propagation')}" is for paths on the server`;
  return null;
}
