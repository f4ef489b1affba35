import { eachItem, listApps, NebulaApiError, type NebulaClient } from '@nebula/sdk';
import { didYouMean } from '../connection/suggest.js';
import { CommandError } from '../usage-error.js';

/** So many names are looked through for one that was meant. */
const LOOKED_THROUGH = 5_000;

/** Longer than that nobody waits for a suggestion. */
const PATIENCE_MS = 2_000;

/**
 * Runs what names an app, and says which one may have been meant when there is none of that name.
 * @throws {CommandError} in place of the 404
 */
export async function naming<Result>(
  client: NebulaClient,
  app: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NebulaApiError) || error.type !== 'urn:nebula:problem:app-not-found') throw error;
    const meant = didYouMean(app, await namesOf(client, PATIENCE_MS));
    throw new CommandError(`there is no app ${JSON.stringify(app)}${meant || '; see nebulactl app list'}`);
  }
}

/** Names of apps, none when they can't be had in time. */
export async function namesOf(client: NebulaClient, patienceMs: number, prefix?: string): Promise<string[]> {
  const names: string[] = [];
  const query = { limit: 1_000, ...(prefix ? { prefix } : {}) };
  try {
    for await (const { app_name } of eachItem(listApps, {
      client,
      query,
      signal: AbortSignal.timeout(patienceMs),
    })) {
      if (names.push(app_name) === LOOKED_THROUGH) break;
    }
  } catch {
    // A suggestion is no reason to fail.
  }
  return names;
}
