import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { compactSpec, joinedNetworks, parseAppSpec, replicaPorts } from '@nebula/contracts';
import fc from 'fast-check';
import { anySpec } from '../../../../../libs/contracts/src/app-spec/testing/any-spec.js';
import { limitChanges, needsNewLimits } from '../../reconcile/limits.js';
import { nodeProblems } from '../../reconcile/node-fit.js';
import { EngineUnderTest } from '../testing/engine-under-test.js';
import { TEST_IMAGE } from '../testing/spec.js';

/** So many specs, always the same. */
const DRAWS = { numRuns: 60, seed: 1 };

let engine: EngineUnderTest;
let folder: string;

beforeAll(async () => {
  engine = await EngineUnderTest.open();
  folder = await mkdtemp(join(tmpdir(), 'nebula-any-'));
}, 60_000);

afterAll(async () => {
  const { Volumes } = await engine.docker.listVolumes();
  await engine.close();
  const made = Volumes.filter(({ Name }) => Name.startsWith(engine.prefix));
  for (const { Name } of made) await engine.docker.getVolume(Name).remove();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

it('whatever the rules allow, and the worker finds nothing against, the engine makes a container of, with limits that stay', async () => {
  const { runtime, prefix, scope } = engine;
  const node = await runtime.facts();
  const networks = [`${prefix}-a`, `${prefix}-b`];
  for (const network of networks) await runtime.createNetwork(network, scope);
  const other = engine.draft();
  await runtime.create(other);
  const server = {
    ...{ image: TEST_IMAGE, platform: node.platform, cores: node.cores },
    ...{ networks, containers: [other.name], folder, volumes: `${prefix}-` },
  };
  const refused: string[] = [];
  const restless: string[] = [];
  let fit = 0;
  for (const input of fc.sample(anySpec(server), DRAWS)) {
    const parsed = parseAppSpec(input);
    if (!parsed.ok) throw new Error(`The rules do not allow ${JSON.stringify(input)}`);
    const spec = parsed.value;
    if (nodeProblems(spec, 1, node).length > 0) continue;
    fit += 1;
    const draft = engine.draft({ spec, ports: replicaPorts(spec, 1), networks: joinedNetworks(spec) });
    try {
      const id = await runtime.create(draft);
      const container = await engine.observed(id);
      const changes = limitChanges(container, spec, node);
      if (changes !== null || needsNewLimits(container, spec, node)) {
        restless.push(`${JSON.stringify(changes)} for ${JSON.stringify(spec.resources)}`);
      }
      await runtime.remove(id);
    } catch (error) {
      refused.push(`${String(error)} for ${JSON.stringify(compactSpec(spec))}`);
    }
  }
  expect(refused).toEqual([]);
  // A limit that is never as wanted would be set, or the container made anew, at every look.
  expect(restless).toEqual([]);
  expect(fit).toBeGreaterThan(DRAWS.numRuns / 2);
}, 200_000);
