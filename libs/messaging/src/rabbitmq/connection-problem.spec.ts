import { expect, it } from '@jest/globals';
import { connectProblem, isRefusal } from './connection-problem.js';

const WHO = { user: 'nebula-worker', vhost: 'nebula' };

it('an end while the virtual host is opened has several causes, since the driver tells none', () => {
  const error = new Error('Expected ConnectionOpenOk; got <ConnectionClose channel:0>');
  expect(connectProblem(error, 'r1:5672', WHO)).toBe(
    'RabbitMQ at r1:5672 ended the connection while opening the virtual host nebula: it is missing, not allowed to the user nebula-worker, at its limit of connections, or not up yet; "setup-broker" makes it and sets the rights',
  );
  // Whoever keeps the broker looks which of them it is.
  expect(isRefusal(error)).toBe(true);
});

it('a broker that says why it lets nobody in is believed', () => {
  const text = 'Handshake terminated by server: 320 (CONNECTION-FORCED) with message "shutdown"';
  expect(connectProblem(new Error(text), 'r1:5672', WHO)).toBe(
    `RabbitMQ at r1:5672 can't be reached: ${text}`,
  );
  expect(isRefusal(new Error(text))).toBe(false);
});
