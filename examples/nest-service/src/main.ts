import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DeploymentsController } from './deployments.controller.js';
import { NebulaErrorFilter } from './nebula-error.filter.js';
import { NebulaModule } from './nebula.module.js';

@Module({ imports: [NebulaModule], controllers: [DeploymentsController] })
class AppModule {}

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter());
app.useGlobalFilters(new NebulaErrorFilter());
app.enableShutdownHooks();
await app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1');
console.log(`listening on ${await app.getUrl()}`);
