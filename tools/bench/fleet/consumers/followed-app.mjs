/**
 * The app whose stream is followed: a small one, as consumers that share two cores have to read it thousands of times.
 */
import { messageContents, NO_TOKENS, parseAppSpec } from '@nebula/contracts';

/** @import { DesiredStateMessage } from '@nebula/contracts' */

/** As a user of the api writes it. */
export const FOLLOWED_INPUT = {
  app_name: 'bench',
  docker_image: 'registry.example:5000/team/bench:1.2.3',
  starting_ports: [{ 81: 8080 }],
  env_vars: { CHANGED: '0' },
};

export const FOLLOWED_APP = FOLLOWED_INPUT.app_name;

/**
 * @param {number} revision
 * @param {string} app_name of an app like it
 * @returns {DesiredStateMessage} as the api would publish it
 */
export function followedMessage(revision, app_name = FOLLOWED_APP) {
  const parsed = parseAppSpec({ ...FOLLOWED_INPUT, app_name, env_vars: { CHANGED: String(revision) } });
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join());
  return {
    app_name,
    epoch: 1,
    revision,
    issued_at: new Date().toISOString(),
    ...messageContents(parsed.value, NO_TOKENS),
  };
}
