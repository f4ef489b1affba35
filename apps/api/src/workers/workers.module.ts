import { Module } from '@nestjs/common';
import { FleetWriter } from './fleet-writer.js';
import { Listening } from './listening.js';
import { ReportInbox } from './report-inbox.js';
import { ReportsController } from './reports.controller.js';
import { StatusController } from './status.controller.js';
import { StatusService } from './status.service.js';

/** Observed state back. */
@Module({
  controllers: [ReportsController, StatusController],
  providers: [FleetWriter, Listening, ReportInbox, StatusService],
})
export class WorkersModule {}
