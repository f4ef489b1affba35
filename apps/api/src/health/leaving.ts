import { Injectable } from '@nestjs/common';

/**
 * Whether the program is about to end. Its health says so first, while it serves on, so that a load balancer sends no
 * request any more when it ends: one that is refused then was lost where it must not be repeated, as a change.
 */
@Injectable()
export class Leaving {
  private begun = false;

  get hasBegun(): boolean {
    return this.begun;
  }

  begin(): void {
    this.begun = true;
  }
}
