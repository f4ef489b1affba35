import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { StopSignals } from './stop-signals.js';

function setUp() {
  const source = new EventEmitter();
  const clock = { now: 1000 };
  const state = { impatient: 0 };
  const signals = new StopSignals(
    source,
    () => (state.impatient += 1),
    () => clock.now,
  );
  return { source, clock, state, signals };
}

describe('StopSignals', () => {
  it.each(['SIGINT', 'SIGTERM'])('takes %s as the wish to stop', async (signal) => {
    const { source, signals } = setUp();
    expect(signals.stopping.aborted).toBe(false);
    const requested = signals.requested();
    source.emit(signal);
    expect(signals.stopping.aborted).toBe(true);
    expect(await requested).toBe(signal);
    source.emit('SIGINT');
    expect(await signals.requested()).toBe(signal);
  });

  it('takes the copy that npm passes on for the same wish', () => {
    const { source, clock, state } = setUp();
    source.emit('SIGINT');
    clock.now += 50;
    source.emit('SIGINT');
    source.emit('SIGTERM');
    expect(state.impatient).toBe(0);
  });

  it('takes a later signal for impatience', () => {
    const { source, clock, state } = setUp();
    source.emit('SIGINT');
    clock.now += 1000;
    source.emit('SIGINT');
    expect(state.impatient).toBe(1);
  });

  it('leaves signals alone after it is closed', () => {
    const { source, signals } = setUp();
    signals.close();
    source.emit('SIGINT');
    expect(signals.stopping.aborted).toBe(false);
  });
});
