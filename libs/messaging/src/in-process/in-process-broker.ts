import { PATTERNS } from '@nebula/contracts';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type {
  AppSelection,
  DesiredStateFeed,
  DesiredStateOrigin,
  ReportPublisher,
  ReportTransport,
} from '../ports.js';
import { InProcessFeed } from './in-process-feed.js';
import { InProcessReports } from './in-process-reports.js';
import { InProcessStrategy } from './in-process-strategy.js';

export interface InProcessBrokerOptions {
  /** Folder of the retained messages, made where it is missing. For one broker at a time. */
  directory: string;
  /** Name of the one region, `local` when absent. */
  region?: string;
}

/**
 * What joins api and worker in one process, in a broker's place: the same ports, messages as JSON text, delivered
 * later and in order for each app.
 */
export class InProcessBroker {
  private readonly ownFeed: InProcessFeed;
  private readonly ownReports = new InProcessReports();

  constructor({ directory, region = 'local' }: InProcessBrokerOptions) {
    this.ownFeed = new InProcessFeed(region, directory);
  }

  /** The api's side of desired states. */
  get feed(): DesiredStateFeed {
    return this.ownFeed;
  }

  /** The worker's side of reports. */
  get reports(): ReportPublisher {
    return this.ownReports;
  }

  /**
   * The worker's side of desired states: brings the newest of each selected app first, and then each that is
   * published. Of several that a slow handler hasn't taken yet, it gets the newest alone.
   */
  desiredStateStrategy(selection: AppSelection): CustomTransportStrategy {
    return new InProcessStrategy(PATTERNS.desiredState, {
      subscribe: (offer) => this.ownFeed.follow(selection, offer),
      origin: (appName): DesiredStateOrigin => ({ app_name: appName }),
      atClose: 'drop',
    });
  }

  /** The api's side of reports and heartbeats, one at a time. */
  reportStrategy(): ReportTransport {
    return new InProcessStrategy(PATTERNS.report, this.ownReports);
  }
}
