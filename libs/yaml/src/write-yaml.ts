import { Document, visit } from 'yaml';

/** A value as a document in YAML 1.2 that parsers of YAML 1.1 read alike, with a line's end. */
export function writeYaml(value: unknown): string {
  const document = new Document(value, {
    ...{ version: '1.2', schema: 'core', compat: 'yaml-1.1' },
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Scalar: (_key, scalar) => {
      if (typeof scalar.value === 'string' && beginsIndented(scalar.value)) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** As lines of a block such a text is written so that its blanks are read as part of the indentation, and are lost. */
function beginsIndented(text: string): boolean {
  return text.includes('\n') && /^\n*[ \t]/.test(text);
}
