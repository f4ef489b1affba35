import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePackages } from '../../../../tools/engine/packages.mjs';

/** A certificate and its key, PEM texts. */
export interface Certificate {
  cert: string;
  key: string;
}

export interface Certificates {
  /** PEM of the authority. */
  ca: string;
  server: Certificate;
  /** Of a server, too, and its time is over. */
  expired: Certificate;
  client: Certificate;
}

/** An authority of its own, with certificates of a server on 127.0.0.1 and of a client. */
export async function makeCertificates(): Promise<Certificates> {
  await ensurePackages(['openssl'], () => undefined);
  const folder = await mkdtemp(join(tmpdir(), 'nebula-certificates-'));
  try {
    const at = (name: string) => join(folder, name);
    const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const made = (name: string) => [...newKey, '-keyout', at(`${name}.key`), '-subj', `/CN=${name}`];
    openssl('req', '-x509', ...made('authority'), '-days', '2', '-out', at('authority.pem'));
    for (const name of ['server', 'expired'])
      await writeFile(at(`${name}.ext`), 'subjectAltName = IP:127.0.0.1\n');
    await writeFile(at('client.ext'), 'extendedKeyUsage = clientAuth\n');
    const issue = async (name: string, days = 2): Promise<Certificate> => {
      openssl('req', ...made(name), '-out', at(`${name}.csr`));
      openssl(
        ...['x509', '-req', '-in', at(`${name}.csr`), '-days', String(days), '-extfile', at(`${name}.ext`)],
        ...['-CA', at('authority.pem'), '-CAkey', at('authority.key'), '-CAcreateserial'],
        ...['-out', at(`${name}.pem`)],
      );
      return {
        cert: await readFile(at(`${name}.pem`), 'utf8'),
        key: await readFile(at(`${name}.key`), 'utf8'),
      };
    };
    const ca = await readFile(at('authority.pem'), 'utf8');
    return {
      ca,
      server: await issue('server'),
      expired: await issue('expired', -1),
      client: await issue('client'),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
