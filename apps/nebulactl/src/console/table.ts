import { stripVTControlCharacters } from 'node:util';

const GAP = '   ';

/**
 * Columns with a headline, as wide as what stands in them: the same on a terminal and in a pipe, where `awk` and
 * people read it alike.
 * @param rows each with a cell for every column; colors don't count for the width
 */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [columns, ...rows].map((row) => row.map((cell) => (cell === '' ? '-' : oneLine(cell))));
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => widthOf(line[column] ?? ''))));
  return lines.map((line) => lineOf(line, widths)).join('\n');
}

function lineOf(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell))))
    .join(GAP)
    .trimEnd();
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Names and labels with a value each, below each other. Those without one are left out. */
export function facts(pairs: readonly (readonly [name: string, value: string | number | null])[]): string {
  const shown = pairs.filter(([, value]) => value !== null && value !== '');
  const width = Math.max(...shown.map(([name]) => name.length)) + 1;
  return shown.map(([name, value]) => `${`${name}:`.padEnd(width)}  ${oneLine(String(value))}`).join('\n');
}

/**
 * What comes from servers can hold anything. Line breaks would look like other rows, and control characters would
 * command the terminal; colors of our own stay.
 */
export function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' ').replaceAll(CONTROL, '�');
}

/** All of C0 and C1 but the colors that `styleText` makes. */
const CONTROL = /(?!\u001b\[\d{1,2}m)[\u0000-\u001f\u007f-\u009f]/g;
