import { type Rule, wrongKind } from '../parsing/rule.js';

/** Grammar: `reference` of the distribution project, as Docker reads it: [domain[:port]/]path[:tag][@digest]. */
const DOMAIN_PART = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = new RegExp(
  `^(?:${DOMAIN_PART}(?:\\.${DOMAIN_PART})*|\\[[a-fA-F0-9:]+\\])(?::(?<port>[0-9]+))?$`,
);
const PATH_PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

/** What the id of an image begins with, and names of no image: Docker refuses such a name as ambiguous. */
const ALGORITHM = /^sha(?:256|384|512)$/;

/** Characters of domain and path together. */
const LONGEST_NAME = 255;

/** Name, tag and the longest digest. */
const LONGEST_REFERENCE = LONGEST_NAME + 1 + 128 + 1 + 135;

export const imageReference: Rule = {
  name: 'imageReference',
  allowed: 'an image reference like "nginx", "nginx:1.27" or "registry.example:5000/team/app@sha256:…"',
  schema: {
    type: 'string',
    minLength: 1,
    maxLength: LONGEST_REFERENCE,
    examples: ['nginx:1.27', 'registry.example:5000/team/app:1'],
  },
  *check(value) {
    if (typeof value !== 'string') {
      yield wrongKind(value, this.allowed);
      return;
    }
    const flaw = flawIn(value);
    if (flaw) yield { message: `must be ${this.allowed}: ${flaw}` };
  },
};

/** Adds `:latest` to a reference that has neither tag nor digest. */
export function imageWithTag(reference: string): string {
  const { tag, digest } = split(reference);
  return tag === undefined && digest === undefined ? `${reference}:latest` : reference;
}

/** The registry of references that name none. */
export const DOCKER_HUB = 'docker.io';

/** The same registry by the name that it had. */
const LEGACY_HUB = 'index.docker.io';

/** Name and port of the registry that a reference is pulled from. */
export function registryOf(reference: string): string {
  const { domain = DOCKER_HUB } = split(reference);
  return domain === LEGACY_HUB ? DOCKER_HUB : domain;
}

/**
 * A reference in full, with registry and tag or digest, by which two of them can be told apart: of Docker Hub's images
 * Docker's own lists leave out what can be left out, Podman's leave out nothing. Rule: `ParseNormalizedNamed` of the
 * distribution project, and with a digest the tag says nothing.
 */
export function fullReference(reference: string): string {
  const { domain: given = DOCKER_HUB, path, tag = 'latest', digest } = split(reference);
  const domain = given === LEGACY_HUB ? DOCKER_HUB : given;
  const inLibrary = domain === DOCKER_HUB && !path.includes('/');
  return `${domain}/${inLibrary ? 'library/' : ''}${path}${digest === undefined ? `:${tag}` : `@${digest}`}`;
}

/**
 * Whether the engine may take a reference for the id of an image, whole or its beginning: `sha256:…` with any number of
 * digits, without a registry. It is then no matter where that image came from.
 */
export function isImageId(reference: string): boolean {
  const { domain, path } = split(reference);
  return domain === undefined && ALGORITHM.test(path);
}

function flawIn(reference: string): string | null {
  if (reference === '') return 'it is empty';
  if (reference.length > LONGEST_REFERENCE) return `it is longer than ${LONGEST_REFERENCE} characters`;
  if (/\s/.test(reference)) return 'it has a blank';
  if (reference.includes('://')) return 'it has no scheme like "https://"';
  const { domain, path, tag, digest } = split(reference);
  if (domain !== undefined) {
    const port = DOMAIN.exec(domain)?.groups?.['port'];
    if (!DOMAIN.test(domain)) return `"${domain}" is no registry's host name with an optional port`;
    if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) {
      return `the registry's port is 1 to 65535, not ${port}`;
    }
  }
  if (path === '') return 'the name of the image is missing';
  if (/[A-Z]/.test(path)) return `its path is lower case, not "${path}"`;
  if (!path.split('/').every((part) => PATH_PART.test(part))) {
    return `each part of the path "${path}" is lower-case letters and digits, with ".", "_", "__" or "-" between them`;
  }
  if ((domain === undefined ? path : `${domain}/${path}`).length > LONGEST_NAME) {
    return `its name is longer than ${LONGEST_NAME} characters`;
  }
  if (domain === undefined && /^[0-9a-f]{64}$/.test(path))
    return '64 hexadecimal digits are an id, not a name';
  if (tag !== undefined && !TAG.test(tag)) {
    return 'a tag is 1 to 128 letters, digits, "_", "." and "-", beginning with none of "." and "-"';
  }
  if (digest !== undefined && !DIGEST.test(digest)) {
    return 'a digest is "sha256:" and 64 lower-case hexadecimal digits (or sha384 with 96, sha512 with 128)';
  }
  return null;
}

interface Parts {
  domain: string | undefined;
  path: string;
  tag: string | undefined;
  digest: string | undefined;
}

function split(reference: string): Parts {
  const [name, digest] = cut(reference, reference.indexOf('@'));
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  const [whole, tag] = cut(name, colon);
  const slash = whole.indexOf('/');
  const first = whole.slice(0, Math.max(slash, 0));
  // Docker's rule: the first part is a registry when it can't be a user's name on the default one.
  const isDomain = slash !== -1 && (/[.:]/.test(first) || first === 'localhost');
  return isDomain
    ? { domain: first, path: whole.slice(slash + 1), tag, digest }
    : { domain: undefined, path: whole, tag, digest };
}

function cut(text: string, at: number): [string, string | undefined] {
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
