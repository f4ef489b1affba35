import { IsNumber, Min } from 'class-validator';
import { Text, Whole } from '../parsing/fields.js';
import { Follows } from '../parsing/rule.js';
import { workerLabels } from './labels.js';

/** Length of a worker's id, characters. */
export const WORKER_ID = { min: 1, max: 255 };

const NAME = { max: 512 };

/** Facts of the worker's server, from the Docker Engine, so that limits of the worker's own container don't count. */
export class WorkerFacts {
  @Text(NAME)
  hostname!: string;

  @Text(NAME)
  engine_version!: string;

  @Text(NAME)
  architecture!: string;

  @IsNumber()
  @Min(0)
  cores!: number;

  @Whole()
  memory_bytes!: number;

  /** Version of the worker program. */
  @Text(NAME)
  worker_version!: string;

  /** What the worker was told to be known by. */
  @Follows(workerLabels)
  labels: Record<string, string> = {};
}
