import { choice, ruleOf } from '../parsing/kind.js';

/** `missing`: pulled when it isn't there. `always`: before every new container. `never`: only what is there is used. */
export const PULL_POLICIES = ['missing', 'always', 'never'] as const;
export type PullPolicy = (typeof PULL_POLICIES)[number];

export const pullPolicy = ruleOf('pullPolicy', choice(PULL_POLICIES));
