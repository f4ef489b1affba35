import { parseYaml, YamlFlaw } from '@nebula/yaml';
import { ProblemError } from './problem.js';
import { PROBLEMS } from './problem-types.js';

export const YAML_TYPE = 'application/yaml';

/** A body in YAML that was not read yet: a parser of its own limits is needed, which few calls have. */
export class YamlText {
  constructor(readonly text: string) {}

  /** @throws {ProblemError} with line and column, when it is none, or when its aliases make it too large */
  read(): unknown {
    try {
      return parseYaml(this.text);
    } catch (error) {
      if (!(error instanceof YamlFlaw)) throw error;
      throw new ProblemError(PROBLEMS.malformedYaml, {
        detail: `The body is not YAML that can be taken: ${error.message}.`,
      });
    }
  }
}
