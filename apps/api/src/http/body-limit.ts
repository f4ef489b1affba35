import { MAX_MESSAGE_BYTES } from '@nebula/contracts';

/** Longest body of a request, bytes: what is longer can't become a message. */
export const MAX_BODY_BYTES = MAX_MESSAGE_BYTES;

/** Longest document of many apps, bytes: what can be read without keeping others waiting. */
export const MAX_DOCUMENT_BYTES = 1_048_576;
