/**
 * Looks through an OpenAPI document with the rules of redocly.yaml.
 */
import { join } from 'node:path';
import { lintFromString, loadConfig } from '@redocly/openapi-core';

/**
 * @param {string} source JSON
 * @returns {Promise<string[]>} what is found, each with its place and the name of the rule
 */
export async function lintDocument(source) {
  const config = await loadConfig({ configPath: join(import.meta.dirname, 'redocly.yaml') });
  const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config });
  return problems.map(
    ({ message, ruleId, location }) => `${location[0]?.pointer ?? '#/'}: ${message} (${ruleId})`,
  );
}
