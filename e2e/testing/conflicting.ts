import { compactSpec, type DesiredStateMessage, desiredStateDigest, expandSpec } from '@nebula/contracts';

/**
 * A message of the same revision that wants something else.
 *
 * @param message as a worker has accepted it
 * @param change of its spec
 */
export function conflicting(message: Record<string, unknown>, change: { docker_image: string }): string {
  const { spec, tokens } = message as unknown as DesiredStateMessage;
  const other = { ...expandSpec(spec ?? { app_name: 'shop', docker_image: '' }), ...change };
  const digest = desiredStateDigest(other, tokens);
  return JSON.stringify({ ...message, spec: compactSpec(other), digest });
}
