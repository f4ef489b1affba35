/** One command of a console block and what it prints. */
export interface Exchange {
  /** `^C` for the signal that a terminal sends to what runs in the foreground. */
  command: string;
  expected: string;
}

/** The commands of one console block, each with what it prints. */
export function exchangesOf(block: string): Exchange[] {
  const exchanges: Exchange[] = [];
  for (const line of block.trimEnd().split('\n')) {
    const last = exchanges.at(-1);
    if (line.startsWith('$ ')) exchanges.push({ command: line.slice(2), expected: '' });
    else if (line.startsWith('^C')) exchanges.push({ command: '^C', expected: line.slice(2) });
    else if (last) last.expected += `${last.expected === '' ? '' : '\n'}${line}`;
    else throw new Error(`a console block begins with output: ${line}`);
  }
  return exchanges;
}

/** What is otherwise each time, with what it may be. The names are those of groups. */
const VARYING = {
  anything: { found: /…/, may: '[^]*?' },
  seconds: { found: /\d+\.\d+(?= s)/, may: '\\d+\\.\\d+' },
  time: { found: /\d{4}-\d\d-\d\dT[\d:.]+Z/, may: '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z' },
  id: { found: /(?<![\da-zA-Z])[0-9a-f]{12,}(?![\da-zA-Z])/, may: '[0-9a-f]{12,}' },
  // What follows the revision in an ETag.
  tag: { found: /(?<="\d+-)[0-9a-z]{8}(?=\\?")/, may: '[0-9a-z]{8}' },
  // Of the machine on which the documents were written.
  worker: { found: /(?<="(?:worker_id|hostname|engine_version|architecture)":")[^"]*/, may: '[^"]+' },
  size: { found: /(?<="(?:cores|memory_bytes)":)\d+/, may: '\\d+' },
};

const FOUND = new RegExp(
  Object.entries(VARYING)
    .map(([name, { found }]) => `(?<${name}>${found.source})`)
    .join('|'),
  'g',
);

/**
 * Whether an output is what a text promises: `…` stands for anything, and a number of seconds with a point, a time, a
 * hexadecimal id, the end of an ETag and what tells of the machine for any other one.
 */
export function loosely(expected: string): RegExp {
  let pattern = '';
  let end = 0;
  for (const { 0: text, index, groups = {} } of expected.matchAll(FOUND)) {
    const [name] = Object.entries(groups).find(([, found]) => found !== undefined) ?? [];
    pattern += literally(expected.slice(end, index)) + VARYING[name as keyof typeof VARYING].may;
    end = index + text.length;
  }
  return new RegExp(`^${pattern}${literally(expected.slice(end))}$`);
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
