import type { Terminal } from './terminal.js';
import { writeLine } from './terminal.js';

export const FORMATS = ['table', 'json', 'yaml', 'name'] as const;
export type Format = (typeof FORMATS)[number];

/** One answer in each of its forms. */
export interface Shown {
  /** For `json` and `yaml`: as the api has answered it. */
  data: unknown;
  /** For people, without the last line's end. Made only when it is wanted. */
  text: () => string;
  /** One a line, for loops of the shell. */
  names: readonly string[];
}

/** Prints an answer as it was asked for. */
export async function show(terminal: Terminal, format: Format, { data, text, names }: Shown): Promise<void> {
  switch (format) {
    case 'json':
      return writeLine(terminal.stdout, JSON.stringify(data, null, 2));
    case 'yaml':
      return void terminal.stdout.write(await toYaml(data));
    case 'name':
      return names.forEach((name) => writeLine(terminal.stdout, name));
    case 'table': {
      const shown = text();
      return shown === '' ? undefined : writeLine(terminal.stdout, shown);
    }
    default:
      return format satisfies never;
  }
}

/** With a line's end. */
export async function toYaml(data: unknown): Promise<string> {
  const { writeYaml } = await import('@nebula/yaml');
  return writeYaml(data);
}

/** As `Shown` has it: without the one line's end, since further ones may belong to the last value. */
export async function toYamlText(data: unknown): Promise<string> {
  return (await toYaml(data)).replace(/\n$/, '');
}
