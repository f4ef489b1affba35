import { expect, it } from '@jest/globals';
import { KeptLog } from '../agent/testing/kept-log.js';
import type { ContainerRuntime } from '../container-runtime/container-runtime.js';
import { WorkerLog } from '../worker-log.js';
import { ImageCollector } from './image-collector.js';
import type { ImagePruner } from './image-pruner.js';

it('looks once more for all who ask while it looks at the disk', async () => {
  let looks = 0;
  let answer = () => {};
  const asked = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const runtime = {
    facts: async () => {
      looks += 1;
      await asked;
      return { image_folder: null };
    },
  };
  const collector = new ImageCollector(
    { images: { gc: { high_percent: 90, low_percent: 80 } } },
    runtime as unknown as ContainerRuntime,
    {} as ImagePruner,
    new WorkerLog({ logger: new KeptLog() }),
  );
  const all = Array.from({ length: 5 }, () => collector.collect());
  answer();
  await Promise.all(all);
  expect(looks).toBe(2);
});
