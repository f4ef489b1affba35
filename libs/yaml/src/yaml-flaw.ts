import type { LineCounter } from 'yaml';

/** Why a text can't be taken. Nothing of the text is in it, which may hold secrets. */
export class YamlFlaw extends Error {
  override readonly name = 'YamlFlaw';

  /** @param where like `line 2, column 5`; absent when it is the text as a whole */
  constructor(reason: string, where?: string) {
    super(where === undefined ? reason : `${where}: ${reason}`);
  }
}

/** @param offset in characters, from the beginning of the text */
export function place(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `line ${line}, column ${col}`;
}

/** By the parser's codes. Its own messages quote the text. */
const REASONS: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'an alias can have neither anchor nor tag',
  BAD_ALIAS: 'the name of an anchor or alias is missing, or ends with ":"',
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

/** @param code of an error or a warning of the parser */
export function reasonOf(code: string): string {
  return REASONS[code] ?? 'this can not be read';
}
