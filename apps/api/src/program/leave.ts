import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { Leaving } from '../health/leaving.js';

/**
 * So long an api that says that it leaves serves on, milliseconds. A load balancer that looks every second, and once
 * more after half a second, as that of deploy/compose does, has noticed by then.
 */
const LEAVING_MS = 2_500;

/** So long a connection that was accepted has to bring its request, once no other is, milliseconds. */
const BRINGING_MS = 250;

/**
 * Resolves when load balancers know that the api leaves, and nobody can reach it any more. It serves on until then, each
 * connection for one more answer.
 */
export async function leave(api: NestFastifyApplication, lastsMs = LEAVING_MS): Promise<void> {
  api.get(Leaving).begin();
  await sleep(lastsMs);
  // A connection that is refused tells a load balancer that the api has not seen the request, whatever it asks for.
  api.getHttpServer().close();
  await sleep(BRINGING_MS);
}
