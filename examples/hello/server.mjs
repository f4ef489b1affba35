/**
 * The whole of the example app: one line of text over HTTP that says who answers. The worker gives every
 * container its app's name and its replica's number; the version belongs to the image.
 */
import { createServer } from 'node:http';

const { GREETING = 'Hello', HELLO_VERSION, NEBULA_APP_NAME, NEBULA_REPLICA } = process.env;
const line = `${GREETING} from ${NEBULA_APP_NAME}, version ${HELLO_VERSION}, replica ${NEBULA_REPLICA}\n`;

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(line);
}).listen(8080);

// The first process of a container has no default action for signals: without this a stop takes ten seconds. What is
// being answered is answered before the end.
process.on('SIGTERM', () => server.close(() => process.exit(0)));
process.on('SIGINT', () => process.exit(0));
