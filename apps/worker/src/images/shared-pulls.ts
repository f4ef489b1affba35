import { fullReference } from '@nebula/contracts';
import pLimit from 'p-limit';
import type { PullOptions, PullProgress } from '../container-runtime/container-runtime.js';
import { RuntimeError } from '../container-runtime/runtime-error.js';

/** What an app wants to have pulled. */
export interface PullRequest {
  app: string;
  /** With a tag or digest. */
  image: string;
  platform: string | null;
  /** Whatever build the reference stands for will do; else one that it stands for now, or later. */
  anyBuild: boolean;
  /** The app wants it no more. */
  signal: AbortSignal;
}

/** One pull, for all who want it. */
export interface SharedPull {
  readonly image: string;
  readonly platform: string | null;
  /** Names of the apps that wait for it, each once. */
  apps(): string[];
  /** `queued`: others are under way. `asked`: the registry is asked. `known`: it has said which build it is. */
  readonly state: 'queued' | 'asked' | 'known';
  /** Null until something is known. */
  readonly progress: PullProgress | null;
}

/** Pulls with the engine, as `ContainerRuntime.pull`. */
type PullWithEngine = (image: string, signal: AbortSignal, options: PullOptions) => Promise<string>;

/**
 * Pulls each image once for all apps that want it at the same time, and so many at a time.
 *
 * Who asks while a pull of the same reference is under way shares it, as long as the registry hasn't said yet which
 * build that is: a release that was asked for after that may mean a newer build. It looks again when the one under
 * way has ended, which costs little, since the engine has the layers. Two pulls of one reference never run at the same
 * time, as the slower would move the tag back to the older build.
 */
export class SharedPulls {
  /** The newest pull of each reference, by that in full. */
  private readonly newest = new Map<string, Pull>();
  private readonly slots: ReturnType<typeof pLimit>;

  /**
   * @param parallelism pulls at a time.
   * @param onStart called with each pull; what it answers is called when that has ended.
   */
  constructor(
    private readonly engine: PullWithEngine,
    parallelism: number,
    private readonly onStart: (pull: SharedPull) => () => void,
  ) {
    this.slots = pLimit(parallelism);
  }

  /**
   * Answers the local id of the image. A pull ends when nobody wants it any more.
   *
   * @throws {RuntimeError}
   */
  async pull(request: PullRequest): Promise<string> {
    const { image, signal } = request;
    if (signal.aborted) throw unwanted(image);
    const current = this.newest.get(fullReference(image));
    const pull = current?.serves(request) ? current : this.start(request, current);
    return await pull.join(request);
  }

  private start({ image, platform }: PullRequest, before: Pull | undefined): Pull {
    const pull = new Pull(image, platform);
    const onEnd = this.onStart(pull);
    const reference = fullReference(image);
    this.newest.set(reference, pull);
    pull.begin(async () => {
      try {
        await before?.ended;
        return await this.slots(() => pull.run(this.engine));
      } finally {
        onEnd();
        if (this.newest.get(reference) === pull) this.newest.delete(reference);
      }
    });
    return pull;
  }
}

class Pull implements SharedPull {
  state: SharedPull['state'] = 'queued';
  progress: PullProgress | null = null;
  /** Resolves when it has ended, in whichever way. */
  ended: Promise<unknown> = Promise.resolve();
  private id: Promise<string> = Promise.reject(new Error('it has not begun'));
  private readonly requests = new Set<PullRequest>();
  private readonly ending = new AbortController();

  constructor(
    readonly image: string,
    readonly platform: string | null,
  ) {
    this.id.catch(() => undefined);
  }

  apps(): string[] {
    return [...new Set([...this.requests].map(({ app }) => app))];
  }

  serves({ platform, anyBuild }: PullRequest): boolean {
    return !this.ending.signal.aborted && platform === this.platform && (anyBuild || this.state !== 'known');
  }

  begin(work: () => Promise<string>): void {
    this.id = work();
    this.ended = this.id.catch(() => undefined);
  }

  async run(engine: PullWithEngine): Promise<string> {
    if (this.ending.signal.aborted) throw unwanted(this.image);
    this.state = 'asked';
    return await engine(this.image, this.ending.signal, {
      platform: this.platform,
      onProgress: (progress) => {
        this.state = 'known';
        this.progress = progress;
      },
    });
  }

  async join(request: PullRequest): Promise<string> {
    const { signal } = request;
    this.requests.add(request);
    let leave = (): void => undefined;
    const left = new Promise<never>((_resolve, reject) => {
      leave = () => {
        this.requests.delete(request);
        if (this.requests.size === 0) this.ending.abort();
        reject(unwanted(this.image));
      };
    });
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([this.id, left]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }
}

function unwanted(image: string): RuntimeError {
  return new RuntimeError('other', `the pull of ${image} was ended`);
}
