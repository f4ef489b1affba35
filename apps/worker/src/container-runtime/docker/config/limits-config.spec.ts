import { describe, expect, it } from '@jest/globals';
import { hasLastingLimits, limitsIn } from './limits-config.js';

describe('a quota of processor time', () => {
  it.each([
    ['that somebody has set', { CpuQuota: 10_000 }, 10_000],
    ['that was taken away', { CpuQuota: -1 }, null],
    ['that Podman makes of a number of processors', { CpuQuota: 50_000, NanoCpus: 500_000_000 }, null],
    ['that is not there', { CpuQuota: 0 }, null],
  ])('%s', (_which, config, expected) => {
    expect(limitsIn(config).cpu_quota).toBe(expected);
  });
});

describe('limits that last until the container is gone', () => {
  it.each([
    { BlkioWeight: 300 },
    { CpusetMems: '0' },
    { CpuPeriod: 50_000 },
    { CpuRealtimePeriod: 1_000_000 },
    { CpuRealtimeRuntime: 950_000 },
    { CpuQuota: -1, NanoCpus: 500_000_000 },
    { KernelMemory: 67_108_864 },
  ])('are these: %j', (config) => {
    expect(hasLastingLimits(config)).toBe(true);
  });

  it('are none of what apps have, nor what an engine says where it has none', () => {
    const none = {
      BlkioWeight: 0,
      CpusetMems: '',
      CpuRealtimePeriod: 0,
      CpuRealtimeRuntime: 0,
      KernelMemory: 0,
    };
    expect(hasLastingLimits({ ...none, CpuPeriod: 0, CpuQuota: 10_000, CpusetCpus: '0' })).toBe(false);
    expect(hasLastingLimits({ ...none, CpuQuota: -1 })).toBe(false);
    expect(hasLastingLimits({ ...none, KernelMemory: -1 })).toBe(false);
    // Podman's way to say 0.5 processors.
    expect(hasLastingLimits({ ...none, CpuPeriod: 100_000, CpuQuota: 50_000, NanoCpus: 500_000_000 })).toBe(
      false,
    );
  });
});
