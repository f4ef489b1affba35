/**
 * What a GET of an app costs at least: one Fastify route that reads the row from the api's database file and answers
 * the same bytes.
 */
import { DatabaseSync } from '@photostructure/sqlite';
import fastify from 'fastify';
import { specDefaults } from '@nebula/contracts';
import { answerQuestions, input, tell } from './question.mjs';

/** @type {{ database: string }} */
const { database } = input();
const file = new DatabaseSync(database);
const statement = file.prepare('SELECT spec, revision, created_at, updated_at FROM apps WHERE app_name = ?');
// What is stored leaves them out.
const defaults = specDefaults();
// A connection that nobody refers to is collected, with the statements that are still used.
process.on('exit', () => file.close());
const server = fastify();

server.get('/api/v3/apps/:app', async (request, reply) => {
  const { app } = /** @type {{ app: string }} */ (request.params);
  const row = /** @type {{ spec: string } | undefined} */ (statement.get(app));
  if (!row) return await reply.code(404).send();
  const { spec, ...beside } = row;
  const { app_name, docker_image, ...rest } = /** @type {Record<string, unknown>} */ (JSON.parse(spec));
  return { app_name, docker_image, ...defaults, ...rest, ...beside };
});

answerQuestions(async () => process.cpuUsage());
tell({ url: await server.listen({ port: 0, host: '127.0.0.1' }) });
