import { Module } from '@nestjs/common';
import { OrphanWatch } from './orphan-watch.js';
import { OrphansController } from './orphans.controller.js';
import { OrphansService } from './orphans.service.js';

/** Apps that workers run but the database doesn't know. */
@Module({
  controllers: [OrphansController],
  providers: [OrphansService, OrphanWatch],
  exports: [OrphansService, OrphanWatch],
})
export class OrphansModule {}
