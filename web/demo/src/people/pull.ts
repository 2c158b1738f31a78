/**
 * A read that follows what it reads: calls at one moment share a read, and one that
 * comes while a read is on its way has another after it.
 */
export function pull(read: () => Promise<void>): () => Promise<void> {
  let last = Promise.resolve();
  let queued: Promise<void> | undefined;
  return () => {
    if (!queued) {
      queued = last
        .catch(() => {}) // whoever asked for that read has heard of it
        .then(() => {
          queued = undefined;
          return read();
        });
      last = queued;
    }
    return queued;
  };
}
