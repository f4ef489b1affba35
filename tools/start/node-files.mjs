/**
 * The files that the running `node` binary needs to run in an otherwise empty container.
 */
import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * @typedef {object} NodeFiles
 * @property {string} binary the running `node`, links resolved
 * @property {string[]} files absolute paths that must exist in the container under the same names
 * @property {string[]} libraryFolders folders of the shared libraries, for LD_LIBRARY_PATH
 */

/**
 * The shared libraries that `ldd` names, in its two forms: `name => /path (0x…)` for a library and
 * `/path (0x…)` for the loader. What the kernel maps by itself (linux-vdso) has no path.
 * @param {string} output
 * @returns {string[]} absolute paths, each once
 */
export function librariesOf(output) {
  const paths = output.split('\n').flatMap((line) => {
    const match = /^\s+(?:\S+ => )?(\/\S+)(?: \(0x[0-9a-f]+\))?$/.exec(line);
    return match?.[1] ? [match[1]] : [];
  });
  return [...new Set(paths)];
}

/**
 * Parts of Node that a distribution has moved out of the binary into files, which it reads at every start.
 * @returns {string[]}
 */
function builtinFiles() {
  /** @type {unknown} */
  const defines = process.config.target_defaults.defines;
  if (!Array.isArray(defines)) return [];
  return defines.flatMap((define) => {
    const path = /^NODE_SHARED_BUILTIN_\w+_PATH="?([^"]+)"?$/.exec(String(define))?.[1];
    return path && existsSync(path) ? [path] : [];
  });
}

/**
 * @returns {Promise<NodeFiles>} a static `node` has no libraries
 */
export async function nodeFiles() {
  const binary = realpathSync(process.execPath);
  // ldd ends with an error for a static binary, and says so on one of its two outputs.
  const { stdout } = await run('ldd', [binary], { env: { ...process.env, LC_ALL: 'C' } }).catch(
    (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === 'ENOENT')
        throw new Error('the command ldd, which finds the libraries of node, is missing');
      return { stdout: '' };
    },
  );
  const libraries = librariesOf(stdout);
  const missing = /^\s+(\S+) => not found/m.exec(stdout)?.[1];
  if (missing) throw new Error(`ldd can't find the library ${missing} that ${binary} needs`);
  return {
    binary,
    files: [...libraries, ...builtinFiles()],
    libraryFolders: [...new Set(libraries.map((path) => dirname(path)))],
  };
}
