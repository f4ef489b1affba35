import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { StoreUnavailableError } from '../app-store.js';
import { checkMongoUrl } from './mongo-options.js';
import { MongoRefusal, mongoName, storeError } from './mongo-errors.js';

const { MongoInvalidArgumentError, MongoNetworkError, MongoServerError } = mongoose.mongo;
const NAME = 'MongoDB at db:27017';

const server = (code: number) => new MongoServerError({ code, message: 'quotes hunter2-of-a-command' });
const named = (name: string) => Object.assign(new Error('the wait was given up'), { name });

describe('an error of the driver', () => {
  it.each<[string, unknown, string]>([
    ['a connection that broke', new MongoNetworkError('closed'), `${NAME} can't be reached (closed)`],
    [
      'a connection that Mongoose closed',
      new mongoose.Error('was closed'),
      `${NAME} can't be reached (was closed)`,
    ],
    ['a wait that was given up', named('AbortError'), `${NAME} can't be reached (the wait was given up)`],
    ['a wait that took too long', named('TimeoutError'), `${NAME} can't be reached (the wait was given up)`],
    [
      'what the system says of a socket',
      Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' }),
      `${NAME} can't be reached (read ECONNRESET)`,
    ],
    [
      'what Node says of a socket by itself',
      Object.assign(new Error('This socket has been ended by the other party'), { code: 'EPIPE' }),
      `${NAME} can't be reached (This socket has been ended by the other party)`,
    ],
    [
      'a write behind the end of a stream',
      Object.assign(new Error('write after end'), { code: 'ERR_STREAM_WRITE_AFTER_END' }),
      `${NAME} can't be reached (write after end)`,
    ],
    ['a server that fails inside', server(1), `${NAME} failed inside (error 1)`],
    ['a cursor that a new server has not', server(43), `${NAME} has lost the rest of an answer (error 43)`],
  ])('%s is an outage', (_what, error, message) => {
    const known = storeError(NAME, error);
    expect(known).toBeInstanceOf(StoreUnavailableError);
    expect((known as Error).message).toBe(message);
  });

  it('that is a refusal says no word of the server, which may quote the command', () => {
    const known = storeError(NAME, server(9));
    expect(known).toBeInstanceOf(MongoRefusal);
    expect(String(known)).not.toContain('hunter2');
  });

  it.each<[string, Error]>([
    ['a wrong call', new MongoInvalidArgumentError('no such option')],
    ['a wrong document', new mongoose.Error.ValidationError()],
    ['a mistake of ours', new TypeError('undefined is no function')],
  ])('that is %s stays what it is', (_what, error) => {
    expect(storeError(NAME, error)).toBe(error);
  });
});

describe('the name of a server', () => {
  it.each([
    ['mongodb://db.example', 'MongoDB at db.example'],
    ['mongodb://u:hunter2@a:1,b:2/nebula?replicaSet=r', 'MongoDB at a:1,b:2'],
    ['mongodb+srv://u:hunter2@cluster.example/?w=1', 'MongoDB at cluster.example'],
    ['mongodb://u:p@[::1]:27017/', 'MongoDB at [::1]:27017'],
    ['mongodb://u:p@db.example/?tls=true&tlsCertificateKeyFilePassword=hun@ter2', 'MongoDB at db.example'],
    ['mongodb://u:p@db.example?tls=true&tlsCertificateKeyFilePassword=hun@ter2', 'MongoDB at db.example'],
  ])('of %s is %s', (url, name) => {
    expect(() => checkMongoUrl({ url, database: 'nebula' })).not.toThrow();
    expect(mongoName(url)).toBe(name);
  });

  it.each([
    'mongodb://u:hun/ter2@db.example/',
    'mongodb://u:hun?ter2@db.example',
    'mongodb://hun@ter2@db/',
    // The driver takes them, and "hun" for the host.
    'mongodb://u:p@hun/ter2@db/',
    'mongodb://u:p@hun/ter2@db.example/nebula?replicaSet=r',
  ])('of %s, which is none, has no part of the password', (url) => {
    const check = () => checkMongoUrl({ url, database: 'nebula' });
    expect(check).toThrow(StoreUnavailableError);
    expect(check).toThrow(/special characters of user and password percent-encoded/);
    expect(mongoName(url)).not.toMatch(/hun|ter2/);
  });
});
