import { describe, expect, it } from '@jest/globals';
import {
  expandSpec,
  fullReference,
  imageIdProblems,
  imageWithTag,
  isImageId,
  messageContents,
  NO_TOKENS,
  parseDesiredState,
  registryOf,
} from '../index.js';
import { problemsOf } from './testing/problems.js';

const SHA256 = `sha256:${'0a'.repeat(32)}`;

describe('docker_image', () => {
  it.each([
    'nginx',
    'nginx:1.27-alpine',
    'nginx:_x',
    `nginx@${SHA256}`,
    `nginx:1@${SHA256}`,
    `nginx@sha512:${'0'.repeat(128)}`,
    'team/app',
    'a/b/c/d',
    'localhost/app',
    'localhost:5000/app:1',
    'registry.example/app',
    'Registry.Example:5000/team/app',
    '127.0.0.1:5000/app',
    '[::1]:5000/app',
    'a__b/c--d/e.f_g',
    `${'a'.repeat(255)}:${'t'.repeat(128)}`,
    'library/sha256:0a',
    'registry.example/sha256:0a',
    'sha256sum:0a',
  ])('takes %s', (reference) => {
    expect(problemsOf({ docker_image: reference })).toEqual([]);
  });

  it.each([
    ['', 'it is empty'],
    [' nginx', 'it has a blank'],
    ['nginx\n', 'it has a blank'],
    ['https://registry.example/app', 'it has no scheme'],
    ['Nginx', 'its path is lower case, not "Nginx"'],
    ['Team/app', 'its path is lower case, not "Team/app"'],
    ['registry.example/App', 'its path is lower case, not "App"'],
    ['-nginx', 'each part of the path'],
    ['nginx-', 'each part of the path'],
    ['a..b', 'each part of the path'],
    ['a___b', 'each part of the path'],
    ['a//b', 'each part of the path'],
    ['/a', 'each part of the path'],
    ['a/', 'each part of the path'],
    ['../a', 'is no registry'],
    ['a$b', 'each part of the path'],
    ['registry.example/', 'the name of the image is missing'],
    [':1', 'the name of the image is missing'],
    [`@${SHA256}`, 'the name of the image is missing'],
    ['registry-.example/app', '"registry-.example" is no registry\'s host name'],
    ['registry.example:port/app', "is no registry's host name"],
    ['registry.example:0/app', "the registry's port is 1 to 65535, not 0"],
    ['registry.example:65536/app', "the registry's port is 1 to 65535, not 65536"],
    ['nginx:', 'a tag is 1 to 128'],
    ['nginx:.x', 'a tag is 1 to 128'],
    ['nginx:a:b', 'a tag is 1 to 128'],
    [`nginx:${'t'.repeat(129)}`, 'a tag is 1 to 128'],
    ['nginx@', 'a digest is "sha256:"'],
    ['nginx@sha256:00', 'a digest is "sha256:"'],
    [`nginx@${SHA256.toUpperCase()}`, 'a digest is "sha256:"'],
    [`nginx@md5:${'0'.repeat(32)}`, 'a digest is "sha256:"'],
    [`nginx@${SHA256}@${SHA256}`, 'a digest is "sha256:"'],
    ['0a'.repeat(32), 'are an id, not a name'],
    ['a'.repeat(256), 'its name is longer than 255'],
    [`registry.example/${'a'.repeat(255)}`, 'its name is longer than 255'],
    ['a'.repeat(100_000), 'it is longer than'],
    [`${'a-'.repeat(200)}!`, 'each part of the path'],
  ])('refuses %s', (reference, reason) => {
    const problems = problemsOf({ docker_image: reference });
    expect(problems).toEqual([expect.stringMatching(/^\/docker_image must be an image reference like/)]);
    expect(problems.join()).toContain(reason);
    expect(problems.join().length).toBeLessThan(1_500);
  });

  it.each([SHA256, 'sha256:0a', 'sha256', `sha256@${SHA256}`, `sha384:${'0'.repeat(96)}`, 'sha512:0a'])(
    "refuses the id %s to an app that doesn't have it, and reads what older versions have stored",
    (docker_image) => {
      expect(isImageId(docker_image)).toBe(true);
      const spec = expandSpec({ app_name: 'shop', docker_image });
      const refused = {
        ...{ pointer: '/docker_image', value: docker_image },
        message: expect.stringMatching(/^must be an image reference .*: Docker takes "sha.*" for the id/),
      };
      expect(imageIdProblems(spec, null)).toEqual([refused]);
      expect(imageIdProblems(spec, { docker_image: 'sha256:0b' })).toEqual([refused]);
      expect(imageIdProblems(spec, { docker_image })).toEqual([]);
      expect(problemsOf({ docker_image })).toEqual([]);
      const message = {
        ...messageContents(spec, NO_TOKENS),
        ...{ app_name: 'shop', epoch: 1, revision: 1, issued_at: '2026-01-01T00:00:00.000Z' },
      };
      expect(parseDesiredState(message)).toMatchObject({ ok: true, value: { spec: { docker_image } } });
    },
  );

  it.each([null, 5, [], undefined])('refuses %j', (reference) => {
    expect(problemsOf({ docker_image: reference })).toHaveLength(1);
  });
});

describe('imageWithTag', () => {
  it.each([
    ['nginx', 'nginx:latest'],
    ['nginx:1', 'nginx:1'],
    ['localhost:5000/app', 'localhost:5000/app:latest'],
    ['localhost:5000/app:1', 'localhost:5000/app:1'],
    [`app@${SHA256}`, `app@${SHA256}`],
    [`app:1@${SHA256}`, `app:1@${SHA256}`],
    ['[::1]:5000/app', '[::1]:5000/app:latest'],
  ])('%s is %s', (reference, expected) => {
    expect(imageWithTag(reference)).toBe(expected);
  });
});

describe('registryOf', () => {
  it.each([
    ['nginx', 'docker.io'],
    ['team/app:1', 'docker.io'],
    ['index.docker.io/team/app:1', 'docker.io'],
    ['docker.io/library/nginx', 'docker.io'],
    ['localhost/app', 'localhost'],
    [`registry.example:5000/team/app:1@${SHA256}`, 'registry.example:5000'],
    ['[::1]:5000/app', '[::1]:5000'],
  ])('of %s is %s', (reference, expected) => {
    expect(registryOf(reference)).toBe(expected);
  });
});

describe('fullReference', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1', 'docker.io/library/nginx:1'],
    ['library/nginx:1', 'docker.io/library/nginx:1'],
    ['docker.io/nginx:1', 'docker.io/library/nginx:1'],
    ['docker.io/library/nginx:1', 'docker.io/library/nginx:1'],
    ['index.docker.io/library/nginx:1', 'docker.io/library/nginx:1'],
    ['team/app:1', 'docker.io/team/app:1'],
    ['docker.io/team/app:1', 'docker.io/team/app:1'],
    // To an engine that is another registry, with names of its own.
    ['registry-1.docker.io/library/nginx:1', 'registry-1.docker.io/library/nginx:1'],
    ['localhost/nginx:1', 'localhost/nginx:1'],
    ['localhost:5000/app', 'localhost:5000/app:latest'],
    [`nginx@${SHA256}`, `docker.io/library/nginx@${SHA256}`],
    [`docker.io/nginx:1@${SHA256}`, `docker.io/library/nginx@${SHA256}`],
  ])('of %s is %s', (reference, expected) => {
    expect(fullReference(reference)).toBe(expected);
    expect(fullReference(expected)).toBe(expected);
  });
});
