import { comparePositions, type FieldProblem, parseDesiredState } from '@nebula/contracts';
import { type AcceptedState, acceptedState } from './accepted-state.js';

/** What is to be done about a message from the feed. */
export type Verdict =
  | { kind: 'newer'; state: AcceptedState }
  /** What is known already: a reason to look, nothing more. */
  | { kind: 'same'; app_name: string }
  | { kind: 'older'; app_name: string }
  /** Two desired states have one position. Which of them is meant can't be known here, so none is guessed. */
  | { kind: 'conflicting'; app_name: string; problems: FieldProblem[] }
  | { kind: 'invalid'; app_name: string; problems: FieldProblem[] };

/**
 * Judges a message by the contract and by the newest state that is known of its app. Pure.
 *
 * @param origin the app whose stream has brought it
 * @param newestOf the newest accepted state of an app, null when there is none.
 */
export function judgeMessage(
  payload: unknown,
  origin: string,
  newestOf: (appName: string) => AcceptedState | null,
): Verdict {
  const parsed = parseDesiredState(payload);
  if (!parsed.ok) return { kind: 'invalid', app_name: origin, problems: parsed.problems };
  const { app_name } = parsed.value;
  if (app_name !== origin) {
    const message = `must be ${origin}, the app whose stream has brought it`;
    return {
      kind: 'invalid',
      app_name: origin,
      problems: [{ pointer: '/app_name', value: app_name, message }],
    };
  }
  const state = acceptedState(parsed.value, payload);
  const known = newestOf(app_name);
  if (!known) return { kind: 'newer', state };
  const order = comparePositions(state, known);
  if (order > 0) return { kind: 'newer', state };
  if (order < 0) return { kind: 'older', app_name };
  if (state.digest === known.digest) return { kind: 'same', app_name };
  // No digest is told: with all else known, it would confirm a guess of a secret.
  const message = `must be that of the message of epoch ${known.epoch} and revision ${known.revision} that came first; two different desired states have one position`;
  return {
    kind: 'conflicting',
    app_name,
    problems: [{ pointer: '/digest', message }],
  };
}
