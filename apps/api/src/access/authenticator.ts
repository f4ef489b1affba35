import { Injectable } from '@nestjs/common';
import { ANYONE, type Caller } from './caller.js';

/** Finds out who makes a request. */
@Injectable()
export class Authenticator {
  /**
   * @param _authorization the header
   * @param _address from which the request comes
   */
  async callerOf(_authorization: string | undefined, _address: string): Promise<Caller> {
    return ANYONE;
  }
}
