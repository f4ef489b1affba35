import { expect } from '@jest/globals';
import { resolve } from 'node:path';
import type { Broker } from '../../tools/services/rabbitmq.mjs';
import { DocumentShell } from './document-shell.js';

/** Of one command, milliseconds. */
const COMMAND_LIMIT = 60_000;

/**
 * Types a command at the first node of a broker, as its administrator does.
 * @param password typed where one is asked for
 * @returns what it prints
 */
export async function typeAtBroker(broker: Broker, command: string, password: string): Promise<string> {
  const environment = {
    // Debian's own `rabbitmqctl` becomes the user of the machine's broker.
    PATH: `/usr/lib/rabbitmq/bin:${process.env['PATH'] ?? ''}`,
    HOME: resolve(broker.folder),
    ERL_EPMD_PORT: String(broker.record.epmdPort),
    RABBITMQ_NODENAME: broker.node(0).name,
  };
  const shell = new DocumentShell(broker.folder, environment, [{ when: /Password:/, type: `${password}\r` }]);
  const { code, text } = await shell.play(command, COMMAND_LIMIT);
  expect({ command, code, text }).toEqual({ command, code: 0, text });
  return text;
}
