import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { describeFeed } from '../testing/feed-contract.js';
import { InProcessBroker } from './in-process-broker.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-feed-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describeFeed('in one process', async () => new InProcessBroker({ directory: join(folder, 'feed') }).feed);
