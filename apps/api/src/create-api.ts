import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { CustomStrategy } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AccessGate } from './access/access-gate.js';
import { ApiModule } from './api.module.js';
import type { ApiOptions } from './api-options.js';
import { registerAccess } from './http/access.js';
import { API_PREFIX } from './http/api-prefix.js';
import { createFastifyAdapter } from './http/fastify-adapter.js';
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
    createFastifyAdapter(options.names),
    { logger: options.logger, abortOnError: false, bodyParser: false },
  );
  registerAccess(api.getHttpAdapter().getInstance(), api.get(AccessGate));
  api.setGlobalPrefix(API_PREFIX, { exclude: ['healthz', 'readyz'] });
  serveDocumentation(api, options.version);
  if (options.reports) {
    api.connectMicroservice<CustomStrategy>({ strategy: options.reports });
    await api.startAllMicroservices();
  }
  return api;
}
