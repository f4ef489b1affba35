import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lintDocument } from './lint-document.mjs';

const SOURCE = readFileSync(join(import.meta.dirname, '..', '..', 'libs', 'sdk', 'openapi.json'), 'utf8');

interface Document {
  tags: { description?: string }[];
  paths: Record<string, Record<string, Record<string, unknown>>>;
}

/** The document with a flaw of each of these kinds. */
function flawed(): { document: Document; rules: string[] } {
  const document = JSON.parse(SOURCE) as Document;
  const operation = (path: string) => document.paths[path]?.['get'] ?? {};
  delete operation('/api/v3/apps')['operationId'];
  delete operation('/api/v3/apps')['summary'];
  delete operation('/api/v3/apps')['description'];
  operation('/api/v3/apps')['tags'] = ['nothing'];
  delete document.tags[0]?.description;
  document.paths['/api/v3/x/'] = {};
  operation('/api/v3/workers')['parameters'] = [{ name: 'a', in: 'query', schema: {} }];
  const content = { 'application/json': { schema: { type: 'string' }, example: 1 } };
  operation('/api/v3/workers')['responses'] = { 200: { description: 'Good.', content } };
  const rules = [
    'operation-operationId',
    'operation-summary',
    'operation-description',
    'operation-tag-defined',
  ];
  rules.push('tag-description', 'no-path-trailing-slash', 'parameter-description', 'operation-4xx-response');
  rules.push('no-invalid-media-type-examples', 'no-unused-components');
  return { document, rules };
}

describe('the linter', () => {
  it('finds nothing in the OpenAPI document', async () => {
    expect(await lintDocument(SOURCE)).toEqual([]);
  });

  it('finds flaws where there are any', async () => {
    const { document, rules } = flawed();
    const found = (await lintDocument(JSON.stringify(document))).map(
      (problem) => /\(([^()]+)\)$/.exec(problem)?.[1] ?? problem,
    );
    expect([...new Set(found)]).toEqual(expect.arrayContaining(rules));
  });
});
