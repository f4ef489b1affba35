import { DOCKER_HUB, imageWithTag } from '@nebula/contracts';

/** Host names under which Docker Hub gives its images. */
const HUB_HOSTS = [DOCKER_HUB, 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'];

/** An image by each name under which a list may allow it. With a digest the tag says nothing, so both forms count. */
export function namesToAllow(reference: string): string[] {
  const { name, tag, digest } = split(imageWithTag(reference));
  const ends = digest === '' ? [tag] : [`${tag}${digest}`, digest];
  return combined(name, ends);
}

/** An image by each name under which a list may deny it. One without a tag may be the build of any tag. */
export function namesToDeny(reference: string): string[] {
  const { name, tag, digest } = split(imageWithTag(reference));
  return [...namesToAllow(reference), ...combined(name, [tag === '' && digest !== '' ? ':' : tag])];
}

/** Whether one of these names fits a pattern, in which `*` stands for any characters. Only a tag has upper and lower case. */
export function fitsAny(pattern: string, names: readonly string[]): boolean {
  const lower = pattern.replace(/^(.*\/)?[^:]*/s, (name) => name.toLowerCase());
  const parts = lower.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  const form = new RegExp(`^${parts.join('.*')}$`, 's');
  return names.some((name) => form.test(name));
}

/** Tag and digest with the character before them, empty when there is none. */
function split(reference: string): { name: string; tag: string; digest: string } {
  const [whole = '', digest] = reference.split('@');
  const [name = '', tag = ''] = /^(.*?)(:[^:/]*)?$/s.exec(whole)?.slice(1) ?? [];
  return { name, tag, digest: digest === undefined ? '' : `@${digest}` };
}

function combined(name: string, ends: readonly string[]): string[] {
  return namesOf(name).flatMap((given) => ends.map((end) => `${given}${end}`));
}

/**
 * A name without a registry is Docker Hub's, where `library/` may be left out. A host's name has no case, and 443 is
 * the port of a registry that names none.
 */
function namesOf(name: string): string[] {
  const [first = '', ...rest] = name.split('/');
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const given = first.toLowerCase();
  const host = hasRegistry ? given.replace(/:443$/, '') : DOCKER_HUB;
  const path = hasRegistry ? rest.join('/') : name;
  if (!HUB_HOSTS.includes(host)) return [...new Set([`${given}/${path}`, `${host}/${path}`])];
  const full = path.includes('/') ? path : `library/${path}`;
  const paths = [...new Set([full, full.replace(/^library\//, '')])];
  return [...paths, ...HUB_HOSTS.flatMap((hub) => paths.map((each) => `${hub}/${each}`))];
}
