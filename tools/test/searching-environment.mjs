/**
 * What every test file runs in: Jest's own environment for Node, which searches the answers to `fetch` for the secrets of the
 * tests, and fails the file in the end when one was found anywhere.
 */
import { TestEnvironment } from 'jest-environment-node';
import { ledgerOf, takeFindings } from './known-secrets.mjs';
import { searchedFetch } from './searched-fetch.mjs';

export default class SearchingEnvironment extends TestEnvironment {
  /** @override */
  async setup() {
    await super.setup();
    this.global.fetch = searchedFetch(this.global.fetch, ledgerOf(this.global));
  }

  /**
   * Behind the last hook of the file: what programs say while they are stopped counts too.
   *
   * @param {{ name: string }} event
   * @param {{ unhandledErrors: unknown[] }} state
   */
  handleTestEvent(event, state) {
    if (event.name !== 'run_finish') return;
    const findings = takeFindings(ledgerOf(this.global));
    if (findings.length === 0) return;
    state.unhandledErrors.push(new Error(`Secrets of the tests were given away:\n${findings.join('\n')}`));
  }
}
