import { type Document, LineCounter, parseAllDocuments, parseDocument } from 'yaml';
import { Weigher } from './weigher.js';
import { place, reasonOf, YamlFlaw } from './yaml-flaw.js';

/** So many times as long as its text a document may be with every alias written out. */
const LARGEST_GROWTH = 10;

const OPTIONS = {
  version: '1.2',
  schema: 'core',
  merge: false,
  resolveKnownTags: false,
  strict: true,
  stringKeys: true,
  // Duplicates are found below: the parser compares each key with every other.
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'error',
} as const;

/**
 * The value of one document in YAML 1.2, core schema: what JSON could carry as well.
 * @throws {YamlFlaw} with line and column, when it is none, or when its aliases make it too large
 */
export function parseYaml(text: string): unknown {
  return read((lineCounter) => valueOf(parseDocument(text, { ...OPTIONS, lineCounter }), text, lineCounter));
}

/**
 * The values of all documents of a text, by the rules of `parseYaml`. One that is empty is null; of an empty text there
 * is none.
 * @throws {YamlFlaw} as `parseYaml`
 */
export function parseYamlStream(text: string): unknown[] {
  return read((lineCounter) => {
    const documents = parseAllDocuments(text, { ...OPTIONS, lineCounter });
    if (!Array.isArray(documents)) return [];
    return documents.map((document) => valueOf(document, text, lineCounter));
  });
}

function valueOf(document: Document.Parsed, text: string, lines: LineCounter): unknown {
  const [flaw] = [...document.errors, ...document.warnings];
  if (flaw) throw new YamlFlaw(reasonOf(flaw.code), place(lines, flaw.pos[0]));
  new Weigher(lines, text.length * LARGEST_GROWTH + 100_000).weigh(document.contents);
  return document.toJS({ maxAliasCount: -1 }) as unknown;
}

/** Whatever depth a text has, it is the mistake of who wrote it. */
function read<T>(parse: (lines: LineCounter) => T): T {
  try {
    return parse(new LineCounter());
  } catch (error) {
    throw error instanceof RangeError ? new YamlFlaw('it is nested too deep') : error;
  }
}
