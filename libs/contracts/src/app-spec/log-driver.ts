/** Docker's log driver with its options. */
export interface LogDriver {
  /** `json-file`, `journald`, `none` … */
  name: string;
  options?: Record<string, string>;
}
