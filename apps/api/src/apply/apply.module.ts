import { Module } from '@nestjs/common';
import { AppsModule } from '../apps/apps.module.js';
import { ApplyController } from './apply.controller.js';
import { ApplyService } from './apply.service.js';
import { ExportService } from './export.service.js';

/** Many apps in one document, in and out. */
@Module({
  imports: [AppsModule],
  controllers: [ApplyController],
  providers: [ApplyService, ExportService],
})
export class ApplyModule {}
