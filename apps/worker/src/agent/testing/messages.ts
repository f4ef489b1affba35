import {
  type AppSpec,
  type DesiredStateMessage,
  expandSpec,
  messageContents,
  NO_TOKENS,
  type Tokens,
} from '@nebula/contracts';

/** What a message is to say; the rest has its default. */
export interface Wish {
  app_name?: string;
  epoch?: number;
  revision?: number;
  spec?: Partial<AppSpec>;
  tokens?: Partial<Tokens>;
}

/** A desired-state message as the api would publish it. */
export function wanted({
  app_name = 'web',
  epoch = 1,
  revision = 1,
  spec = {},
  tokens = {},
}: Wish = {}): DesiredStateMessage {
  const whole = expandSpec({ app_name, docker_image: 'shop:1', ...spec });
  return envelope(app_name, epoch, revision, whole, { ...NO_TOKENS, ...tokens });
}

/** A tombstone. */
export function deleted({ app_name = 'web', epoch = 1, revision = 2 }: Wish = {}): DesiredStateMessage {
  return envelope(app_name, epoch, revision, null, NO_TOKENS);
}

function envelope(
  app_name: string,
  epoch: number,
  revision: number,
  spec: AppSpec | null,
  tokens: Tokens,
): DesiredStateMessage {
  const issued_at = '2026-01-01T00:00:00.000Z';
  const message: DesiredStateMessage = {
    ...{ app_name, epoch, revision, issued_at },
    ...messageContents(spec, tokens),
  };
  // As it travels: plain JSON.
  return JSON.parse(JSON.stringify(message)) as DesiredStateMessage;
}
