import { describe, expect, it } from '@jest/globals';
import { ImageNames } from './image-names.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;

describe('names that a pull has given', () => {
  it.each([
    ['the reference', 'nginx:1', 'nginx:1'],
    ['its digest', 'nginx:1', `nginx@${DIGEST}`],
    ['that of Docker for a full name', 'docker.io/library/nginx:1', 'nginx:1'],
    ['the digest of Docker for a full name', 'docker.io/library/nginx:1', `nginx@${DIGEST}`],
    ['that of Docker for a repository of a user', 'docker.io/team/app:1', 'team/app:1'],
    ['that of Docker for the older name of the registry', 'index.docker.io/team/app:1', 'team/app:1'],
    ['the digest for the older name of the registry', 'index.docker.io/nginx:1', `nginx@${DIGEST}`],
    ['that of Podman for a short name', 'nginx:1', 'docker.io/library/nginx:1'],
    ['the digest of Podman for a short name', 'nginx:1', `docker.io/library/nginx@${DIGEST}`],
    ['that of Podman for a repository of a user', 'team/app:1', 'docker.io/team/app:1'],
    ['that of another registry', 'localhost:5000/app:1', 'localhost:5000/app:1'],
    ['its digest there', 'localhost:5000/app:1', `localhost:5000/app@${DIGEST}`],
    ['a digest that was asked for with a tag', `nginx:1@${DIGEST}`, `docker.io/library/nginx@${DIGEST}`],
  ])('are %s: of %s, %s', (_what, reference, name) => {
    expect(new ImageNames([reference]).haveGiven(name)).toBe(true);
  });

  it.each([
    ['another tag', 'nginx:1', 'nginx:2'],
    ['another repository', 'nginx:1', `mine@${DIGEST}`],
    ['the same path at another registry', 'nginx:1', 'localhost/nginx:1'],
    ['the same path at a registry with a port', 'localhost:5000/app:1', 'app:1'],
    ['what an engine takes for another registry', 'registry-1.docker.io/library/nginx:1', 'nginx:1'],
    ['a tag, when it was pulled by digest', `nginx@${DIGEST}`, 'nginx:latest'],
  ])('are not %s: of %s, %s', (_what, reference, name) => {
    expect(new ImageNames([reference]).haveGiven(name)).toBe(false);
  });
});

it('a reference is found by the name that an engine has for it, and by no other digest', () => {
  const names = new ImageNames(['docker.io/library/nginx:1', `team/app:1@${DIGEST}`]);
  for (const name of ['nginx:1', `docker.io/team/app@${DIGEST}`]) expect(names.has(name)).toBe(true);
  for (const name of [`nginx@${DIGEST}`, `team/app@${OTHER}`, 'team/app:1'])
    expect(names.has(name)).toBe(false);
});
