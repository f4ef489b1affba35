import { describe, expect, it } from '@jest/globals';
import { RuntimeError } from '../runtime-error.js';
import { pullError, toRuntimeError } from './docker-errors.js';

const HOST = 'unix:///run/docker.sock';

/** As dockerode makes it. */
function refusal(statusCode: number, message: string, json: unknown = { message }): Error {
  return Object.assign(new Error(`(HTTP code ${statusCode}) server error - ${message} `), {
    statusCode,
    reason: 'server error',
    json,
  });
}

describe('a refusal of the engine', () => {
  it.each([
    [400, 'exec: "/nope": no such file or directory', 'invalid', true],
    [404, 'No such image: a:1', 'missing', false],
    [409, 'The container name "/a" is already in use', 'conflict', false],
    [403, 'error while removing network: network a has active endpoints', 'conflict', false],
    [500, 'Bind for 0.0.0.0:80 failed: port is already allocated', 'port-taken', false],
    [500, 'listen tcp4 0.0.0.0:80: bind: address already in use', 'port-taken', false],
    [400, 'failed to bind host port 0.0.0.0:80: address already in use', 'port-taken', false],
    [500, 'something else', 'other', false],
    [503, 'shutting down', 'unavailable', false],
  ])('%i %s', (status, message, kind, terminal) => {
    const error = toRuntimeError(refusal(status, message), HOST);
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error).toMatchObject({ kind, message, terminal });
  });

  it('keeps the words of the engine where dockerode has only its own text', () => {
    expect(toRuntimeError(refusal(500, 'the disk - is full', null), HOST).message).toBe('the disk - is full');
  });

  it('says the status when the engine says nothing', () => {
    expect(toRuntimeError(refusal(500, '', null), HOST).message).toBe('HTTP status 500');
  });
});

describe('a refusal of Podman, which is a 500 with a cause', () => {
  it.each([
    ['that name is already in use', 'conflict'],
    ['network is being used', 'conflict'],
    ['OCI runtime attempted to invoke a command that was not found', 'invalid'],
    ['OCI permission denied', 'invalid'],
    ['address already in use', 'port-taken'],
    ['something else', 'other'],
  ])('%s', (cause, kind) => {
    const json = { cause, message: `no: ${cause}`, response: 500 };
    const refusal = Object.assign(new Error('(HTTP code 500)'), { statusCode: 500, json });
    expect(toRuntimeError(refusal, HOST)).toMatchObject({ kind, message: `no: ${cause}` });
  });
});

describe('an engine that does not answer', () => {
  it('is unavailable, and named', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(toRuntimeError(refused, HOST)).toMatchObject({
      kind: 'unavailable',
      message: `the Docker Engine at ${HOST} does not answer: connect ECONNREFUSED`,
    });
  });
});

describe('other failures', () => {
  it('stay what they are', () => {
    const error = new RuntimeError('conflict', 'a');
    expect(toRuntimeError(error, HOST)).toBe(error);
    expect(toRuntimeError(new TypeError('a mistake'), HOST)).toMatchObject({
      kind: 'other',
      message: 'a mistake',
    });
    expect(toRuntimeError('text', HOST)).toMatchObject({ kind: 'other', message: 'text' });
  });

  it.each([
    ['manifest for a:1 not found: manifest unknown', 'missing'],
    ['pull access denied, repository does not exist', 'missing'],
    ['unexpected EOF', 'other'],
  ])('of a pull: %s', (message, kind) => {
    expect(pullError(message)).toMatchObject({ kind, message });
  });
});
