import { expect, it } from '@jest/globals';
import { shownValue } from './shown-value.js';

it.each([
  ['http', '"http"'],
  ['tcp://box:2375', '"tcp://box:2375"'],
  ['tcp://[::1]:2375/', '"tcp://[::1]:2375/"'],
  ['unix:///run/docker.sock', '"unix:///run/docker.sock"'],
  [5, '5'],
  [undefined, 'nothing'],
  ['x'.repeat(90), `"${'x'.repeat(79)}…`],
  ['http://u:hunter2@box', '"http://[redacted]@box"'],
  ['amqp://ghp-hunter2@box:5672', '"amqp://[redacted]@box:5672"'],
  ['u:hunter2@box', '"[redacted]@box"'],
  ['http://u:hun@t/er2"@box', '"http://[redacted]@box"'],
  [`http://u:${'hunter2'.repeat(20)}@box`, '"http://[redacted]@box"'],
  ['http://u:hunter2', '"http://u:[redacted]"'],
  ['http://u:4hunter2', '"http://u:[redacted]"'],
  [
    'mongodb://box/?tls=true&tlsKeyFilePassword=hunter2',
    '"mongodb://box/?tls=true&tlsKeyFilePassword=[redacted]"',
  ],
  ['mongodb://u:hunter2@box/?tlsKeyFilePassword=hun@ter2', '"mongodb://[redacted]@"'],
  ['hunter2?key=hun@box', '"[redacted]@"'],
  ['--rabbit_password=hunter2', '"--rabbit_password=[redacted]"'],
  [['http://u:hunter2', 'hunter2@box'], '["http://u:[redacted]","[redacted]@box"]'],
  [{ at: { url: 'http://u:hunter2@box' } }, '{"at":{"url":"http://[redacted]@box"}}'],
])('%j is shown as %s', (value, shown) => {
  expect(shownValue(value)).toBe(shown);
});
