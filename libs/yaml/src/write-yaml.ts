import { stringify } from 'yaml';

/** A value as a document in YAML 1.2 that parsers of YAML 1.1 read alike, with a line's end. */
export function writeYaml(value: unknown): string {
  return stringify(value, {
    ...{ version: '1.2', schema: 'core', compat: 'yaml-1.1' },
    ...{ aliasDuplicateObjects: false, lineWidth: 0 },
  });
}
