import { X509Certificate } from 'node:crypto';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import type { ApiLog } from '../api-log.js';
import type { TlsOptions, TlsPair } from './http-options.js';

/** Between two looks at the files of the certificate, milliseconds. */
const LOOK_EVERY_MS = 10_000;

/**
 * Takes a renewed certificate for new connections, without a restart. It looks at what is there, again and again, since
 * events of files get lost where a link to a folder is changed, as Kubernetes does. A pair that can't be used (one of the
 * two is written later, or is none) changes nothing, and is told once.
 */
export function registerTlsRenewal(
  server: FastifyInstance,
  { read, ...first }: TlsOptions,
  log: Pick<ApiLog, 'info' | 'warn'>,
  everyMs = LOOK_EVERY_MS,
): void {
  if (!read) return;
  let used: TlsPair = first;
  let told: string | null = null;
  const look = () => {
    try {
      const found = read();
      if (found.cert !== used.cert || found.key !== used.key) {
        createSecureContext(found);
        (server.server as unknown as Server).setSecureContext(found);
        used = found;
        log.info('the certificate of the api was renewed', {
          valid_to: new X509Certificate(found.cert).validTo,
        });
      }
      told = null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== told)
        log.warn('the certificate of the api stays, as what is there can not be used', { reason });
      told = reason;
    }
  };
  const looking = setInterval(look, everyMs).unref();
  server.addHook('onClose', (_server, done) => {
    clearInterval(looking);
    done();
  });
}
