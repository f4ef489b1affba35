/** One answer of the script: a response, or what the connection fails with. */
export type Scripted = Response | Error | ((request: Request) => Response | Promise<Response>);

/** A server that answers what is scripted, in order, and keeps what it was asked. */
export class ScriptedFetch {
  readonly requests: { request: Request; body: string; at: number }[] = [];
  private readonly script: Scripted[];

  constructor(...script: Scripted[]) {
    this.script = script;
  }

  readonly fetch = async (...[input, init]: Parameters<typeof fetch>): Promise<Response> => {
    const request = new Request(input, init);
    this.requests.push({ request, body: await request.clone().text(), at: performance.now() });
    // As fetch does.
    if (request.signal.aborted) throw request.signal.reason as Error;
    const next = this.script.shift();
    if (next === undefined) throw new Error('the script is over');
    if (next instanceof Response) return next;
    if (typeof next === 'function') return await next(request);
    throw next;
  };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** A problem as the api answers it. */
export function problem(status: number, name: string, headers: Record<string, string> = {}): Response {
  const type = `urn:nebula:problem:${name}`;
  const body = {
    type,
    title: `Title of ${name}`,
    status,
    detail: `Detail of ${name}.`,
    instance: 'urn:uuid:1-2',
  };
  return json(status, body, { 'content-type': 'application/problem+json', ...headers });
}

/** Never answers; fails as fetch does when it is aborted. */
export function silence(request: Request): Promise<Response> {
  return new Promise((_resolve, reject) => {
    request.signal.addEventListener('abort', () => reject(request.signal.reason as Error));
  });
}

/** A response whose body begins and never ends, and breaks when the request is aborted. */
export function endless(request: Request, begin: string, type = 'application/json'): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(begin));
      request.signal.addEventListener('abort', () => controller.error(request.signal.reason));
    },
  });
  return new Response(body, { headers: { 'content-type': type } });
}

/** What a call failed with. */
export async function errorOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('the call has succeeded');
}
