import type { Preview, SpecChange } from '@nebula/sdk';
import type { Paint } from '../console/colors.js';
import { oneLine } from '../console/table.js';

/** What would change, for people: the fields, then what it means for containers and on how many workers. */
export function describePreview(app: string, preview: Preview, paint: Paint): string {
  if (preview.result === 'unchanged') return `Nothing to change: ${app} is so already.`;
  return [...describeDiff(preview.diff, paint), consequenceOf(app, preview, paint)].join('\n');
}

/** A line for each value that has gone or come. */
export function describeDiff(diff: readonly SpecChange[], paint: Paint): string[] {
  return diff.flatMap((change) => {
    const { pointer, from, to } = change;
    const path = pathOf(pointer);
    return [
      ...('from' in change ? [paint('red', `- ${path}: ${valueOf(from)}`)] : []),
      ...('to' in change ? [paint('green', `+ ${path}: ${valueOf(to)}`)] : []),
    ];
  });
}

function consequenceOf(
  app: string,
  { result, containers, replaced_by, workers }: Preview,
  paint: Paint,
): string {
  const { all, offline } = workers;
  const where = `on ${all === 1 ? '1 worker' : `${all} workers`}${offline > 0 ? `, ${offline} of them offline` : ''}`;
  switch (containers) {
    case 'made':
      return `${app} would be ${result}: workers that list it make its containers.`;
    case 'removed':
      return paint('red', `${app} would be ${result}: its containers are removed ${where}.`);
    case 'replaced': {
      const why = replaced_by.length === 0 ? '' : ` (because of ${replaced_by.map(pathOf).join(', ')})`;
      return paint('yellow', `${app} would be ${result}: its containers are replaced ${where}${why}.`);
    }
    case 'changed in place':
      return `${app} would be ${result}: its containers are changed as they run ${where}.`;
    case 'taken over':
      return paint(
        'yellow',
        `${app} would be ${result}: its containers are taken over ${where}: those that are as the spec says stay, all others are replaced.`,
      );
    case 'left alone':
      return `${app} would be ${result}: no container that stays is touched, ${where}.`;
    default:
      return containers satisfies never;
  }
}

/** `/env_vars/A~1B` as people write it: `env_vars.A/B`. */
function pathOf(pointer: string): string {
  return oneLine(
    pointer
      .slice(1)
      .split('/')
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
      .join('.'),
  );
}

function valueOf(value: unknown): string {
  return typeof value === 'string' && /^[\w./:@=-]+$/.test(value) ? value : oneLine(JSON.stringify(value));
}
