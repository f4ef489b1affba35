import type { ContainerRef, Plan, Step } from './step.js';

/**
 * A plan as lines for people: one per lane, then one per problem. It holds no environment values and no
 * command, so it can go into logs.
 *
 * @param now milliseconds since 1970, to tell retry times from.
 */
export function formatPlan(plan: Plan, now: number): string[] {
  return [
    ...plan.lanes.map((lane) => lane.map(formatStep).join(' → ')),
    ...plan.problems.map(({ step, message, retry_at }) => {
      const retry = retry_at === null ? '' : ` (again in ${Math.max(0, retry_at - now)} ms)`;
      return `! ${step}: ${message}${retry}`;
    }),
  ];
}

/** One step in a few words. */
export function formatStep(step: Step): string {
  switch (step.kind) {
    case 'pull':
      return `pull ${step.image}${step.release > 0 ? ` for release ${step.release}` : ''}`;
    case 'pin':
      return `pin ${step.image} to ${shortId(step.image_id)}`;
    case 'create-network':
      return `create-network ${step.network}`;
    case 'create':
      return `create ${step.draft.name} from ${shortId(step.draft.image)}`;
    case 'rename':
      return `rename ${formatTarget(step.target)} to ${step.name}`;
    case 'set-restart-policy':
      return `set-restart-policy ${step.policy} on ${formatTarget(step.target)}`;
    case 'update-resources':
      return `update-resources of ${formatTarget(step.target)}: ${Object.keys(step.limits).join(', ')}`;
    case 'connect':
      return `connect ${formatTarget(step.target)} to ${step.network}`;
    case 'prune':
      return 'prune images';
    case 'judge':
      return `judge ${formatTarget(step.target)}: ${step.reason}`;
    case 'start':
    case 'post-start':
    case 'restart':
    case 'unpause':
    case 'pre-stop':
    case 'stop':
    case 'remove':
      return `${step.kind} ${formatTarget(step.target)}`;
    default:
      return neverStep(step);
  }
}

function formatTarget(target: ContainerRef): string {
  return target.by === 'id' ? shortId(target.id) : `the new ${target.replica}`;
}

/** Docker's ids are 64 digits, of which 12 are enough for people. */
function shortId(id: string): string {
  return id.replace(/^(sha256:)?([0-9a-f]{12})[0-9a-f]{52}$/, '$2');
}

function neverStep(step: never): never {
  throw new Error(`Unknown step ${JSON.stringify(step)}.`);
}
