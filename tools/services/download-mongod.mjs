/**
 * Downloads a mongod into the folder that is the argument, unless it is there, and prints its path. A program of
 * its own, so that its caller can end it.
 */
import { MongoBinary } from 'mongodb-memory-server-core/lib/util/MongoBinary.js';

const [, , downloadDir = ''] = process.argv;
try {
  console.log(await MongoBinary.getPath({ downloadDir }));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
