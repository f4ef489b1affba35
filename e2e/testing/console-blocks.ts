/** One command of a console block and what it prints. */
export interface Exchange {
  /** `^C` for the signal that a terminal sends to what runs in the foreground. */
  command: string;
  expected: string;
}

/**
 * The console blocks below one heading of a Markdown text, each as its commands in order.
 * @param heading without the leading `##`
 */
export function consoleBlocks(markdown: string, heading: string): Exchange[][] {
  const [, after = ''] = markdown.split(`\n## ${heading}\n`);
  const [section = ''] = after.split(/\n## /);
  return [...section.matchAll(/^```console\n([^]*?)^```$/gm)].map(([, block = '']) => exchangesOf(block));
}

function exchangesOf(block: string): Exchange[] {
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

/** Whether an output is what a text promises: `…` stands for anything, a number with a point for any such number. */
export function loosely(expected: string): RegExp {
  const parts = expected
    .split(/(…|\d+\.\d+(?= s))/)
    .map((part) => (part === '…' ? '[^]*?' : /^\d+\.\d+$/.test(part) ? '\\d+\\.\\d+' : literally(part)));
  return new RegExp(`^${parts.join('')}$`);
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
