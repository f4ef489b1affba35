import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createLogger, type LoggerOptions } from './index.js';

function recorder(options: Partial<LoggerOptions> = {}) {
  const written: string[] = [];
  const logger = createLogger({
    name: 'test',
    level: 'info',
    output: { write: (line) => written.push(line) },
    ...options,
  });
  const lines = () => written.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, written, lines, only: () => lines()[0] };
}

describe('lines', () => {
  it('are JSON with time, level, name, message, context and fields', () => {
    const { logger, written, lines } = recorder();
    logger.log('app changed', { app_name: 'shop', revision: 3 }, 'Runner');
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        name: 'test',
        context: 'Runner',
        app_name: 'shop',
        revision: 3,
        msg: 'app changed',
      },
    ]);
    expect(written[0]).toMatch(/^[^\n]+\n$/);
  });

  it.each<[string, readonly string[]]>([
    ['trace', ['trace', 'debug', 'info', 'warn', 'error', 'fatal']],
    ['info', ['info', 'warn', 'error', 'fatal']],
    ['fatal', ['fatal']],
    ['silent', []],
  ])('of the level %s and above are written', (level, expected) => {
    const { logger, lines } = recorder({ level });
    for (const method of ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'] as const) logger[method]('m');
    expect(lines().map((line) => line['level'])).toEqual(expected);
  });

  it('keep their own names apart from fields', () => {
    const { logger, written, only } = recorder();
    logger.log('m', { level: 9, msg: 'x', time: 1, name: 'n' }, 'C');
    expect(only()).toMatchObject({
      level: 'info',
      msg: 'm',
      name: 'test',
      level_: 9,
      msg_: 'x',
      time_: 1,
      name_: 'n',
    });
    expect(written[0]?.match(/"level":/g)).toHaveLength(1);
  });

  it('take what the framework hands over', () => {
    const { logger, lines } = recorder();
    Logger.overrideLogger(logger);
    const framework = new Logger('Part');
    framework.log('plain');
    framework.error('failed', 'Error: x\n    at file:1:2');
    framework.error(new TypeError('broken'));
    framework.warn('two', 'texts');
    framework.log('fields', { a: 1 });
    Logger.overrideLogger(false);
    expect(lines()).toEqual([
      expect.objectContaining({ msg: 'plain', context: 'Part' }),
      expect.objectContaining({ msg: 'failed', context: 'Part', stack: 'Error: x\n    at file:1:2' }),
      expect.objectContaining({
        msg: 'broken',
        context: 'Part',
        err: { type: 'TypeError', message: 'broken', stack: expect.stringContaining('TypeError: broken\n') },
      }),
      expect.objectContaining({ msg: 'two texts', context: 'Part' }),
      expect.objectContaining({ msg: 'fields', a: 1, context: 'Part' }),
    ]);
  });

  it('have none of how the framework puts the program together, unless for debugging', () => {
    const told = (level: string) => {
      const { logger, lines } = recorder({ level });
      Logger.overrideLogger(logger);
      new Logger('RouterExplorer').log('Mapped {/apps, GET} route');
      new Logger('NestFactory').error('failed');
      Logger.overrideLogger(false);
      return lines().map((line) => [line['level'], line['msg']]);
    };
    expect(told('info')).toEqual([['error', 'failed']]);
    expect(told('debug')).toEqual([
      ['debug', 'Mapped {/apps, GET} route'],
      ['error', 'failed'],
    ]);
  });

  it('take anything without failing', () => {
    const { logger, lines } = recorder();
    const circle: Record<string, unknown> = {
      big: 1n,
      when: new Date(0),
      bad: new Date(NaN),
      of: new Map([['k', 1]]),
    };
    circle['self'] = circle;
    circle['bytes'] = Buffer.from('abc');
    circle['call'] = () => 1;
    for (const value of [null, undefined, 5, [1, 2], circle, Symbol('s')]) logger.log(value);
    logger.log('m', circle, null, undefined, 7);
    expect(lines()).toHaveLength(7);
    expect(lines()[4]).toMatchObject({ big: '1', when: '1970-01-01T00:00:00.000Z', bad: null, of: { k: 1 } });
    expect(lines()[6]).toMatchObject({ msg: 'm', self: '[circular]', bytes: '[3 bytes]' });
  });

  it('show the cause of an error and its own fields', () => {
    const { logger, only } = recorder();
    const error = Object.assign(new Error('outer', { cause: new Error('inner') }), { statusCode: 500 });
    logger.error('step failed', { app_name: 'a' }, error);
    expect(only()).toMatchObject({
      msg: 'step failed',
      app_name: 'a',
      err: { message: 'outer', statusCode: 500, cause: { message: 'inner' } },
    });
  });
});

