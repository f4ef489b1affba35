/**
 * What a program of somebody else does with the SDK. It is compiled and run outside of the workspace, as an ES module, as
 * CommonJS and in a browser, so it uses nothing but what all of them have.
 */
import {
  createApp,
  createNebulaClient,
  deleteApp,
  eachItem,
  etagOf,
  listApps,
  NebulaApiError,
  patchApp,
  streamEvents,
  waitForConvergence,
} from '@nebula/sdk';

/** What happened, in words that the test compares. */
export interface Story {
  created: number;
  listed: string[];
  conflict: string;
  told: string;
  outcome: string;
}

/** @param app name of an app that isn't there, of which one worker says that it has converged on its revision 2 */
export async function use(baseUrl: string, token: string, app: string): Promise<Story> {
  const client = createNebulaClient({ baseUrl, token });
  const events = streamEvents({ client, query: { app } });
  await events.next();
  const created = await createApp({ client, body: { app_name: app, docker_image: 'shop:1' } });
  let event = await events.next();
  while (event.value?.type !== 'app') event = await events.next();
  const told = `${event.value.data.app_name} ${event.value.data.revision}`;
  await events.return();

  const listed: string[] = [];
  for await (const { app_name } of eachItem(listApps, { client, query: { prefix: app, limit: 1 } }))
    listed.push(app_name);

  const path = { app };
  const headers = { 'If-Match': etagOf(created) };
  const { revision } = await patchApp({ client, path, body: { running: false }, headers });
  const conflict = await patchApp({ client, path, body: { running: true }, headers }).then(
    () => 'none',
    (error: unknown) => (error instanceof NebulaApiError ? `${error.status} ${error.type}` : String(error)),
  );
  const { outcome } = await waitForConvergence({ client, app, revision, progressMs: 1_000 });
  await deleteApp({ client, path });
  return { created: created.revision, listed, conflict, told, outcome };
}
