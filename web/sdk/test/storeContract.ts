// The contract of a store. The tests run it in Node with the store in memory, and in a browser with IndexedDB.
import type { AnyMessage, Conversation, DirectConversation, Message, Pending, Store } from "../src/index.ts";
import { conversationId } from "../src/index.ts";

const message = (seq: number, more: Partial<Message> = {}): Message => ({
  From_Account: "alice",
  To_Account: "bob",
  MsgSeq: seq,
  MsgRandom: 7,
  MsgTime: 1_700_000_000 + seq,
  MsgKey: `${seq}_7_${1_700_000_000 + seq}`,
  Ordinal: seq,
  MsgBody: [{ MsgType: "TIMTextElem", MsgContent: { Text: `text ${seq}` } }],
  ...more,
});

const row = (To_Account: string, Unread: number): DirectConversation => ({
  To_Account,
  Unread,
  ReadOrdinal: 0,
  PeerReadOrdinal: 0,
  InOrdinal: 0,
  OutOrdinal: 0,
  TimeMs: 1,
});

const pending = (seq: number): Pending => ({
  draft: { To_Account: "bob", MsgSeq: seq, MsgRandom: 1, MsgBody: [] },
  state: "sending",
  since: 5,
});

const put = (...seqs: number[]) =>
  seqs.map((seq) => ({ kind: "message", peer: "bob", message: message(seq) }) as const);
const seqs = (list: readonly AnyMessage[]) => list.map((m) => m.MsgSeq).join(" ");

function equal(actual: unknown, expected: unknown): void {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error(`is ${a}, should be ${e}`);
}

