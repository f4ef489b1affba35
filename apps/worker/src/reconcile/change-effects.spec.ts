import { describe, expect, test } from '@jest/globals';
import {
  type AppSpec,
  changeOfMember,
  expandSpec,
  NO_TOKENS,
  SPEC_FIELDS,
  SPEC_MEMBERS,
} from '@nebula/contracts';
import { fingerprint } from './fingerprint.js';

const BASE = { app_name: 'web', docker_image: 'shop' };

/** Each member of `resources`, of which some can be changed on a container that runs. */
const RESOURCES: Required<AppSpec['resources']> = {
  cpus: 1.5,
  cpu_shares: 512,
  cpuset: '0',
  memory: '64m',
  memory_reservation: '32m',
  memory_swap: '128m',
  pids: 100,
  oom_score: 100,
};

function isReplacedBy(change: Partial<AppSpec>): boolean {
  const print = (spec: object) => fingerprint(expandSpec({ ...BASE, ...spec }), 1, NO_TOKENS);
  return print(change) !== print({});
}

describe('what the documentation says of a change', () => {
  test.each(Object.entries(SPEC_FIELDS).filter(([field]) => field !== 'app_name'))(
    'of %s is what becomes of containers',
    (field, { change, example }) => {
      expect(isReplacedBy({ [field]: example })).toBe(change === 'replaces');
    },
  );

  const members = Object.entries(SPEC_MEMBERS).flatMap(([field, rows]) =>
    Object.entries(rows).map(
      ([member, { example }]) => [field as keyof AppSpec, member, { [field]: example }] as const,
    ),
  );
  test.each(members)('of %s to one with %s is what becomes of containers', (field, member, spec) => {
    expect(isReplacedBy(spec)).toBe(changeOfMember(field, member) === 'replaces');
  });

  test.each(Object.entries(RESOURCES))('of resources.%s is what becomes of containers', (member, value) => {
    const { change, members = {} } = SPEC_FIELDS.resources;
    expect(isReplacedBy({ resources: { [member]: value } })).toBe((members[member] ?? change) === 'replaces');
  });
});
