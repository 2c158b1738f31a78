/**
 * Makes a function that reads something again. Calls at the same time share one read. A
 * call while a read is in progress causes another read after it, since the data may have
 * changed meanwhile.
 */
export function sharedRead(read: () => Promise<void>): () => Promise<void> {
  let last = Promise.resolve();
  let queued: Promise<void> | undefined;
  return () => {
    if (!queued) {
      queued = last
        .catch(() => {}) // the caller of that read has received its error
        .then(() => {
          queued = undefined;
          return read();
        });
      last = queued;
    }
    return queued;
  };
}
