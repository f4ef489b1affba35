/**
 * Time limit of every call that reads, seconds. An engine under load, or on a disk that stands still for a while, takes
 * a minute for a list: a shorter limit would never let a plan come about, and ask the engine the same again. One that
 * hangs for good is told of after this time.
 */
export const READ_LIMIT = 90;