describe('secrets', () => {
  const SECRET = 'hunter2hunter2';

  it.each<[string, unknown]>([
    ['env_vars', { env_vars: { DB: SECRET } }],
    ['a spec inside', { message: { spec: { env_vars: { DB: SECRET } } } }],
    ["the engine's environment", { Config: { Env: [`DB=${SECRET}`, SECRET.slice(0, 0)] } }],
    ['passwords', { rabbit_password: SECRET, registryPassword: { x: SECRET }, passwd: SECRET }],
    ['tokens', { token: SECRET, accessToken: SECRET, api_key: SECRET, 'x-registry-auth': SECRET }],
    ['headers', { headers: { Authorization: SECRET, cookie: SECRET } }],
    ['a URL', { url: `amqp://user:${SECRET}@host:5672/v` }],
    ['a URL with a name alone', { url: `https://${SECRET}@host/v` }],
    ['a token of the api', { seen: `x nebula_0123456789abcdef_${SECRET.padEnd(43, 'x')}.` }],
    ['an error', new Error(`connect amqp://u:${SECRET}@host failed`)],
    ['fields of an error', Object.assign(new Error('x'), { password: SECRET, config: { secret: SECRET } })],
    ['the cause of an error', new Error('x', { cause: new Error(`Basic ${SECRET}`) })],
    [
      'a class',
      new (class Login {
        readonly password = SECRET;
      })(),
    ],
    ['a list', [{ password: SECRET }]],
  ])('are not written from %s', (_case, value) => {
    for (const pretty of [false, true]) {
      const { logger, written } = recorder({ pretty });
      logger.error(value);
      logger.log('m', value);
      logger.log('m', { nested: [value] }, 'Context');
      expect(written).toHaveLength(3);
      expect(written.join()).not.toContain(SECRET);
    }
  });

  it('are not written from messages', () => {
    const { logger, written } = recorder();
    logger.log(`connecting to mongodb://user:${SECRET}@host`);
    logger.log(`sent Bearer ${SECRET}`, `Authorization: Basic ${SECRET}`);
    expect(written.join()).not.toContain(SECRET);
    expect(written.join()).toContain('mongodb://[redacted]@host');
  });

  it('leave the rest as it is', () => {
    const { logger, only } = recorder();
    const fields = {
      tokens: { restart: 3, release: 0 },
      docker_image: 'registry.example:5000/a@sha256:00',
      url: 'http://127.0.0.1:8000/docs',
      author: 'x',
      password: null,
    };
    logger.log('m', fields);
    expect(only()).toMatchObject(fields);
  });

  it('keep the names of an environment', () => {
    const { logger, only } = recorder();
    logger.log('m', { env_vars: { DB: 'x' }, Env: ['A=b'] });
    expect(only()).toMatchObject({ env_vars: { DB: '[redacted]' }, Env: ['A=[redacted]'] });
  });
});

describe('for people', () => {
  it('a line has time, level, context, message and fields', () => {
    const { logger, written } = recorder({ pretty: true });
    logger.log('started', { port: 80 }, 'Api');
    expect(written.join('')).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: Api: started \{"port":80\}\n$/);
  });

  it('a line does without the id of the worker, which is the same in all', () => {
    const { logger, written } = recorder({ pretty: true });
    logger.log('started', { worker: 'W1', replica: 2 }, 'worker');
    expect(written.join('')).toMatch(/INFO: worker: started \{"replica":2\}\n$/);
  });

  it('control sequences have no effect', () => {
    const { logger, written } = recorder({ pretty: true });
    logger.log('\u001b[2Jgone', { text: '\u001b[31mred' });
    expect(written.join('')).not.toContain('\u001b');
    expect(written.join('')).toContain('gone');
  });
});

it('refuses a level that there is not', () => {
  expect(() => recorder({ level: 'loud' })).toThrow(/level/);
});
