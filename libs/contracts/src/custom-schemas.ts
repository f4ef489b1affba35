import './app-spec/app-spec.js';
import './messages/desired-state.js';
import './messages/heartbeat.js';
import './messages/report.js';
import { allRules } from './parsing/rule.js';

/**
 * JSON Schema of each rule of ours, by the rule's name, for generators that read the validator's metadata. Rules
 * between fields (ports that collide through replicas) can't be said in it.
 */
export const customSchemas: Readonly<Record<string, Readonly<Record<string, unknown>>>> = Object.fromEntries(
  [...allRules()].map(({ name, schema }) => [name, schema]),
);
