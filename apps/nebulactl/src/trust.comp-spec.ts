import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates } from '../../../libs/messaging/src/testing/certificates.js';
import { bundleCommandLine } from '../../../tools/bundle/bundle-command-line.mjs';

let folder: string;
let program: string;
let server: Server;
/** Files of authorities: that of the server, and one of which nothing is asked here. */
let its: string;
let other: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nebulactl-trust-'));
  program = await bundleCommandLine(folder);
  [its, other] = [join(folder, 'its.pem'), join(folder, 'other.pem')];
  const certificates = await makeCertificates();
  writeFileSync(its, certificates.ca);
  writeFileSync(other, (await makeCertificates()).ca);
  server = createServer(certificates.server, (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end('{"items":[],"next_cursor":null}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  server?.closeAllConnections();
  server?.close();
  if (server) await once(server, 'close');
});

/** Asks the server, as a process of its own: what is trusted is settled when that starts. */
function list(caFile: string, env: Record<string, string>): Promise<{ code: number; stderr: string }> {
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const args = [program, 'app', 'list', '--url', url, '--ca-file', caFile, '-o', 'name'];
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      args,
      { env: { HOME: folder, ...env } },
      (_error, _out, stderr) => resolve({ code: child.exitCode ?? -1, stderr }),
    );
  });
}

describe('nebulactl --ca-file', () => {
  it('trusts what is in the file, and not everybody', async () => {
    expect(await list(its, {})).toEqual({ code: 0, stderr: '' });
    expect(await list(other, {})).toEqual({ code: 1, stderr: expect.stringContaining('is not trusted') });
  });

  it('trusts beside it what Node is told to trust', async () => {
    expect(await list(other, { NODE_EXTRA_CA_CERTS: its })).toEqual({ code: 0, stderr: '' });
    const ofSystem = { NODE_OPTIONS: '--use-openssl-ca', SSL_CERT_FILE: its };
    expect(await list(other, ofSystem)).toEqual({ code: 0, stderr: '' });
  });

  it('trusts what is in the file also where Node is told of one that is not there', async () => {
    const { code } = await list(its, { NODE_EXTRA_CA_CERTS: join(folder, 'none.pem') });
    expect(code).toBe(0);
  });
});
