/** Other words for processors, as images and people have them. */
const PROCESSORS: Readonly<Record<string, string>> = {
  ...{ x86_64: 'amd64', 'x86-64': 'amd64', aarch64: 'arm64' },
  ...{ i386: '386', i686: '386', armhf: 'arm', armel: 'arm' },
};

/** The variants that are meant when none is said. */
const USUAL_VARIANT: Readonly<Record<string, string>> = { arm64: 'v8', arm: 'v7', armel: 'v6' };

/** What else a processor runs. */
const RUNS_ALSO: Readonly<Record<string, string>> = { amd64: '386', arm64: 'arm' };

interface Platform {
  os: string;
  architecture: string;
  variant: string;
}

/**
 * Whether a local image is one of those that are meant. One whose platform isn't known is taken where none is asked for.
 *
 * @param image `os/arch[/variant]`; undefined when it isn't known.
 * @param wanted null for what the server runs.
 * @param server `os/arch[/variant]` of the engine.
 */
export function fitsPlatform(image: string | undefined, wanted: string | null, server: string): boolean {
  const found = image === undefined ? null : read(image);
  if (!found || found.os === '' || found.architecture === '') return wanted === null;
  if (wanted !== null) {
    const { os, architecture, variant } = read(wanted);
    return found.os === os && found.architecture === architecture && found.variant === variant;
  }
  const { os, architecture } = read(server);
  const runs = [architecture, RUNS_ALSO[architecture]];
  return found.os === os && runs.includes(found.architecture);
}

function read(platform: string): Platform {
  const [os = '', name = '', variant = ''] = platform.split('/');
  const architecture = PROCESSORS[name] ?? name;
  return { os, architecture, variant: variant || (USUAL_VARIANT[name] ?? USUAL_VARIANT[architecture] ?? '') };
}
