import { idOf } from "../conversations/conversationId.ts";
import { parseKey } from "../messages/messageKey.ts";
import type { AnyMessage, Pending } from "../types.ts";
import type { Change, Store, StoredConversation, StoredData } from "./store.ts";

/**
 * A store in the IndexedDB of this name. Several tabs may share it: every write replaces a
 * whole record, and every tab would write the same record.
 */
export function indexedStore(name: string): Store {
  return new IndexedDbStore(name);
}

type Table = "meta" | "conversations" | "messages" | "pending";
const tables: Table[] = ["meta", "conversations", "messages", "pending"];

/** A record of the table `messages`. Its key is [peer, MsgTime, MsgSeq, MsgRandom], the order within a conversation. */
interface Row {
  peer: string;
  message: AnyMessage;
}

class IndexedDbStore implements Store {
  readonly #name: string;
  #opened: Promise<IDBDatabase> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  async load(): Promise<StoredData> {
    const tx = (await this.#open()).transaction(tables, "readonly");
    const meta = tx.objectStore("meta");
    const [since, names, values, conversations, pending] = await Promise.all([
      result<number | undefined>(meta.get("since")),
      result(meta.getAllKeys(noteKeys())),
      result<unknown[]>(meta.getAll(noteKeys())),
      result<StoredConversation[]>(tx.objectStore("conversations").getAll()),
      result<Pending[]>(tx.objectStore("pending").getAll()),
    ]);
    return {
      since: since ?? 0,
      conversations,
      pending: pending.sort((a, b) => a.since - b.since || a.draft.MsgSeq - b.draft.MsgSeq),
      ...(names.length > 0
        ? { notes: Object.fromEntries(names.map((name, i) => [String(name).slice(1), values[i]])) }
        : {}),
    };
  }

  async messages(peer: string, limit: number, before?: string): Promise<AnyMessage[]> {
    const found: AnyMessage[] = [];
    await this.#visitBackwards("messages", conversationKeys(peer, before), (row) => found.push(row.message) < limit);
    return found.reverse();
  }

  async search(matches: (m: AnyMessage) => boolean, limit: number, peer?: string): Promise<AnyMessage[]> {
    const found: AnyMessage[] = [];
    const [index, range] =
      peer === undefined ? (["time", null] as const) : ([undefined, conversationKeys(peer)] as const);
    await this.#visitBackwards(
      "messages",
      range,
      ({ message }) => {
        if (matches(message)) found.push(message);
        return found.length < limit;
      },
      index,
    );
    return found;
  }

  async apply(changes: readonly Change[]): Promise<void> {
    const tx = (await this.#open()).transaction(tables, "readwrite");
    const done = finished(tx);
    for (const change of changes) write(tx, change);
    await done;
  }

  async clear(): Promise<void> {
    const tx = (await this.#open()).transaction(tables, "readwrite");
    const done = finished(tx);
    for (const table of tables) tx.objectStore(table).clear();
    await done;
  }

  /** Visits records in descending order, until `visit` returns false. */
  async #visitBackwards(
    table: Table,
    range: IDBKeyRange | null,
    visit: (row: Row) => boolean,
    index?: string,
  ): Promise<void> {
    const store = (await this.#open()).transaction(table, "readonly").objectStore(table);
    const request = (index ? store.index(index) : store).openCursor(range, "prev");
    await new Promise<void>((resolve, reject) => {
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const cursor = request.result;
        if (cursor && visit(cursor.value as Row)) cursor.continue();
        else resolve();
      };
    });
  }

  #open(): Promise<IDBDatabase> {
    this.#opened ??= this.#connect().catch((error) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #connect(): Promise<IDBDatabase> {
    const request = indexedDB.open(this.#name, 1);
    request.onupgradeneeded = () => {
      const db = request.result;
      db.createObjectStore("meta");
      db.createObjectStore("conversations");
      db.createObjectStore("pending");
      db.createObjectStore("messages").createIndex("time", ["message.MsgTime", "message.MsgSeq", "message.MsgRandom"]);
    };
    const db = await result(request);
    const openAgain = () => {
      this.#opened = undefined;
    };
    db.onclose = openAgain;
    db.onversionchange = () => {
      db.close();
      openAgain();
    };
    return db;
  }
}

function write(tx: IDBTransaction, change: Change): void {
  switch (change.kind) {
    case "since":
      tx.objectStore("meta").put(change.since, "since");
      return;
    case "conversation":
      tx.objectStore("conversations").put(change.conversation, idOf(change.conversation.row));
      return;
    case "message": {
      const { peer, message } = change;
      tx.objectStore("messages").put({ peer, message } satisfies Row, keyOf(peer, message.MsgKey));
      return;
    }
    case "amend": {
      const { peer, amend } = change;
      const messages = tx.objectStore("messages");
      const key = keyOf(peer, change.key);
      const request: IDBRequest<Row | undefined> = messages.get(key);
      request.onsuccess = () => {
        if (request.result) messages.put({ peer, message: amend(request.result.message) } satisfies Row, key);
      };
      return;
    }
    case "drop":
      tx.objectStore("messages").delete(keyOf(change.peer, change.key));
      return;
    case "dropUpTo":
      tx.objectStore("messages").delete(IDBKeyRange.bound([change.peer], keyOf(change.peer, change.key)));
      return;
    case "note": {
      const meta = tx.objectStore("meta");
      if (change.value === undefined) meta.delete(`.${change.name}`);
      else meta.put(change.value, `.${change.name}`);
      return;
    }
    case "pending": {
      const { draft } = change.pending;
      tx.objectStore("pending").put(change.pending, [idOf(draft), draft.MsgSeq, draft.MsgRandom]);
      return;
    }
    case "settle":
      tx.objectStore("pending").delete([change.peer, change.MsgSeq, change.MsgRandom]);
  }
}

function keyOf(peer: string, key: string): IDBValidKey {
  const place = parseKey(key);
  return [peer, place?.MsgTime ?? 0, place?.MsgSeq ?? 0, place?.MsgRandom ?? 0];
}

/** Every key of a conversation, or those before a message. In IndexedDB an array comes after every number. */
function conversationKeys(peer: string, before?: string): IDBKeyRange {
  return before === undefined
    ? IDBKeyRange.bound([peer], [peer, []])
    : IDBKeyRange.bound([peer], keyOf(peer, before), false, true);
}

/** The keys of the notes: a dot and the name. "/" is the character after the dot. */
function noteKeys(): IDBKeyRange {
  return IDBKeyRange.bound(".", "/", false, true);
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(tx: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = tx.onerror = () => reject(tx.error);
  });
}
