import { type AppSpec, specSizeProblems, unmaskSpec } from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import { Keyring } from '../store/secrets/keyring.js';
import { invalidSpec, noSecretKey } from './app-problems.js';

/** What changes of apps do about the secrets in them. */
@Injectable()
export class AppSecrets {
  constructor(private readonly keyring: Keyring) {}

  /**
   * The spec that is meant: where a mask was sent back, with the value that the app has.
   *
   * @param previous spec of the app, null when there is none
   * @throws {ProblemError} for a mask that stands for nothing, for a spec that is too large with its values, and for one
   * with secrets when this api has no key to keep them with
   */
  meant(spec: AppSpec, previous: AppSpec | null): AppSpec {
    const unmasked = unmaskSpec(spec, previous);
    if (!unmasked.ok) throw invalidSpec(unmasked.problems);
    const tooLarge = specSizeProblems(unmasked.value);
    if (tooLarge.length > 0) throw invalidSpec(tooLarge);
    if (spec.secret_env_vars.length > 0 && !this.keyring.canSeal) throw noSecretKey();
    return unmasked.value;
  }
}
