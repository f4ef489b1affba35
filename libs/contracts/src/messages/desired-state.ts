import { IsBoolean, Matches } from 'class-validator';
import { appName } from '../app-spec/app-name.js';
import { AppSpec, type CompactSpec, compactSpec } from '../app-spec/app-spec.js';
import { hashOf } from '../digest.js';
import { Instant, OrNull, Part, Whole } from '../parsing/fields.js';
import { Follows } from '../parsing/rule.js';
import { minReader } from './min-reader.js';

/**
 * Version of the message schema that this program writes, and the newest that it may act on. 2 has the fields that
 * came after `command`, ports with protocol and address, networks with aliases, and the tokens `roll` and `prune`.
 */
export const DESIRED_STATE_SCHEMA = 2;

/** Longest desired-state message, bytes of its JSON text. The length limits of streams are made for it. */
export const MAX_MESSAGE_BYTES = 262_144;

/**
 * Wishes that are not part of the spec but must reach workers that were away, once: each is the revision at
 * which it was last asked for, 0 for never.
 */
export class Tokens {
  /** Every container is made anew from the image that is there. */
  @Whole()
  restart!: number;
  /** The image is pulled even when its tag is there, then every container is made anew. */
  @Whole()
  release!: number;
  /** Every container is made anew, one after the other, from the image that is there. Absent is 0. */
  @Whole()
  roll: number = 0;
  /** Images that are not used any more are removed, and containers that have ended. Absent is 0. */
  @Whole()
  prune: number = 0;
}

export const NO_TOKENS: Tokens = { restart: 0, release: 0, roll: 0, prune: 0 };

/** Tokens as they travel: those that came later are left out while they were never asked for. */
export type CompactTokens = Pick<Tokens, 'restart' | 'release'> & Partial<Tokens>;

/** So that a version of the program that adds a token changes no digest. */
export function compactTokens({ restart, release, ...later }: CompactTokens): CompactTokens {
  const asked = Object.entries(later).filter(([, revision]) => revision > 0);
  return { restart, release, ...Object.fromEntries(asked) };
}

/** The inverse of `compactTokens`. */
export function expandTokens(tokens: CompactTokens): Tokens {
  return { ...NO_TOKENS, ...tokens };
}

/** A full snapshot of what an app shall be, as it travels on the app's stream. */
export class DesiredStateMessage {
  @Whole({ min: 1 })
  schema!: number;

  @Whole({ min: 1 })
  min_reader!: number;

  @Follows(appName)
  app_name!: string;

  /** Raised when the database was restored from a backup. Orders before `revision`. */
  @Whole()
  epoch!: number;

  /** Grows by one with each accepted change of the app, across deletion and re-creation. */
  @Whole()
  revision!: number;

  /** `desiredStateDigest` of spec and tokens. */
  @Matches(/^[0-9a-f]{64}$/, { message: 'must be a SHA-256 in lower-case hexadecimal digits' })
  digest!: string;

  /** A tombstone: workers remove the app's containers. `spec` is then null. */
  @IsBoolean({ message: 'must be true or false' })
  deleted!: boolean;

  /** ISO 8601, for people; never used for ordering. */
  @Instant()
  issued_at!: string;

  @Part(() => Tokens)
  tokens!: CompactTokens;

  /** The spec without the fields that have their default value; null on a tombstone. */
  @OrNull()
  @Part(() => AppSpec)
  spec!: CompactSpec | null;
}

/** Place of a desired state in the order of an app's desired states. */
export interface Position {
  epoch: number;
  revision: number;
}

/** Negative when `a` is older than `b`, 0 when they are the same, positive when it is newer. */
export function comparePositions(a: Position, b: Position): number {
  return a.epoch - b.epoch || a.revision - b.revision;
}

/** What tells two desired states with the same position apart: a hash of all that workers act on. */
export function desiredStateDigest(spec: AppSpec | null, tokens: CompactTokens): string {
  return hashOf({ spec: spec && compactSpec(spec), tokens: compactTokens(tokens) });
}

/**
 * All of a message but its place in the order: what is wished, and who may act on it.
 * @throws {UnknownFieldsError} when the spec has fields that only a newer version knows
 */
export function messageContents(
  spec: AppSpec | null,
  tokens: CompactTokens,
): Omit<DesiredStateMessage, 'app_name' | 'epoch' | 'revision' | 'issued_at'> {
  const compact = { spec: spec && compactSpec(spec), tokens: compactTokens(tokens) };
  return {
    schema: DESIRED_STATE_SCHEMA,
    min_reader: minReader(compact.spec, compact.tokens),
    digest: hashOf(compact),
    deleted: spec === null,
    ...compact,
  };
}
