/**
 * What stands between fences in the pages of the project.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const PROJECT = join(import.meta.dirname, '..', '..');
const NOT_OURS = new Set(['node_modules', 'dist']);

/**
 * @typedef {object} CodeBlock
 * @property {string} page path of its Markdown file in the project
 * @property {string} heading above it, without its `#`
 * @property {number} index among the blocks between that heading and the next one, from 0
 * @property {string} language empty where the fence names none
 * @property {string} text without the indentation of the fences
 */

/**
 * Every Markdown file of the project.
 * @param {string} [folder]
 * @returns {string[]} paths in the project
 */
export function markdownFiles(folder = PROJECT) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || NOT_OURS.has(entry.name)) return [];
    if (entry.isDirectory()) return markdownFiles(path);
    return entry.name.endsWith('.md') ? [relative(PROJECT, path)] : [];
  });
}

/**
 * The blocks of a page, in order.
 * @param {string} page path in the project
 * @param {string} [markdown] its text; what the file has when absent
 * @returns {CodeBlock[]}
 */
export function codeBlocksOf(page, markdown = readFileSync(join(PROJECT, page), 'utf8')) {
  /** @type {CodeBlock[]} */
  const blocks = [];
  /** @type {{ language: string, indent: string, lines: string[] } | null} */
  let open = null;
  let [heading, index] = ['', 0];
  for (const line of markdown.split('\n')) {
    const [, indent = '', language = ''] = /^( *)```(\S*)$/.exec(line) ?? [];
    const isFence = /^ *```/.test(line);
    if (open && isFence) {
      const text = open.lines.map((each) => `${each}\n`).join('');
      blocks.push({ page, heading, index, language: open.language, text });
      [open, index] = [null, index + 1];
    } else if (isFence) open = { language, indent, lines: [] };
    else if (open) open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    else if (/^#+ /.test(line)) [heading, index] = [line.replace(/^#+ /, ''), 0];
  }
  return blocks;
}

/**
 * @typedef {object} InlineCommand
 * @property {string} page path of its Markdown file in the project
 * @property {string} text as it stands between the backticks
 */

/** Programs that pages have people type, and those options that are to be added to such a command. */
const TYPED =
  /^(?:sudo |printf .* \| )?(?:(?:argon2|curl|docker|helm|journalctl|kill|kubectl|mongodump|mongosh|nebulactl|node|npm|npx|openssl|rabbitmqctl|rabbitmq-plugins|sh|systemctl|--env|--log-opt|--mount|--network|--user|--volume) |db\.\w+\()/;

/**
 * The commands within the sentences of a page: a program and at least one word for it.
 * @param {string} page path in the project
 * @param {string} [markdown] its text; what the file has when absent
 * @returns {InlineCommand[]}
 */
export function inlineCommandsOf(page, markdown = readFileSync(join(PROJECT, page), 'utf8')) {
  const sentences = markdown.replaceAll(/^ *```[^]*?^ *```$/gm, '');
  return [...sentences.matchAll(/`([^`\n]+)`/g)]
    .map(([, text = '']) => ({ page, text }))
    .filter(({ text }) => TYPED.test(text));
}

/**
 * The commands of a block for a shell, each as the shell reads it: without comments behind it, with the lines that a
 * backslash joins. Not for blocks with a here-document.
 * @param {string} text
 * @returns {string[]}
 */
export function commandsOfBlock(text) {
  return text
    .replaceAll(/\\\n/g, '')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/**
 * What is typed in a block with outputs: the lines behind `$`.
 * @param {string} text
 * @returns {string[]}
 */
export function typedInConsole(text) {
  return [...text.matchAll(/^\$ (.*)$/gm)].map(([, command = '']) => command);
}
