/** What a handler answers beside the body: status and headers, without knowing the HTTP server. */
export class Answer<Body = unknown> {
  constructor(
    readonly status: number,
    readonly body: Body,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

/** A body that is JSON text already, for what is answered the same again and again. */
export class JsonText {
  constructor(readonly text: string) {}
}
