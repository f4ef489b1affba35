/**
 * Takes from a module of Node only what is used of it. An import of a module of Node makes Node read everything that
 * it exports, also what is loaded by being read: since Node 22 `node:http` exports the WebSocket of a whole HTTP client
 * with an interpreter of WebAssembly, which is 12 MB resident. `require`, which the bundle's first line makes, gives the
 * module itself, and esbuild's helpers read a name of it where the name is used.
 */
import { isBuiltin } from 'node:module';

/** @type {import('esbuild').Plugin} */
export const nodeModulesPlugin = {
  name: 'node-modules',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ path, kind }) =>
      kind === 'import-statement' && isBuiltin(path) ? { path, namespace: 'node' } : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'node' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
      loader: 'js',
    }));
  },
};
