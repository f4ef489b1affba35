import 'reflect-metadata';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CustomStrategy } from '@nestjs/microservices';
import { WorkerModule } from './worker.module.js';
import type { WorkerOptions } from './worker-options.js';

/**
 * Makes a worker. `listen()` starts it, with engine and feed or without; `close()` ends it at a safe point and
 * leaves the containers as they are.
 *
 * @throws {Error} when `docker_host` is no address. `listen()` rejects when the state folder can't be written to.
 */
export async function createWorker(options: WorkerOptions): Promise<INestMicroservice> {
  const { logger, strategy } = options;
  return await NestFactory.createMicroservice<CustomStrategy>(WorkerModule.forRoot(options), {
    strategy,
    logger,
    abortOnError: false,
  });
}
