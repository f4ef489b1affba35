import { Server } from '@nestjs/microservices';
import type { ReportTransport } from './ports.js';

/** Reports of one region. */
export interface RegionReports {
  region: string;
  transport: ReportTransport & Server;
}

/** Brings what the workers of several regions report to the one handler of it. */
export class RegionalReports extends Server implements ReportTransport {
  /** @param parts at least one */
  constructor(readonly parts: readonly RegionReports[]) {
    super();
  }

  listen(callback: () => void): void {
    for (const { transport } of this.parts) {
      for (const [pattern, handler] of this.getHandlers())
        transport.addHandler(pattern, handler, handler.isEventHandler, handler.extras);
      transport.listen(() => undefined);
    }
    callback();
  }

  /**
   * For so long a worker of any region is heard. While one region is away nobody counts as silent, since what a worker
   * reports doesn't say which region it is of.
   */
  listenedMs(): number | null {
    const listened = this.parts.map(({ transport }) => transport.listenedMs());
    return listened.reduce(
      (shortest, each) => (shortest === null || each === null ? null : Math.min(shortest, each)),
      Number.POSITIVE_INFINITY,
    );
  }

  pause(): void {
    for (const { transport } of this.parts) transport.pause();
  }

  resume(): void {
    for (const { transport } of this.parts) transport.resume();
  }

  problem(): string | null {
    const problems = this.parts.flatMap(({ region, transport }) => {
      const problem = transport.problem();
      return problem === null ? [] : [`${region}: ${problem}`];
    });
    return problems.length === 0 ? null : problems.join('; ');
  }

  async close(): Promise<void> {
    await Promise.all(
      this.parts.map(async ({ transport }) => {
        await transport.close();
      }),
    );
  }

  /** Events of the transports are nobody's business here. */
  on(): void {}

  unwrap<T>(): T {
    throw new Error('The connections of the regions are not given away.');
  }
}
