import { mapOf } from '../parsing/collections.js';
import { ruleOf, text } from '../parsing/kind.js';
import type { Flaw, Owner } from '../parsing/rule.js';
import { suggestion } from '../parsing/suggestion.js';
import { networkOfAnother } from './networks.js';

/** Kernel parameters of the IPC namespace: what the OCI runtime lets a container set, beside those of the network. */
const OF_IPC = [
  'fs.mqueue.msg_default',
  'fs.mqueue.msg_max',
  'fs.mqueue.msgsize_default',
  'fs.mqueue.msgsize_max',
  'fs.mqueue.queues_max',
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
];
/** Of the namespace of the host name, beside `hostname`. */
const DOMAIN_NAME = 'kernel.domainname';
const OTHERS = [...OF_IPC, DOMAIN_NAME];
const OF_NETWORK = /^net(\.[a-zA-Z0-9_-]+)+$/;

export const sysctls = ruleOf(
  'sysctls',
  mapOf(text({ allowed: 'text with a value', pattern: /^[^\u0000]*[^\s\u0000][^\u0000]*$/ }), {
    allowed: 'an object of text by name, like {"net.core.somaxconn": "1024"}',
    name: {
      schema: { anyOf: [{ pattern: OF_NETWORK.source }, { enum: OTHERS }] },
      flaw: (name) =>
        OF_NETWORK.test(name) || OTHERS.includes(name)
          ? null
          : `must have the name of a parameter that a container has of its own: net.* or one of ${OTHERS.join(', ')}${suggestion(name, OTHERS)}`,
    },
    examples: [{ 'net.core.somaxconn': '1024' }],
  }),
  { against },
);

/** The runtime refuses parameters of a namespace that is the server's. */
function* against(value: unknown, owner: Owner): Generator<Flaw> {
  const hostNetwork = networkOfAnother(owner['networks']) === 'host';
  const hostIpc = owner['ipc_mode'] === 'host';
  for (const name of Object.keys(value as object)) {
    if (name.startsWith('net.') && hostNetwork)
      yield { at: [name], message: 'must not be set when the network is "host": it is the server\'s there' };
    if (OF_IPC.includes(name) && hostIpc)
      yield { at: [name], message: 'must not be set when ipc_mode is "host": it is the server\'s there' };
  }
}
