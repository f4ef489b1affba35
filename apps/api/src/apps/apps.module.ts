import { Module } from '@nestjs/common';
import { OrphansModule } from '../orphans/orphans.module.js';
import { WorkersModule } from '../workers/workers.module.js';
import { AppActionsController } from './app-actions.controller.js';
import { AppChanges } from './app-changes.js';
import { AppSecrets } from './app-secrets.js';
import { AppsController } from './apps.controller.js';
import { AppsService } from './apps.service.js';
import { ChangeAnswers } from './change-answers.js';
import { Previews } from './previews.service.js';
import { PruneController } from './prune.controller.js';
import { PruneService } from './prune.service.js';

/** Desired state in. */
@Module({
  imports: [OrphansModule, WorkersModule],
  controllers: [AppsController, AppActionsController, PruneController],
  providers: [AppsService, AppChanges, AppSecrets, ChangeAnswers, Previews, PruneService],
  exports: [AppsService, ChangeAnswers, Previews],
})
export class AppsModule {}
