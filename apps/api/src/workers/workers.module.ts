import { Module } from '@nestjs/common';
import { AheadWatch } from './ahead-watch.js';
import { FleetWriter } from './fleet-writer.js';
import { Listening } from './listening.js';
import { ReportInbox } from './report-inbox.js';
import { ReportsController } from './reports.controller.js';
import { StatusController } from './status.controller.js';
import { StatusService } from './status.service.js';
import { WorkersController } from './workers.controller.js';
import { WorkersService } from './workers.service.js';

/** Observed state back. */
@Module({
  controllers: [ReportsController, StatusController, WorkersController],
  providers: [AheadWatch, FleetWriter, Listening, ReportInbox, StatusService, WorkersService],
})
export class WorkersModule {}
