import { Module } from '@nestjs/common';
import { createNebulaClient, type NebulaClient } from '@nebula/sdk';

/** Token of the client. */
export const NEBULA = Symbol('Nebula');

/** The client of the SDK, made once: it holds no connection, so there is nothing to end. */
@Module({
  providers: [{ provide: NEBULA, useFactory: clientFromEnvironment }],
  exports: [NEBULA],
})
export class NebulaModule {}

function clientFromEnvironment(): NebulaClient {
  const { NEBULA_URL = 'http://127.0.0.1:8000', NEBULA_TOKEN } = process.env;
  return createNebulaClient({ baseUrl: NEBULA_URL, ...(NEBULA_TOKEN ? { token: NEBULA_TOKEN } : {}) });
}
