import type { AppDocument } from './app-document.js';

/** So many documents are kept. */
const MOST = 256;

/** One with a longer spec is not kept: few apps are so large, and all together mustn't fill the memory. */
const LONGEST_SPEC = 32_768;

/** So long a document is likely to be as it was read or written, milliseconds; much less than a record outlives its deletion. */
const LIKELY_MS = 600_000;

/**
 * Documents as they were last read or written. A change reads its app, decides, and replaces it; what is replaced has
 * to be kept as a revision, and needs not to be read a second time for that. Nothing is answered from here, and whoever
 * replaces one of these has to ask the database whether it still says the same.
 */
export class LastRead {
  private readonly documents = new Map<string, { document: AppDocument; at: number }>();

  /** @param elapsed milliseconds by a monotonic clock */
  constructor(private readonly elapsed: () => number) {}

  note(document: AppDocument): void {
    // What was noted last is forgotten last.
    this.documents.delete(document._id);
    if ((document.spec?.length ?? 0) > LONGEST_SPEC) return;
    this.documents.set(document._id, { document, at: this.elapsed() });
    const [oldest] = this.documents.keys();
    if (this.documents.size > MOST && oldest !== undefined) this.documents.delete(oldest);
  }

  /** What was noted of an app not long ago; null when nothing was. It stays. */
  recent(appName: string): AppDocument | null {
    const read = this.documents.get(appName);
    return read && this.elapsed() - read.at < LIKELY_MS ? read.document : null;
  }

  /** Takes out what was noted of an app; null when that was not at this revision. */
  take(appName: string, revision: number): AppDocument | null {
    const document = this.documents.get(appName)?.document;
    this.documents.delete(appName);
    return document?.revision === revision ? document : null;
  }
}
