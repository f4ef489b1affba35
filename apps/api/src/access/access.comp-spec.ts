import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Clock } from '../clock.js';
import { PROBLEMS, type ProblemType } from '../http/problem-types.js';
import { ApiDocument, type Call } from '../openapi/testing/api-document.js';
import { reportOf } from '../store/testing/records.js';
import { ApiUnderTest, type HttpAnswer, type RequestParts } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { expectProblem } from '../testing/expect-problem.js';
import { ADMIN, basic, bearer, LOGIN, makeToken } from './testing/logins.js';
import { EXPECTED_ACCESS, type ExpectedAccess, Things } from './testing/operations.js';

let api: ApiUnderTest;
let document: ApiDocument;
let things: Things;

/** Headers by kind of caller. */
const callers: Record<string, string | null> = {};

beforeAll(async () => {
  // Each request comes from an address of its own, so that wrong logins don't slow the others.
  api = await ApiUnderTest.start({ login: LOGIN, http: { trusted_proxies: ['127.0.0.1'] } });
  api.authorization = ADMIN;
  document = await ApiDocument.of(api);
  things = new Things(api);
  api.broker.reports.publish(reportOf({ app_name: 'shop-x' }));
  await eventually(async () => expect((await api.call('GET', '/workers/worker-1')).status).toBe(200));

  const hour = 3_600_000;
  const clock = api.api.get(Clock);
  Object.assign(callers, {
    none: null,
    wrong: basic(LOGIN.administrator.user, 'wrong'),
    unknown: bearer('nebula_0000000000000000_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'),
    ro: await makeToken(api, { name: 'ro', rights: 'ro' }),
    rw: await makeToken(api, { name: 'rw', rights: 'rw' }),
    own: await makeToken(api, { name: 'own', rights: 'rw', apps: ['shop-*'] }),
    other: await makeToken(api, { name: 'other', rights: 'rw', apps: ['web-*'] }),
    admin: ADMIN,
    auth_token: bearer(LOGIN.auth_token),
    revoked: await makeToken(api, { name: 'revoked', rights: 'rw' }),
    expired: await makeToken(api, {
      ...{ name: 'expired', rights: 'rw' },
      expires_at: new Date(clock.now() + hour).toISOString(),
    }),
  });
  expect((await api.call('DELETE', '/tokens/revoked')).status).toBe(204);
  clock.now = () => Date.now() + 2 * hour;
});

afterAll(async () => {
  await api.stop();
});

let addresses = 0;

async function ask(
  caller: string,
  { method }: Call,
  path: string,
  parts: RequestParts = {},
): Promise<HttpAnswer> {
  addresses += 1;
  const from = `10.0.${addresses >> 8}.${addresses & 255}`;
  const login = callers[caller] ?? null;
  const authorization = api.authorization;
  api.authorization = login;
  try {
    return await api.call(method, path, { ...parts, headers: { ...parts.headers, 'x-forwarded-for': from } });
  } finally {
    api.authorization = authorization;
  }
}

/** What a caller gets in place of what it asks for; null when it is let in. */
function refusal(caller: string, { right, about }: ExpectedAccess): ProblemType | null {
  if (right === 'open') return null;
  const { unauthenticated, forbidden, appNotFound } = PROBLEMS;
  switch (caller) {
    case 'admin':
    case 'auth_token':
      return null;
    case 'ro':
      return right === 'read' ? null : forbidden;
    case 'rw':
      return right === 'admin' ? forbidden : null;
    case 'own':
      return right === 'admin' || about === 'fleet' ? forbidden : null;
    case 'other':
      if (right === 'admin' || about === 'fleet' || about === 'body') return forbidden;
      return about === 'app' ? appNotFound : null;
    default:
      return unauthenticated;
  }
}

describe.each([
  'none',
  'wrong',
  'unknown',
  'expired',
  'revoked',
  'ro',
  'rw',
  'own',
  'other',
  'admin',
  'auth_token',
])('%s', (caller) => {
  it.each(Object.entries(EXPECTED_ACCESS))('asks for %s', async (operationId, expected) => {
    const call = document.calls.find(({ operation }) => operation.operationId === operationId);
    if (!call) throw new Error(`the document knows no ${operationId}`);
    const [path, parts] = await expected.request(things);
    const answer = await ask(caller, call, path, parts);
    document.expectTold(call, answer);
    const problem = refusal(caller, expected);
    if (problem === null) expect([401, 403, 404, 429, 500]).not.toContain(answer.status);
    else expectProblem(answer, problem);
    expect(answer.headers.has('www-authenticate')).toBe(answer.status === 401);
    if (problem === PROBLEMS.forbidden) expect(answer.body).toMatchObject({ needed_right: expected.right });
    if (call.method !== 'GET') return;
    // It is no operation of the document, and is answered as GET is.
    const head = await ask(caller, { ...call, method: 'HEAD' }, path, parts);
    expect([head.status, head.body]).toEqual([answer.status, undefined]);
    expect(head.headers.get('content-type')).toBe(answer.headers.get('content-type'));
  });
});

describe('the document', () => {
  it('has no operation of which it is not said who may call it', () => {
    const ids = document.calls.map(({ operation }) => operation.operationId);
    expect(ids.sort()).toEqual(Object.keys(EXPECTED_ACCESS).sort());
  });

  it('says of each how to log in for it', () => {
    for (const { operation } of document.calls) {
      const isOpen = EXPECTED_ACCESS[operation.operationId]?.right === 'open';
      expect([operation.operationId, operation.security]).toEqual([
        operation.operationId,
        isOpen ? [] : [{ basic: [] }, { bearer: [] }],
      ]);
      const told = ['401', '403', '429'].filter((status) => status in operation.responses);
      expect([operation.operationId, told]).toEqual([
        operation.operationId,
        isOpen ? [] : ['401', '403', '429'],
      ]);
      expect(operation.description).toMatch(/Needs (no login|the right `(read|write|admin)`.*)\.$/s);
    }
  });

  it.each(['//docs', '//docs/', '//docs/swagger-ui-init.js', '//docs/swagger-ui.css', '/openapi.json'])(
    'is not shown to strangers: %s',
    async (path) => {
      const call = { method: 'GET' } as Call;
      expectProblem(await ask('none', call, path), PROBLEMS.unauthenticated);
      expectProblem(await ask('wrong', call, path), PROBLEMS.unauthenticated);
      expect((await ask('other', call, path)).status).toBe(200);
    },
  );
});
