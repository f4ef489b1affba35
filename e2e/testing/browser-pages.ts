import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { ensurePackages } from '../../tools/engine/packages.mjs';

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.mjs': 'text/javascript' };

/** Nothing but the page: no first steps, no look for updates, no sandbox, which root can't have. */
const FLAGS = [
  ...['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** Pages of a site of its own, opened in a real Chromium. */
export class BrowserPages {
  private script = '';
  private hear: (told: Told) => void = () => undefined;
  private browser: ChildProcess | null = null;
  /** What the browser itself says. */
  private said = '';

  private constructor(
    /** The files of the site. */
    private readonly folder: string,
    private readonly imports: Readonly<Record<string, string>>,
    private readonly server: Server,
  ) {
    server.on('request', (request, response) => void this.answer(request, response));
  }

  /**
   * @param folder of the files of the site
   * @param imports paths of modules in it, by the names under which pages import them
   */
  static async start(folder: string, imports: Readonly<Record<string, string>>): Promise<BrowserPages> {
    await ensurePackages(['chromium'], () => undefined);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new BrowserPages(folder, imports, server);
  }

  /** As the browser sends it. */
  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /**
   * Opens a page that runs the body of an asynchronous function.
   * @returns what that returns, as JSON has it
   * @throws {Error} with what it throws
   */
  async run(script: string): Promise<unknown> {
    this.script = script;
    const told = new Promise<Told>((resolve) => (this.hear = resolve));
    const browser = this.open();
    const gone = once(browser, 'exit').then(([code]): Told => {
      return { error: `Chromium ended with ${String(code)}:\n${this.said}` };
    });
    try {
      const { answer, error } = await Promise.race([told, gone]);
      if (error !== undefined) throw new Error(error);
      return answer;
    } finally {
      await this.close();
    }
  }

  async end(): Promise<void> {
    await this.close();
    this.server.closeAllConnections();
    this.server.close();
  }

  private open(): ChildProcess {
    const profile = join(this.folder, 'browser-profile');
    const browser = spawn('chromium', [...FLAGS, `--user-data-dir=${profile}`, `${this.origin}/`], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // It has many processes, which are ended together.
      detached: true,
    });
    this.browser = browser;
    this.said = '';
    for (const stream of [browser.stdout, browser.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.said += text));
    return browser;
  }

  private async close(): Promise<void> {
    const { browser } = this;
    this.browser = null;
    if (browser?.pid === undefined) return;
    if (browser.exitCode === null && browser.signalCode === null) {
      const exit = once(browser, 'exit');
      process.kill(-browser.pid, 'SIGKILL');
      await exit;
    }
    await rm(join(this.folder, 'browser-profile'), { recursive: true, force: true, maxRetries: 5 });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.origin);
    if (request.method === 'POST') {
      let text = '';
      for await (const part of request.setEncoding('utf8')) text += part as string;
      response.writeHead(204).end();
      this.hear(JSON.parse(text) as Told);
    } else if (pathname === '/') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(this.page());
    } else {
      const file = join(this.folder, normalize(pathname));
      const content = await readFile(file).catch(() => null);
      const type = TYPES[extname(file)] ?? 'application/octet-stream';
      response.writeHead(content === null ? 404 : 200, { 'content-type': type }).end(content ?? '');
    }
  }

  private page(): string {
    return `<!doctype html><title>A page</title>
<script type="importmap">${JSON.stringify({ imports: this.imports })}</script>
<script type="module">
const tell = (told) => fetch('/', { method: 'POST', body: JSON.stringify(told) });
const work = async () => { ${this.script} };
work().then((answer) => tell({ answer }), (error) => tell({ error: String(error?.stack ?? error) }));
</script>`;
  }
}

interface Told {
  answer?: unknown;
  error?: string;
}
