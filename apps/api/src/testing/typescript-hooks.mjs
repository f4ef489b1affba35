/**
 * Module hooks with which Node runs the sources of this workspace, compiled in memory by SWC as the tests do:
 * `node --conditions=source --import <register-typescript.mjs> <file>.ts`. For processes that tests start.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

const CONFIGURATION = fileURLToPath(new URL('../../../../.swcrc', import.meta.url));

/**
 * @param {string} specifier
 * @param {import('node:module').ResolveHookContext} context
 * @param {(specifier: string, context: import('node:module').ResolveHookContext) => Promise<import('node:module').ResolveFnOutput>} next
 */
export async function resolve(specifier, context, next) {
  const inSource = context.parentURL?.endsWith('.ts') && specifier.startsWith('.');
  return next(inSource ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

/**
 * @param {string} url
 * @param {import('node:module').LoadHookContext} context
 * @param {(url: string, context: import('node:module').LoadHookContext) => Promise<import('node:module').LoadFnOutput>} next
 * @returns {Promise<import('node:module').LoadFnOutput>}
 */
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const text = await readFile(filename, 'utf8');
  const { code } = await transform(text, { filename, configFile: CONFIGURATION });
  return { format: 'module', source: code, shortCircuit: true };
}
