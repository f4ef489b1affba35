import type { FastifyInstance } from 'fastify';
import { API_PREFIX } from './api-prefix.js';
import { MAX_BODY_BYTES, MAX_DOCUMENT_BYTES } from './body-limit.js';
import { ProblemError } from './problem.js';
import { PROBLEMS } from './problem-types.js';
import { YAML_TYPE, YamlText } from './yaml-text.js';

export const JSON_TYPE = 'application/json';
export const MERGE_PATCH_TYPE = 'application/merge-patch+json';

/** Paths that take a document of many apps. */
const DOCUMENT_PATHS = [`/${API_PREFIX}/apply`];

/** Takes JSON in UTF-8, and keeps YAML for who asks for it. A body without bytes is `undefined`. */
export function registerBodyParsers(server: FastifyInstance): void {
  const parseJson = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addHook('onRoute', (route) => {
    if (DOCUMENT_PATHS.includes(route.url)) route.bodyLimit = MAX_DOCUMENT_BYTES;
  });
  server.addContentTypeParser<Buffer>(
    YAML_TYPE,
    { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES },
    (_request, bytes, done) => {
      const text = decode(bytes);
      if (text === null) done(notJson('The body is not text in UTF-8.'), undefined);
      else done(null, new YamlText(text));
    },
  );
  server.addContentTypeParser<Buffer>(
    [JSON_TYPE, MERGE_PATCH_TYPE],
    { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES },
    (request, bytes, done) => {
      if (bytes.length === 0) {
        done(null, undefined);
        return;
      }
      const text = decode(bytes);
      if (text === null) {
        done(notJson('The body is not text in UTF-8.'), undefined);
        return;
      }
      void parseJson(request, text, (error: Error | null, value: unknown) => {
        if (error) done(notJson(reasonOf(text)), undefined);
        else done(null, value);
      });
    },
  );
}

function notJson(detail: string): ProblemError {
  return new ProblemError(PROBLEMS.malformedJson, { detail });
}

function decode(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Why a text isn't taken. The parser's own message quotes the text, which may hold secrets. */
function reasonOf(text: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
    return `The body is not JSON${position === undefined ? '' : `: see ${place(text, Number(position))}`}.`;
  }
  return 'The body has a name that can not be used: "__proto__", or "constructor" with a "prototype".';
}

function place(text: string, position: number): string {
  const lines = text.slice(0, position).split('\n');
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}
