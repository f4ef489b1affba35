import { describe, expect, it } from '@jest/globals';
import { dockerAddress } from './docker-address.js';

describe('the address of an engine', () => {
  it.each([
    ['unix:///var/run/docker.sock', { socketPath: '/var/run/docker.sock', host: '' }],
    ['unix:///a folder/docker%20.sock', { socketPath: '/a folder/docker%20.sock', host: '' }],
    ['tcp://10.0.0.1', { host: '10.0.0.1', port: 2375 }],
    ['tcp://engine.example:4243', { host: 'engine.example', port: 4243 }],
  ])('%s', (text, address) => {
    expect(dockerAddress(text)).toEqual(address);
  });

  it.each(['', 'unix://', 'unix://docker.sock', '/var/run/docker.sock', 'http://127.0.0.1:2375', 'tcp://'])(
    'refuses %j and says what it must be',
    (text) => {
      expect(() => dockerAddress(text)).toThrow(`${JSON.stringify(text)} but must be unix:///path or tcp://`);
    },
  );
});
