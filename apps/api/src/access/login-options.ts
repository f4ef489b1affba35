/** Who may use the api without a token of its own making: the credentials of the configuration. At least one of them. */
export interface LoginOptions {
  /** The first administrator. */
  administrator?: {
    /** Without a colon. */
    user: string;
    /** In clear, or its argon2id hash in the form `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. */
    password: string;
  };
  /** A bearer token of an administrator. */
  auth_token?: string;
  /** One of the program that runs the api in its own process, made anew at each start. */
  own_token?: string;
}
