import { fullReference } from '@nebula/contracts';

/** References, found by whichever name an engine has for them: Docker and Podman write those of Docker Hub in other ways. */
export class ImageNames {
  private readonly full: ReadonlySet<string>;
  private readonly repositories: ReadonlySet<string>;

  constructor(references: Iterable<string>) {
    this.full = new Set([...references].map(fullReference));
    this.repositories = new Set([...this.full].map(repositoryOf));
  }

  /** Whether the name is one of them. */
  has(name: string): boolean {
    return this.full.has(fullReference(name));
  }

  /** Whether a pull of one of them gives an image this name: the reference itself, or the digest of its repository. */
  haveGiven(name: string): boolean {
    const full = fullReference(name);
    return this.full.has(full) || (full.includes('@') && this.repositories.has(repositoryOf(full)));
  }
}

/** Of a reference in full. */
function repositoryOf(full: string): string {
  const [name = ''] = full.split('@');
  return name === full ? full.slice(0, full.lastIndexOf(':')) : name;
}
