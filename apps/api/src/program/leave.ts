import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { Leaving } from '../health/leaving.js';

/**
 * So long an api that says that it leaves serves on, milliseconds. A load balancer that looks every second, and once
 * more after half a second, as that of deploy/compose does, has noticed by then.
 */
const LEAVING_MS = 2_500;

/** Resolves when load balancers know that the api leaves. It serves on, each connection for one more answer. */
export async function leave(api: NestFastifyApplication, lastsMs = LEAVING_MS): Promise<void> {
  api.get(Leaving).begin();
  await sleep(lastsMs);
}
