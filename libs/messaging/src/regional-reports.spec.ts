import { beforeEach, expect, it } from '@jest/globals';
import { Server } from '@nestjs/microservices';
import type { ReportTransport } from './ports.js';
import { RegionalReports } from './regional-reports.js';

/** Reports of a region that come when the test says so. */
class FakeReports extends Server implements ReportTransport {
  listened: number | null = 250;
  reason: string | null = null;
  did: string[] = [];

  listen(callback: () => void): void {
    this.did.push('listen');
    callback();
  }
  listenedMs(): number | null {
    return this.listened;
  }
  pause(): void {
    this.did.push('pause');
  }
  resume(): void {
    this.did.push('resume');
  }
  problem(): string | null {
    return this.reason;
  }
  close(): void {
    this.did.push('close');
  }
  on(): void {}
  unwrap<T>(): T {
    throw new Error('nothing is in it');
  }
}

let eu: FakeReports;
let us: FakeReports;
let reports: RegionalReports;
beforeEach(() => {
  eu = new FakeReports();
  us = new FakeReports();
  reports = new RegionalReports([
    { region: 'eu', transport: eu },
    { region: 'us', transport: us },
  ]);
});

it('gives every region the handler, and begins, pauses, goes on and ends with all', async () => {
  const handler = () => Promise.resolve();
  reports.addHandler('report', handler, true);
  let begun = false;
  reports.listen(() => (begun = true));
  reports.pause();
  reports.resume();
  await reports.close();
  expect(begun).toBe(true);
  for (const region of [eu, us]) {
    expect(region.getHandlerByPattern('report')).toBe(handler);
    expect(region.did).toEqual(['listen', 'pause', 'resume', 'close']);
  }
});

it('hears every worker since the last of the regions is there, and none while one is away', () => {
  us.listened = 100;
  expect(reports.listenedMs()).toBe(100);
  eu.listened = null;
  expect(reports.listenedMs()).toBeNull();
});

it('has the problems of each region under its name', () => {
  expect(reports.problem()).toBeNull();
  us.reason = 'nothing listens there';
  expect(reports.problem()).toBe('us: nothing listens there');
  eu.reason = 'it ended the connection';
  expect(reports.problem()).toBe('eu: it ended the connection; us: nothing listens there');
});
