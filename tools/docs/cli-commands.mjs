/**
 * Command lines of nebulactl that stand in pages, held against the program as it is.
 */
import { programTree } from './cli-reference.mjs';

/** @typedef {ReturnType<typeof programTree>} Command */

/** Behind it stands another command, or a file. */
const ENDS = /^([|<>;#&]|&&|\|\|)/;

/**
 * The words behind each `nebulactl` in code of a page.
 * @param {string} markdown
 * @returns {string[][]}
 */
export function commandsIn(markdown) {
  const blocks = [...markdown.matchAll(/^```\w*\n([^]*?)^```$/gm)].map(([, code = '']) => code);
  const spans = [...markdown.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, code = '']) => code,
  );
  const comment = /(^|\s)#.*$/gm;
  const lines = [...blocks.flatMap((block) => block.replaceAll(comment, '').split('\n')), ...spans];
  return lines.flatMap((line) =>
    [...line.matchAll(/(?<![\w/.-])nebulactl(?:\.mjs)? (.*)/g)].map(([, rest = '']) => wordsOf(rest)),
  );
}

/** @param {string} text as a shell takes it, as far as pages need it */
function wordsOf(text) {
  const words = text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  const end = words.findIndex((word) => ENDS.test(word));
  return (end < 0 ? words : words.slice(0, end)).filter((word) => !/^(--|…)$/.test(word));
}

/**
 * @param {string[]} words
 * @returns {string | null} what the program would not take
 */
export function problemOf(words) {
  const program = programTree();
  let command = program;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (!word.startsWith('-') || word === '-') {
      const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
      if (!next && command.commands.length > 0) return `there is no command ${word}`;
      command = next ?? command;
      continue;
    }
    const [name = ''] = word.split('=');
    if (name === '--help') continue;
    const option = [...command.options, ...program.options].find(
      ({ long, short }) => long === name || short === name,
    );
    if (!option) return `there is no option ${name} of ${command.name()}`;
    if (option.required && !word.includes('=')) index += 1;
  }
  return null;
}
