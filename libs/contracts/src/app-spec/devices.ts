import { checkTexts, type Rule } from '../parsing/rule.js';
import { pathFlaw, plainPath } from './mount-path.js';

/** A device, read from Docker's form. */
export interface Device {
  /** Path on the server. */
  host: string;
  /** Path in the container. */
  container: string;
  /** Some of `r`, `w` and `m` (read, write, make nodes). */
  permissions: string;
}

const FORM = 'Docker\'s form "/dev/x[:/dev/y[:rwm]]"';

export const devices: Rule = {
  name: 'devices',
  allowed: `a list; each item has ${FORM}`,
  schema: {
    type: 'array',
    items: { type: 'string', pattern: '^/dev/[^:]+(:/[^:]+)?(:[rwm]{1,3})?$' },
    examples: [['/dev/ttyUSB0:/dev/ttyUSB0:rw']],
  },
  *check(value) {
    const places = new Map<string, number>();
    yield* checkTexts(value, { list: this.allowed, item: `text in ${FORM}` }, function* (text, index) {
      const device = read(text);
      if (typeof device === 'string') {
        yield `must have ${FORM}: ${device}`;
        return;
      }
      const place = plainPath(device.container);
      const earlier = places.get(place);
      if (earlier !== undefined) yield `must have a place of its own; item ${earlier} is "${place}" too`;
      else places.set(place, index);
    });
  },
};

/** @throws {Error} when the text is not in Docker's form, which no device of a validated spec is */
export function parseDevice(text: string): Device {
  const device = read(text);
  if (typeof device === 'string')
    throw new Error(`The device ${JSON.stringify(text)} must have ${FORM}: ${device}.`);
  return device;
}

/** The device, or what is wrong with its text. Docker allows to leave out the path in the container alone. */
function read(text: string): Device | string {
  const [host = '', ...others] = text.split(':');
  if (others.length > 2) return 'it has more than three parts';
  const [container = host, permissions = 'rwm'] =
    others.length === 1 && arePermissions(others[0]) ? [host, others[0]] : others;
  const flaw = pathFlaw(host);
  if (flaw) return `the path on the server ${flaw}`;
  if (!/^\/dev\/./.test(plainPath(host))) return 'the path on the server begins with "/dev/"';
  if (others.length === 1 && !container.startsWith('/')) {
    return 'the second part is a path in the container, or some of "r", "w" and "m", each once';
  }
  const containerFlaw = pathFlaw(container);
  if (containerFlaw) return `the path in the container ${containerFlaw}`;
  if (plainPath(container) === '/') return 'the path in the container can\'t be "/"';
  if (!arePermissions(permissions)) return 'the permissions are some of "r", "w" and "m", each once';
  return { host, container, permissions };
}

function arePermissions(text: string | undefined): boolean {
  return text !== undefined && /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}
