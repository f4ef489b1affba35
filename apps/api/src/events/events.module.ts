import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { WorkersModule } from '../workers/workers.module.js';
import { EventsController } from './events.controller.js';
import { EventsService } from './events.service.js';
import { Watcher } from './watcher.js';

/** What happens, told as it happens. */
@Module({
  imports: [AccessModule, WorkersModule],
  controllers: [EventsController],
  providers: [EventsService, Watcher],
})
export class EventsModule {}
