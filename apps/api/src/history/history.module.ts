import { Module } from '@nestjs/common';
import { AppsModule } from '../apps/apps.module.js';
import { HistoryService } from './history.service.js';
import { RevisionsController } from './revisions.controller.js';
import { RollbackController } from './rollback.controller.js';
import { RollbackService } from './rollback.service.js';

/** What apps were, and back to it. */
@Module({
  imports: [AppsModule],
  controllers: [RevisionsController, RollbackController],
  providers: [HistoryService, RollbackService],
})
export class HistoryModule {}
