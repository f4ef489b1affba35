import { styleText } from 'node:util';
import type { Output, Terminal } from './terminal.js';

export type Color = 'red' | 'green' | 'yellow' | 'cyan' | 'gray' | 'bold';

/** Colors a text, or leaves it as it is. */
export type Paint = (color: Color, text: string) => string;

export const plain: Paint = (_color, text) => text;

/**
 * Colors for a terminal that has some. `NO_COLOR` (no-color.org) and `--no-color` turn them off.
 * @param wanted false with `--no-color`
 */
export function paintFor(output: Output, { env }: Pick<Terminal, 'env'>, wanted = true): Paint {
  const isOff = !wanted || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb' || output.isTTY !== true;
  return isOff
    ? plain
    : (color, text) => (text === '' ? text : styleText(color, text, { validateStream: false }));
}

/** By what a state means for those who watch. */
const OF_STATES: Readonly<Record<string, Color>> = {
  converged: 'green',
  online: 'green',
  running: 'green',
  converging: 'yellow',
  failed: 'red',
  offline: 'gray',
  stopped: 'gray',
};

export function paintState(paint: Paint, state: string): string {
  const color = OF_STATES[state];
  return color === undefined ? state : paint(color, state);
}
