import { expect, test } from '@jest/globals';
import { redactOutput } from './index.js';

const KEY = '-----BEGIN KEY-----\nc2VjcmV0\nbm93\nx=\n-----END KEY-----';

test.each([
  ['the key is hunter2', ['hunter2'], 'the key is [redacted]'],
  ['a=b=c and a=b=c', ['a=b=c'], '[redacted] and [redacted]'],
  ['long-secret', ['long', 'long-secret'], '[redacted]'],
  ['debug is on', ['on', ''], 'debug is on'],
  [`got ${KEY}.`, [KEY], 'got [redacted].'],
  [`got ${KEY.replaceAll('\n', '\r\n')}.`, [KEY], 'got [redacted].'],
  [`got ${KEY}.`, [KEY.replaceAll('\n', '\r\n')], 'got [redacted].'],
  ['read c2VjcmV0 and bm93', [KEY], 'read [redacted] and [redacted]'],
  [`exec: ${JSON.stringify('say "x"\t1')}`, ['say "x"\t1'], 'exec: "[redacted]"'],
  ['the key is \u001b[1mhun\u001b[0mter2', ['hunter2'], 'the key is [redacted]'],
  ['password=hunter2', [], 'password=[redacted]'],
  ['{"db_password": "hunter 2", "port": 1}', [], '{"db_password": [redacted], "port": 1}'],
  ['amqp://me:hunter2@rabbit', [], 'amqp://[redacted]@rabbit'],
  ['mongodb://me:hunt@er2@host/db', [], 'mongodb://[redacted]@host/db'],
  ['amqp://me:hunt/er2@rabbit', [], 'amqp://[redacted]@rabbit'],
  ['amqp://me:1/hunt@er2/3@rabbit/vhost', [], 'amqp://[redacted]@rabbit/vhost'],
  ['a://b:c/d@e, f://g:h/i@j', [], 'a://[redacted]@e, f://[redacted]@j'],
  ['https://registry.example/@scope/name', [], 'https://registry.example/@scope/name'],
  ['https://t0ken@registry.example:5000/x', [], 'https://[redacted]@registry.example:5000/x'],
  ['http://127.0.0.1:5000/v2/ failed', [], 'http://127.0.0.1:5000/v2/ failed'],
  [
    'amqp://a:b@c@d,amqp://e:f@g me@example.com',
    [],
    'amqp://[redacted]@d,amqp://[redacted]@g me@example.com',
  ],
])('"%s" without %j', (text, secrets, left) => {
  expect(redactOutput(text, secrets)).toBe(left);
});

// A search that looks anew from each letter would take minutes, longer than a test may.
test('a long word takes no longer than its length', () => {
  const word = 'x'.repeat(400_000);
  expect(redactOutput(word, ['hunter2'])).toBe(word);
  const urls = 'a://b:c/'.repeat(50_000);
  expect(redactOutput(urls, ['hunter2'])).toBe(urls);
});
