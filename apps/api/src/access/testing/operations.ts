import type { ApiUnderTest, RequestParts } from '../../testing/api-under-test.js';
import { makeToken } from './logins.js';

/**
 * What an operation shall need: written down here apart from what its handler says, so that a wrong word there is found.
 * - `app`: the app in the path
 * - `each`: what the caller may not see is left out
 * - `body`: the app that the body names
 * - `fleet`: all apps
 */
export interface ExpectedAccess {
  right: 'open' | 'read' | 'write' | 'admin';
  about: 'app' | 'each' | 'body' | 'fleet';
  /** A request that succeeds for whoever may make it, on something that it finds as it was before the last one. */
  request: (things: Things) => Promise<[path: string, parts?: RequestParts]>;
}

/** Makes what requests are about, each with a name of its own. The names of apps begin with `shop-`. */
export class Things {
  private count = 0;

  /** @param api to which it is known already that an administrator asks */
  constructor(private readonly api: ApiUnderTest) {}

  name(): string {
    this.count += 1;
    return `shop-${this.count}`;
  }

  async app(): Promise<string> {
    const name = this.name();
    await this.api.create(name);
    return name;
  }

  async token(): Promise<string> {
    const name = this.name();
    await makeToken(this.api, { name, rights: 'ro' });
    return name;
  }
}

const SPEC = { json: { docker_image: 'shop:1' } };

const read = (below: string): ExpectedAccess => ({
  ...{ right: 'read', about: 'app' },
  request: async (things) => [`/apps/${await things.app()}${below}`],
});

const write = (below: string, parts: RequestParts = {}): ExpectedAccess => ({
  ...{ right: 'write', about: 'app' },
  request: async (things) => [`/apps/${await things.app()}${below}`, parts],
});

const plain = (
  right: ExpectedAccess['right'],
  about: ExpectedAccess['about'],
  path: string,
  parts: RequestParts = {},
): ExpectedAccess => ({ right, about, request: async () => [path, parts] });

/** By operation. One that isn't here fails the test of access. */
export const EXPECTED_ACCESS: Readonly<Record<string, ExpectedAccess>> = {
  getHealth: plain('open', 'fleet', '//healthz'),
  getReadiness: plain('open', 'fleet', '//readyz'),
  getDiagnostics: plain('admin', 'fleet', '/diagnostics'),
  getMetrics: plain('read', 'fleet', '//metrics'),

  listApps: plain('read', 'each', '/apps'),
  createApp: {
    ...{ right: 'write', about: 'body' },
    request: async (things) => ['/apps', { json: { app_name: things.name(), docker_image: 'shop:1' } }],
  },
  getApp: read(''),
  putApp: write('', SPEC),
  patchApp: write('', SPEC),
  deleteApp: write(''),
  startApp: write('/start'),
  stopApp: write('/stop'),
  restartApp: write('/restart'),
  rollApp: write('/roll'),
  releaseApp: write('/release'),
  pruneApp: write('/prune'),
  pruneAll: plain('write', 'each', '/prune'),
  // What it says of apps is looked at in the tests of apply.
  applyApps: plain('write', 'each', '/apply', { json: { apps: [] } }),
  exportApps: plain('read', 'each', '/export'),
  listRevisions: read('/revisions'),
  getRevision: read('/revisions/1'),
  diffRevisions: read('/diff'),
  rollbackApp: write('/rollback', { json: { to: 1 } }),
  getAppStatus: read('/status'),
  waitForApp: read('/wait?timeout=0'),
  listOrphans: plain('read', 'each', '/orphans'),

  listWorkers: plain('read', 'each', '/workers'),
  getWorker: plain('read', 'each', '/workers/worker-1'),
  // It is online, which nobody is told who may not forget it.
  forgetWorker: plain('write', 'fleet', '/workers/worker-1'),

  // Refused for what it asks, as the stream has no end.
  streamEvents: plain('read', 'each', '/events?app=a%20b'),

  listTokens: plain('admin', 'fleet', '/tokens'),
  createToken: {
    ...{ right: 'admin', about: 'fleet' },
    request: async (things) => ['/tokens', { json: { name: things.name(), rights: 'ro' } }],
  },
  getToken: {
    right: 'admin',
    about: 'fleet',
    request: async (things) => [`/tokens/${await things.token()}`],
  },
  revokeToken: {
    ...{ right: 'admin', about: 'fleet' },
    request: async (things) => [`/tokens/${await things.token()}`],
  },
};
