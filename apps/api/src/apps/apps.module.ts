import { Module } from '@nestjs/common';
import { OrphansModule } from '../orphans/orphans.module.js';
import { AppActionsController } from './app-actions.controller.js';
import { AppChanges } from './app-changes.js';
import { AppSecrets } from './app-secrets.js';
import { AppsController } from './apps.controller.js';
import { AppsService } from './apps.service.js';
import { PruneController } from './prune.controller.js';
import { PruneService } from './prune.service.js';

/** Desired state in. */
@Module({
  imports: [OrphansModule],
  controllers: [AppsController, AppActionsController, PruneController],
  providers: [AppsService, AppChanges, AppSecrets, PruneService],
})
export class AppsModule {}
