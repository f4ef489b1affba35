import { Module } from '@nestjs/common';
import { ReportInbox } from './report-inbox.js';
import { ReportsController } from './reports.controller.js';
import { StatusController } from './status.controller.js';
import { StatusService } from './status.service.js';

/** Observed state back. */
@Module({
  controllers: [ReportsController, StatusController],
  providers: [ReportInbox, StatusService],
})
export class WorkersModule {}
