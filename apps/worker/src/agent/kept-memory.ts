import { type CompactTokens, expandTokens, parseAppSpec, type Position } from '@nebula/contracts';
import { limitNames, NO_LIMITS } from '../reconcile/limits.js';
import {
  type AppMemory,
  type Crashes,
  emptyMemory,
  type Failure,
  type GoodVersion,
  type Hold,
  type ImagePin,
  type Starts,
  type Unhealthy,
  type Verdict,
} from '../reconcile/memory.js';

/** What was learned, and about which desired state: with a newer one, failures may count no longer. */
export interface KeptMemory extends Position {
  memory: AppMemory;
}

/** Null for anything that this version didn't write. A failure that it can't read is as if it hadn't happened. */
export function readMemory(value: unknown): KeptMemory | null {
  if (!isRecord(value) || !isRecord(value['memory'])) return null;
  const { epoch, revision, memory } = value;
  if (typeof epoch !== 'number' || typeof revision !== 'number') return null;
  const { subject, pin, failures, roll, prune, rolling, verdict, crashes, starts, lacking, machine } = memory;
  const entries = isRecord(failures) ? Object.entries(failures) : [];
  return {
    epoch,
    revision,
    memory: {
      ...emptyMemory(),
      subject: typeof subject === 'string' ? subject : null,
      pin: isPin(pin) ? pin : null,
      good: readGood(memory['good']),
      roll: typeof roll === 'number' ? roll : 0,
      prune: typeof prune === 'number' ? prune : 0,
      rolling: rolling === true,
      verdict: isVerdict(verdict) ? verdict : null,
      hold: has(memory['hold'], { from: 'number', until: 'number' }) ? (memory['hold'] as Hold) : null,
      unhealthy: readUnhealthy(memory['unhealthy']),
      readied: readTexts(memory['readied']),
      begun: readTimes(memory['begun']),
      // One that was written without it knew what it had made.
      found: readTexts(memory['found']),
      crashes: isRecord(crashes)
        ? Object.fromEntries(
            Object.entries(crashes).filter((entry): entry is [string, Crashes] => isCrashes(entry[1])),
          )
        : {},
      starts: isRecord(starts)
        ? Object.fromEntries(
            Object.entries(starts).filter((entry): entry is [string, Starts] => isStarts(entry[1])),
          )
        : {},
      denied: readDenied(memory['denied']),
      lacking: isRecord(lacking)
        ? Object.fromEntries(Object.entries(lacking).map(([id, limits]) => [id, readDenied(limits)]))
        : {},
      warnings: readTexts(memory['warnings']),
      machine: typeof machine === 'string' ? machine : null,
      failures: Object.fromEntries(
        entries.filter((entry): entry is [string, Failure] => isFailure(entry[1])),
      ),
    },
  };
}

function isPin(value: unknown): value is ImagePin {
  return has(value, { image: 'string', release: 'number', image_id: 'string' });
}

function isFailure(value: unknown): value is Failure {
  return has(value, {
    step: 'string',
    message: 'string',
    attempts: 'number',
    terminal: 'boolean',
    failed_at: 'number',
    retry_at: 'number',
  });
}

/** With the defaults of fields that came later. A spec that would be refused by now is not gone back to. */
function readGood(value: unknown): GoodVersion | null {
  if (!isRecord(value) || typeof value['revision'] !== 'number') return null;
  const { revision, tokens, pin } = value;
  const spec = parseAppSpec(value['spec']);
  if (!spec.ok || !isTokens(tokens)) return null;
  return { revision, spec: spec.value, tokens: expandTokens(tokens), pin: isPin(pin) ? pin : null };
}

function readTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((text): text is string => typeof text === 'string') : [];
}

function readTimes(value: unknown): Record<string, number> {
  const entries = isRecord(value) ? Object.entries(value) : [];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

function readDenied(value: unknown): AppMemory['denied'] {
  const entries = isRecord(value) ? Object.entries(value) : [];
  const names = new Set<string>(limitNames(NO_LIMITS));
  return Object.fromEntries(
    entries.filter(
      ([name, limit]) => names.has(name) && (typeof limit === 'number' || typeof limit === 'string'),
    ),
  );
}

function readUnhealthy(value: unknown): Record<string, Unhealthy> {
  const entries = isRecord(value) ? Object.entries(value) : [];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, Unhealthy] => {
      const [, noted] = entry;
      if (!has(noted, { attempts: 'number', restarts: 'number' })) return false;
      const { since } = noted as { since?: unknown };
      return since === null || typeof since === 'number';
    }),
  );
}

function isTokens(value: unknown): value is CompactTokens {
  return has(value, { restart: 'number', release: 'number' });
}

function isVerdict(value: unknown): value is Verdict {
  if (!has(value, { revision: 'number', reason: 'string', log: 'string', at: 'number' })) return false;
  const { exit_code } = value as { exit_code?: unknown };
  return exit_code === null || typeof exit_code === 'number';
}

function isCrashes(value: unknown): value is Crashes {
  if (!has(value, { restart_count: 'number', times: 'number', at: 'number' })) return false;
  const { exit_code } = value as { exit_code?: unknown };
  return exit_code === null || typeof exit_code === 'number';
}

function isStarts(value: unknown): value is Starts {
  return has(value, { times: 'number', at: 'number', wait_until: 'number' });
}

function has(value: unknown, members: Record<string, string>): boolean {
  return isRecord(value) && Object.entries(members).every(([name, type]) => typeof value[name] === type);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
