import { expect, test } from '@jest/globals';
import { ownContainerId } from './own-container.js';

const ID = 'c0ffee'.padEnd(64, '0');
const OTHER = 'decaf'.padEnd(64, '1');

const reading =
  (mountinfo: string, cgroup = '0::/\n') =>
  (path: string) =>
    path === '/proc/self/mountinfo' ? mountinfo : cgroup;

test.each([
  [
    'Docker',
    `671 650 0:55 / / rw,relatime - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/${OTHER}/diff
683 671 8:1 /var/lib/docker/volumes/${OTHER}/_data /data rw - ext4 /dev/sda1 rw
690 671 8:1 /var/lib/docker/containers/${ID}/hostname /etc/hostname rw - ext4 /dev/sda1 rw`,
  ],
  [
    'Podman',
    `690 671 0:24 /containers/storage/overlay-containers/${ID}/userdata/resolv.conf /etc/resolv.conf rw - tmpfs tmpfs rw`,
  ],
])('a container of %s is known by the files that are mounted into it', (_engine, mountinfo) => {
  expect(ownContainerId(reading(mountinfo))).toBe(ID);
});

test.each([`12:cpuset:/docker/${ID}\n`, `0::/system.slice/docker-${ID}.scope\n`])(
  'a container is known by its control group %j',
  (cgroup) => {
    expect(ownContainerId(reading('', cgroup))).toBe(ID);
  },
);

test('a process of the server is in none', () => {
  const mounts = '23 1 8:1 / / rw - ext4 /dev/sda1 rw\n24 23 0:5 /x /etc/resolv.conf rw - tmpfs tmpfs rw\n';
  expect(ownContainerId(reading(mounts, '12:cpuset:/\n0::/user.slice/user-0.slice\n'))).toBeNull();
  expect(ownContainerId(() => '')).toBeNull();
});
