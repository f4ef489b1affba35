import type { ContainerRef, Plan, Step } from './step.js';

const NO_NAMES: ReadonlyMap<string, string> = new Map();

/**
 * A plan as lines for people: one per lane, then one per problem. It holds no environment values and no
 * command, so it can go into logs.
 *
 * @param now milliseconds since 1970, to tell retry times from.
 */
export function formatPlan(plan: Plan, now: number): string[] {
  return [
    ...plan.lanes.map((lane) => lane.map((step) => formatStep(step)).join(' → ')),
    ...plan.problems.map(({ step, message, retry_at }) => {
      const retry = retry_at === null ? '' : ` (again in ${Math.max(0, retry_at - now)} ms)`;
      return `! ${step}: ${message}${retry}`;
    }),
  ];
}

/**
 * One step in a few words.
 *
 * @param names of containers by id; where there is none, the id says which one it is.
 */
export function formatStep(step: Step, names: ReadonlyMap<string, string> = NO_NAMES): string {
  const target = (ref: ContainerRef): string =>
    (ref.by === 'id' ? names.get(ref.id) : undefined) ?? formatTarget(ref);
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
      return `rename ${target(step.target)} to ${step.name}`;
    case 'set-restart-policy':
      return `set-restart-policy ${step.policy} on ${target(step.target)}`;
    case 'update-resources':
      return `update-resources of ${target(step.target)}: ${Object.keys(step.limits).join(', ')}`;
    case 'connect':
      return `connect ${target(step.target)} to ${step.network}`;
    case 'disconnect':
      return `disconnect ${target(step.target)} from ${step.network}`;
    case 'prune':
      return 'prune images';
    case 'judge':
      return `judge ${target(step.target)}: ${step.reason}`;
    case 'start':
    case 'post-start':
    case 'restart':
    case 'unpause':
    case 'pre-stop':
    case 'stop':
    case 'remove':
      return `${step.kind} ${target(step.target)}`;
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
