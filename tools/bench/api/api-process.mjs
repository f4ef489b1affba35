/**
 * The api on SQLite in a process of its own, as it runs in the standalone program.
 */
import { createApi } from '@nebula/api';
import { InProcessBroker } from '@nebula/messaging';
import { quietLogger } from './quiet-logger.mjs';
import { answerQuestions, input, tell } from './question.mjs';

/** @type {{ database: string, feed: string, administrator: { user: string, password: string } | null }} */
const { database, feed, administrator } = input();
const broker = new InProcessBroker({ directory: feed });
const api = await createApi({
  store: { kind: 'sqlite', path: database },
  feeds: [broker.feed],
  logger: quietLogger(),
  verify_interval_seconds: 300,
  tombstone_retention_days: 90,
  version: 'bench',
  // As many requests as there can be, but counted: they are where there is a login.
  ...(administrator ? { login: { administrator }, http: { rate_limit_per_minute: 10_000_000 } } : {}),
});
await api.listen(0, '127.0.0.1');
answerQuestions(async () => process.cpuUsage());
tell({ url: await api.getUrl() });
