import { type AnyMessage, recalledFlag } from "../types.ts";

/** Whether a message was recalled. */
export function isRecalled(m: { MsgFlagBits?: number | undefined }): boolean {
  return ((m.MsgFlagBits ?? 0) & recalledFlag) !== 0;
}

/**
 * Merges the state of a message that the client has with the state in an answer of the
 * server. A recall is final, and each edit has a later time than the edit before. So an
 * answer that does not know of them never undoes them, in whatever order they arrive.
 *
 * Example: the client asks for the history. Before the answer arrives, an event says that
 * a message was recalled. The answer still has the text; the message stays recalled.
 *
 * @param newer the client sent the request after the last event about this message
 */
export function mergeMessage<M extends AnyMessage>(current: M, fromServer: M, newer: boolean): M {
  // Only events have the name and the face of the sender and who has read a message of a group. An answer keeps them.
  const { Nick, FaceUrl, ReadBy } = current;
  const sender = { ...(Nick ? { Nick } : {}), ...(FaceUrl ? { FaceUrl } : {}), ...(ReadBy ? { ReadBy } : {}) };
  if (isRecalled(fromServer)) return { ...fromServer, ...sender };
  const [before, after] = [current.EditMs ?? 0, fromServer.EditMs ?? 0];
  if (isRecalled(current) || after < before) return current;
  if (newer) return { ...fromServer, ...sender };
  if (after === before) return current;
  const { MsgBody, EditMs, CloudCustomData } = fromServer;
  const { CloudCustomData: _, ...rest } = current;
  return {
    ...(rest as M),
    MsgBody,
    ...(EditMs ? { EditMs } : {}),
    ...(CloudCustomData === undefined ? {} : { CloudCustomData }),
  };
}
