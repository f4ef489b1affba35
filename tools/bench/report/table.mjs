/**
 * The result as a table for people.
 */

/** @import { Line, Unit } from './lines.mjs' */

const HEAD = ['', 'figure', 'Nebula', 'spread', 'baseline', 'ratio', 'limit', 'met'];

/** Columns that hold words; the others hold numbers and are set to the right. */
const WORDS = [0, 1, 7];

/** Digits after the point. @type {Record<Unit, number>} */
const DIGITS = { s: 2, ms: 2, µs: 1, MB: 1, '1/s': 0, count: 0, '×': 2 };

/**
 * @param {readonly Line[]} lines
 * @returns {string} lines of text, without one at the end
 */
export function renderTable(lines) {
  const rows = lines.map((line, index) => [
    line.part === lines[index - 1]?.part ? '' : line.part,
    line.what,
    amount(line.value, line.unit),
    line.spread ? `${plain(line.spread.min, line.unit)}–${plain(line.spread.max, line.unit)}` : '',
    line.baseline === null ? '' : amount(line.baseline, line.unit),
    line.ratio === null ? '' : line.ratio.toFixed(3),
    limitText(line),
    line.met === null ? '' : line.met ? 'yes' : 'NO',
  ]);
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  /** @param {string[]} row */
  const text = (row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return WORDS.includes(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  return [text(HEAD), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(text)].join('\n');
}

/**
 * What each baseline is, once per part.
 * @param {readonly Line[]} lines
 * @returns {string}
 */
export function renderBaselines(lines) {
  const named = lines.flatMap(({ part, baseline_is }) => (baseline_is ? [`${part}: ${baseline_is}`] : []));
  return [...new Set(named)].map((text) => `  baseline of ${text}`).join('\n');
}

/** @param {Line} line */
function limitText({ limit, unit }) {
  if (!limit) return '';
  if (limit.at_least !== undefined) return `≥ ${limit.at_least} ×`;
  return limit.of === 'ratio' ? `≤ ${limit.at_most} ×` : `≤ ${amount(limit.at_most, unit)}`;
}

/**
 * @param {number} value
 * @param {Unit} unit
 */
function amount(value, unit) {
  return unit === 'count' ? plain(value, unit) : `${plain(value, unit)} ${unit}`;
}

/**
 * @param {number} value
 * @param {Unit} unit
 */
function plain(value, unit) {
  return value.toFixed(DIGITS[unit]);
}
