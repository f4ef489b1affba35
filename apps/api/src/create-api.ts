import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { CustomStrategy } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AccessGate } from './access/access-gate.js';
import { ApiModule } from './api.module.js';
import { ApiLog } from './api-log.js';
import type { ApiOptions } from './api-options.js';
import { Clock } from './clock.js';
import { Leaving } from './health/leaving.js';
import { registerAccess } from './http/access.js';
import { API_PREFIX } from './http/api-prefix.js';
import { createFastifyAdapter } from './http/fastify-adapter.js';
import { registerLastAnswers } from './http/last-answers.js';
import { RateLimit, registerRateLimit } from './http/rate-limit.js';
import { earlyAnswerLog, registerRequestLog } from './http/request-log.js';
import { registerRequestMetrics } from './http/request-metrics.js';
import { registerContentChecks, registerRequestChecks, registerUnrouted } from './http/request-checks.js';
import { registerTimeLimit } from './http/time-limit.js';
import { registerTlsRenewal } from './http/tls-renewal.js';
import { ApiMetrics } from './metrics/api-metrics.js';
import { serveDocumentation } from './openapi/documentation.js';

/**
 * Makes the api, which takes reports of workers but no requests yet: `listen()` starts that. `close()` lets
 * requests that are under way end first, and the store last.
 *
 * @throws {StoreUnavailableError} when the database can't be opened
 */
export async function createApi(options: ApiOptions): Promise<NestFastifyApplication> {
  const api = await NestFactory.create<NestFastifyApplication>(
    ApiModule.forRoot(options),
    createFastifyAdapter(undefined, options.http, earlyAnswerLog(new ApiLog(options))),
    { logger: options.logger, abortOnError: false, bodyParser: false },
  );
  const { rate_limit_per_minute = 0, cors_origins = [], tls } = options.http ?? {};
  const server = api.getHttpAdapter().getInstance();
  const clock = api.get(Clock);
  const leaving = api.get(Leaving);
  registerLastAnswers(server, () => leaving.hasBegun);
  if (rate_limit_per_minute > 0)
    registerRateLimit(server, new RateLimit(rate_limit_per_minute, () => clock.elapsed()));
  registerRequestChecks(server, options.names ?? []);
  registerAccess(server, api.get(AccessGate));
  registerUnrouted(server);
  registerContentChecks(server, cors_origins);
  registerTimeLimit(server, options.request_limit_ms);
  registerRequestLog(server, api.get(ApiLog));
  if (tls) registerTlsRenewal(server, tls, api.get(ApiLog));
  registerRequestMetrics(server, api.get(ApiMetrics).requests);
  api.setGlobalPrefix(API_PREFIX, { exclude: ['healthz', 'readyz', 'metrics'] });
  serveDocumentation(api, options.version);
  if (options.reports) {
    api.connectMicroservice<CustomStrategy>({ strategy: options.reports });
    await api.startAllMicroservices();
  }
  return api;
}
