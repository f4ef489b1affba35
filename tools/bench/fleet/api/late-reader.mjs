/**
 * A client that leaves an answer in the system's buffer until it is asked for it. In a fleet whoever asks an api is on
 * another machine; on this one reading the answer would take a processor from the broker, just as that gets the change.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { within } from '../../running/until.mjs';

/** @import { Surroundings } from '../../running/bench.mjs' */

/** Longer than any answer to a change, bytes. */
const MOST_BYTES = 65_536;

const LIMIT_MS = 60_000;

const HEAD_END = '\r\n\r\n';

/** Answers of these never have a body. */
const BODILESS = new Set([204, 304]);

/** @typedef {{ status: number, body: string }} LateAnswer */

export class LateReader {
  #socket;
  #host;
  #limits;
  /** What has come of the answer, a character for each byte. */
  #received = '';
  /** @type {(answer: LateAnswer) => void} */
  #isWhole = () => undefined;
  /** @type {(reason: Error) => void} */
  #fails = () => undefined;
  /** Never resolves: rejects when no answer can come any more, and why. @type {Promise<never>} */
  #failure = new Promise((_, reject) => {
    this.#fails = reject;
  });

  /**
   * @param {string} url of the api; the connection is kept
   * @param {AbortSignal} stopping
   */
  constructor(url, stopping) {
    const { hostname, port, host } = new URL(url);
    this.#host = host;
    this.#limits = { limitMs: LIMIT_MS, stopping };
    // With a buffer of its own a socket that is paused doesn't even ask the system whether something has come.
    const onread = {
      buffer: Buffer.alloc(MOST_BYTES),
      callback: (/** @type {number} */ length, /** @type {Uint8Array} */ buffer) => {
        this.#take(Buffer.from(buffer.subarray(0, length)).toString('latin1'));
        return true;
      },
    };
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true, onread });
    this.#socket.pause();
    // While nobody waits for an answer, it is no failure of anybody. Whoever asks later is told.
    this.#failure.catch(() => undefined);
    this.#socket.on('error', (error) => {
      this.#fails(new Error(`the connection to the api at ${this.#host} failed: ${error.message}`));
    });
    this.#socket.on('close', () => {
      this.#fails(new Error(`the api at ${this.#host} ended the connection without a whole answer`));
    });
  }

  /**
   * Ends with the part at the latest.
   * @param {Pick<Surroundings, 'cleanUp' | 'stopping'>} bench
   * @param {string} url of the api
   * @returns {Promise<LateReader>}
   */
  static async connect({ cleanUp, stopping }, url) {
    const reader = new LateReader(url, stopping);
    reader.close = cleanUp.add('connection to the api', async () => void reader.#socket.destroy());
    // What goes wrong with it rejects this one, too, which says less.
    const connected = once(reader.#socket, 'connect');
    connected.catch(() => undefined);
    await within('the api is connected', Promise.race([reader.#failure, connected]), reader.#limits);
    return reader;
  }

  /** @type {() => Promise<void>} */
  close = async () => undefined;

  /**
   * Sends a request; the answer before it must have been read.
   * @param {string} method
   * @param {string} path with the prefix
   * @param {string} type of the body
   * @param {string} body
   */
  send(method, path, type, body) {
    const head = [
      `${method} ${path} HTTP/1.1`,
      `host: ${this.#host}`,
      `content-type: ${type}`,
      `content-length: ${Buffer.byteLength(body)}`,
    ].join('\r\n');
    this.#socket.write(`${head}${HEAD_END}${body}`);
  }

  /**
   * @returns {Promise<LateAnswer>} to the request that was sent last
   * @throws {Error} when the connection ends instead, or the answer does not say how long it is
   */
  async answer() {
    const whole = /** @type {Promise<LateAnswer>} */ (
      new Promise((resolve) => {
        this.#isWhole = resolve;
      })
    );
    this.#socket.resume();
    const answer = await within('the api has answered', Promise.race([whole, this.#failure]), this.#limits);
    this.#socket.pause();
    return answer;
  }

  /** @param {string} part */
  #take(part) {
    this.#received += part;
    const headLength = this.#received.indexOf(HEAD_END);
    if (headLength < 0) return;
    const head = this.#received.slice(0, headLength);
    const body = this.#received.slice(headLength + HEAD_END.length);
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0);
    const length = BODILESS.has(status) ? '0' : /^content-length: *(\d+) *$/im.exec(head)?.[1];
    if (length === undefined) {
      this.#fails(
        new Error(`the api has answered without a content-length, which is not read here: ${head}`),
      );
      return;
    }
    if (body.length < Number(length)) return;
    this.#received = '';
    this.#isWhole({ status, body: Buffer.from(body, 'latin1').toString('utf8') });
  }
}
