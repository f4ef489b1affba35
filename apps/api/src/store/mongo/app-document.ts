import { type CompactTokens, expandTokens } from '@nebula/contracts';
import { Schema } from 'mongoose';
import type { AppRecord, ChangeNote, PublishedMark } from '../app-store.js';
import { fromSpecText, toSpecText } from '../spec-text.js';
import { fromFieldName, toFieldName } from './field-name.js';

/**
 * An app in the collection `apps`. Regions, which people name, are encoded by `toFieldName`. Fields that a newer
 * version of the program added stay, as changes set single fields.
 */
export interface AppDocument extends Partial<ChangeNote> {
  /** The app's name. */
  _id: string;
  /**
   * JSON, as nothing in it is asked for and people choose some of its keys: FerretDB doesn't write a change of keys
   * alone, as it compares nothing but their values.
   */
  spec: string | null;
  revision: number;
  tokens: CompactTokens;
  deleted: boolean;
  created_at: string;
  updated_at: string;
  /** By region. */
  published: Record<string, MarkDocument>;
  /**
   * By region, the epoch of a mark that is of this document's own revision, so that one index finds what is
   * behind. A new revision empties it in the same step.
   */
  current: Record<string, number>;
}

export interface MarkDocument extends PublishedMark {
  /** Of who claimed it last for verification. */
  claim?: string;
}

const { Mixed } = Schema.Types;

export const APP_SCHEMA = new Schema<AppDocument>(
  {
    _id: String,
    spec: String,
    revision: Number,
    tokens: Mixed,
    deleted: Boolean,
    created_at: String,
    updated_at: String,
    change: String,
    changed_by: String,
    reason: String,
    published: Mixed,
    current: Mixed,
  },
  { versionKey: false, minimize: false },
);

export function toRecord(document: AppDocument): AppRecord {
  const { _id, spec, revision, tokens, deleted, created_at, updated_at, published } = document;
  return {
    ...{ app_name: _id, revision, deleted, created_at, updated_at, ...toNote(document) },
    tokens: expandTokens(tokens),
    spec: fromSpecText(spec),
    published: Object.fromEntries(
      Object.entries(published).map(([region, mark]) => [fromFieldName(region), toMark(mark)]),
    ),
  };
}

/** Documents of versions that kept none have no such fields. */
export function toNote({ change, changed_by, reason }: Partial<ChangeNote>): ChangeNote {
  return { change: change ?? null, changed_by: changed_by ?? null, reason: reason ?? null };
}

/** What a change of the app replaces: all but the marks. */
export function toContent(record: AppRecord): Omit<AppDocument, '_id' | 'published'> {
  const { spec, revision, tokens, deleted, created_at, updated_at } = record;
  const content = { revision, tokens, deleted, created_at, updated_at, ...toNote(record) };
  return { ...content, spec: toSpecText(spec), current: {} };
}

/**
 * All that a document says but the marks, as a filter: a restored database can have come to the same revision another
 * way, and the spec can have been rewritten.
 */
export function exactly({ published: _marks, current: _epochs, ...said }: AppDocument): Partial<AppDocument> {
  return said;
}

export function toDocument(record: AppRecord): AppDocument {
  const marks = Object.entries(record.published).map(
    ([region, mark]) => [toFieldName(region), toMark(mark)] as const,
  );
  const current = marks.filter(([, { revision }]) => revision === record.revision);
  return {
    _id: record.app_name,
    ...toContent(record),
    published: Object.fromEntries(marks),
    current: Object.fromEntries(current.map(([region, { epoch }]) => [region, epoch])),
  };
}

function toMark({ epoch, revision, verified_at }: PublishedMark): PublishedMark {
  return { epoch, revision, verified_at };
}
