import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { AheadWatch } from './ahead-watch.js';
import { FleetReader } from './fleet-reader.js';
import { FleetWriter } from './fleet-writer.js';
import { Listening } from './listening.js';
import { News } from './news.js';
import { ReportInbox } from './report-inbox.js';
import { ReportsPause } from './reports-pause.js';
import { ReportsController } from './reports.controller.js';
import { StatusController } from './status.controller.js';
import { StatusService } from './status.service.js';
import { WaitController } from './wait.controller.js';
import { WaitService } from './wait.service.js';
import { WorkersController } from './workers.controller.js';
import { WorkersService } from './workers.service.js';

/** Observed state back. */
@Module({
  imports: [AccessModule],
  controllers: [ReportsController, StatusController, WaitController, WorkersController],
  providers: [
    AheadWatch,
    FleetReader,
    FleetWriter,
    Listening,
    News,
    ReportInbox,
    ReportsPause,
    StatusService,
    WaitService,
    WorkersService,
  ],
  exports: [FleetReader, Listening, News],
})
export class WorkersModule {}
