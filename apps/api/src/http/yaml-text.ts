import {
  type Document,
  isAlias,
  isCollection,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  stringify,
} from 'yaml';
import { ProblemError } from './problem.js';
import { PROBLEMS } from './problem-types.js';

export const YAML_TYPE = 'application/yaml';

/** A body in YAML that was not read yet: a parser of its own limits is needed, which few calls have. */
export class YamlText {
  constructor(readonly text: string) {}
}

/** Most aliases in one document: the parser's time grows with the square of their number. */
const MOST_ALIASES = 10_000;

/** So many times as long as its text a document may be with every alias written out. */
const LARGEST_GROWTH = 10;

/** What is wrong, by the parser's codes. Its own messages quote the text, which may hold secrets. */
const REASONS: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'an alias can have neither anchor nor tag',
  BAD_ALIAS: 'the alias is no name, or no anchor of that name stands before it',
  BAD_DIRECTIVE: 'the directive is not known',
  BAD_DQ_ESCAPE: 'the escape in the quoted text is not known',
  BAD_INDENT: 'the indentation does not fit',
  BAD_PROP_ORDER: 'anchor or tag stand in the wrong place',
  BAD_SCALAR_START: 'a text that begins with this character must be quoted',
  BLOCK_AS_IMPLICIT_KEY: 'a second ":" on one line; quote the text, or begin a new line',
  BLOCK_IN_FLOW: 'a block can not stand within brackets',
  KEY_OVER_1024_CHARS: 'the key is too long',
  MISSING_CHAR: 'a character is missing: a quotation mark, a bracket, a comma, ":" or a blank',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line',
  MULTIPLE_ANCHORS: 'a value can have one anchor',
  MULTIPLE_DOCS: 'a second document begins here; put all into one',
  MULTIPLE_TAGS: 'a value can have one tag',
  NON_STRING_KEY: 'a key must be text',
  RESOURCE_EXHAUSTION: 'it is nested too deep',
  TAB_AS_INDENT: 'a tab can not indent; use blanks',
  TAG_RESOLVE_FAILED: 'the tag is not known, or its value is not one of it',
  UNEXPECTED_TOKEN: 'this can not stand here',
  BAD_COLLECTION_TYPE: 'the tag is not one of a list or of an object',
};

/**
 * The value of one document in YAML 1.2, core schema: what JSON could carry as well.
 * @throws {ProblemError} with line and column, when it is none, or when its aliases make it too large
 */
export function parseYaml(text: string): unknown {
  const lines = new LineCounter();
  const document = read(text, lines);
  const [flaw] = [...document.errors, ...document.warnings];
  if (flaw) throw notYaml(REASONS[flaw.code] ?? 'this can not be read', place(lines, flaw.pos[0]));
  const weigher = new Weigher(lines, text.length * LARGEST_GROWTH + 100_000);
  try {
    weigher.weigh(document.contents);
    return document.toJS({ maxAliasCount: -1 }) as unknown;
  } catch (error) {
    throw readable(error);
  }
}

/** A value as a document in YAML 1.2 that parsers of YAML 1.1 read alike. */
export function writeYaml(value: unknown): string {
  return stringify(value, {
    ...{ version: '1.2', schema: 'core', compat: 'yaml-1.1' },
    ...{ aliasDuplicateObjects: false, lineWidth: 0 },
  });
}

function read(text: string, lineCounter: LineCounter): Document.Parsed {
  try {
    return parseDocument(text, {
      ...{ version: '1.2', schema: 'core', merge: false, resolveKnownTags: false, strict: true },
      // Duplicates are found below: the parser compares each key with every other.
      ...{ stringKeys: true, uniqueKeys: false },
      ...{ prettyErrors: false, logLevel: 'error', lineCounter },
    });
  } catch (error) {
    throw readable(error);
  }
}

/** Whatever depth a text has, it is the client's mistake. */
function readable(error: unknown): unknown {
  return error instanceof RangeError ? notYaml('it is nested too deep') : error;
}

/**
 * Looks at a document before its aliases are written out: each stands for all that its anchor has, so a few lines can
 * mean more than fits into any memory.
 */
class Weigher {
  private readonly anchors = new Map<string, number>();
  private aliases = 0;

  constructor(
    private readonly lines: LineCounter,
    private readonly largest: number,
  ) {}

  /** About how long a value is in JSON. */
  weigh(node: unknown): number {
    const weight = this.own(node);
    if (weight > this.largest) throw this.refusal('its aliases make it too large', node);
    if ((isScalar(node) || isCollection(node)) && node.anchor) this.anchors.set(node.anchor, weight);
    return weight;
  }

  private own(node: unknown): number {
    if (isAlias(node)) {
      this.aliases += 1;
      if (this.aliases > MOST_ALIASES) throw this.refusal(`it has more than ${MOST_ALIASES} aliases`, node);
      const weight = this.anchors.get(node.source);
      if (weight === undefined) throw this.refusal('the alias stands within its own anchor', node);
      return weight;
    }
    if (isCollection(node)) {
      const keys = new Set<string>();
      let weight = 2;
      for (const item of node.items) {
        weight += isPair(item) ? this.pair(item, keys) : this.weigh(item);
        if (weight > this.largest) break;
      }
      return weight;
    }
    return isScalar(node) ? String(node.value).length + 2 : 4;
  }

  private pair({ key, value }: { key: unknown; value: unknown }, keys: Set<string>): number {
    const name = isScalar(key) ? String(key.value) : '';
    if (keys.has(name)) throw this.refusal('this key is there already', key);
    keys.add(name);
    return this.weigh(key) + this.weigh(value);
  }

  private refusal(reason: string, node: unknown): ProblemError {
    const range = isAlias(node) || isScalar(node) || isCollection(node) ? node.range : null;
    return notYaml(reason, range ? place(this.lines, range[0]) : undefined);
  }
}

function place(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `line ${line}, column ${col}`;
}

function notYaml(reason: string, where?: string): ProblemError {
  const detail = `The body is not YAML that can be taken: ${where ? `${where}: ` : ''}${reason}.`;
  return new ProblemError(PROBLEMS.malformedYaml, { detail });
}