/** Each check is given an empty store. */
export const storeContract: [name: string, check: (store: Store) => Promise<void>][] = [
  ["a new store is empty", async (store) => equal(await store.load(), { since: 0, conversations: [], pending: [] })],
  [
    "rows and the time of the last sync are replaced",
    async (store) => {
      await store.apply([{ kind: "conversation", conversation: { row: row("bob", 1), held: false } }]);
      await store.apply([
        { kind: "conversation", conversation: { row: row("bob", 2), held: true } },
        { kind: "since", since: 42 },
      ]);
      const { since, conversations } = await store.load();
      equal({ since, conversations }, { since: 42, conversations: [{ row: row("bob", 2), held: true }] });
    },
  ],
  [
    "messages returns the newest messages of one conversation, ascending",
    async (store) => {
      await store.apply([...put(3, 1, 10, 2), { kind: "message", peer: "carol", message: message(11) }]);
      equal(seqs(await store.messages("bob", 3)), "2 3 10");
      equal(seqs(await store.messages("carol", 3)), "11");
      equal(seqs(await store.messages("bo", 3)), "");
      equal(seqs(await store.messages("bob", 2, message(10).MsgKey)), "2 3");
      equal(seqs(await store.messages("bob", 2, message(1).MsgKey)), "");
    },
  ],
  [
    "a message is stored once, and amend changes only a message that is stored",
    async (store) => {
      const edit = (m: AnyMessage) => ({ ...m, EditMs: 9 });
      await store.apply([
        ...put(1, 1),
        { kind: "amend", peer: "bob", key: message(1).MsgKey, amend: edit },
        { kind: "amend", peer: "bob", key: message(2).MsgKey, amend: edit },
      ]);
      equal(await store.messages("bob", 9), [{ ...message(1), EditMs: 9 }]);
    },
  ],
  [
    "drop deletes one message, and dropUpTo all up to one",
    async (store) => {
      await store.apply(put(1, 2, 3, 4, 5));
      await store.apply([
        { kind: "drop", peer: "bob", key: message(4).MsgKey },
        { kind: "dropUpTo", peer: "bob", key: message(2).MsgKey },
      ]);
      equal(seqs(await store.messages("bob", 9)), "3 5");
    },
  ],
  [
    "search returns matches newest first, of all conversations or one, up to a limit",
    async (store) => {
      await store.apply([...put(1, 2, 3), { kind: "message", peer: "ann", message: message(4) }]);
      const odd = (m: AnyMessage) => m.MsgSeq !== 2;
      equal(seqs(await store.search(odd, 9)), "4 3 1");
      equal(seqs(await store.search(odd, 2)), "4 3");
      equal(seqs(await store.search(odd, 9, "bob")), "3 1");
    },
  ],
  [
    "pending messages stay in their order until they are settled",
    async (store) => {
      await store.apply([1, 2, 3].map((n) => ({ kind: "pending", pending: pending(n) })));
      await store.apply([
        { kind: "pending", pending: { ...pending(1), state: "failed" } },
        { kind: "settle", peer: "bob", MsgSeq: 2, MsgRandom: 1 },
      ]);
      const left = (await store.load()).pending;
      equal(
        left.map((p) => [p.draft.MsgSeq, p.state]),
        [
          [1, "failed"],
          [3, "sending"],
        ],
      );
    },
  ],
  [
    "a group is apart from the user with its name, and its messages are ordered by their numbers",
    async (store) => {
      const peer = conversationId({ GroupId: "bob" });
      const { To_Account, ...counts } = row("bob", 3);
      const ofGroup = (MsgSeq: number): AnyMessage => ({
        GroupId: "bob",
        MsgSeq,
        MsgRandom: 9 - MsgSeq,
        MsgTime: 1_700_000_000,
        MsgKey: String(MsgSeq),
        MsgBody: [],
      });
      const group: Conversation = { ...counts, GroupId: "bob" };
      const { draft, ...rest } = pending(1);
      const { To_Account: _, ...toGroup } = draft;
      await store.apply([
        { kind: "conversation", conversation: { row: row("bob", 2), held: true } },
        { kind: "conversation", conversation: { row: group, held: true } },
        ...put(1),
        ...[10, 9, 2].map((n) => ({ kind: "message", peer, message: ofGroup(n) }) as const),
        { kind: "pending", pending: pending(1) },
        { kind: "pending", pending: { ...rest, draft: { ...toGroup, GroupId: "bob" } } },
        { kind: "settle", peer: "bob", MsgSeq: 1, MsgRandom: 1 },
      ]);
      const kept = await store.load();
      equal(kept.conversations.map(({ row }) => row.Unread).sort(), [2, 3]);
      equal(
        kept.pending.map(({ draft }) => draft.GroupId),
        ["bob"],
      );
      equal(seqs(await store.messages(peer, 9)), "2 9 10");
      equal(seqs(await store.messages(peer, 9, "10")), "2 9");
      equal(seqs(await store.messages("bob", 9)), "1");
      await store.apply([{ kind: "dropUpTo", peer, key: "9" }]);
      equal(seqs(await store.messages(peer, 9)), "10");
      equal(seqs(await store.search((m) => m.MsgBody.length === 0, 9)), "10");
    },
  ],
  [
    "a note is stored under its name until it is set without a value",
    async (store) => {
      await store.apply([
        { kind: "note", name: "a/b", value: { n: 1 } },
        { kind: "note", name: "c", value: [2] },
        { kind: "note", name: "a/b", value: { n: 3 } },
        { kind: "note", name: "d", value: 4 },
        { kind: "note", name: "d" },
      ]);
      const { since, notes } = await store.load();
      equal([since, notes?.["a/b"], notes?.c, Object.keys(notes ?? {}).length], [0, { n: 3 }, [2], 2]);
    },
  ],
  [
    "clear deletes everything",
    async (store) => {
      await store.apply([
        { kind: "note", name: "x", value: 1 },
        ...put(1),
        { kind: "since", since: 1 },
        { kind: "pending", pending: pending(1) },
        { kind: "conversation", conversation: { row: row("bob", 1), held: true } },
      ]);
      await store.clear();
      equal(await store.load(), { since: 0, conversations: [], pending: [] });
      equal(await store.messages("bob", 9), []);
      equal(await store.search(() => true, 9), []);
    },
  ],
];
