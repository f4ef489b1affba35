import { type Registry } from 'prom-client';

/** Media type of Prometheus' text format. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What each gives away, as one text. No name may be in two of them. */
export async function expose(...sources: readonly Pick<Registry, 'metrics'>[]): Promise<string> {
  return (await Promise.all(sources.map((source) => source.metrics()))).join('\n');
}
