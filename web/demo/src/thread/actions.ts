import type { AnyMessage } from "@parley/client";
import { named } from "../peer.ts";
import type { Session } from "../session.ts";
import { textOf } from "../text.ts";
import { type Item, isRecalled } from "./lines.ts";

/** For this time a message can be recalled, ms. */
const recallWithin = 2 * 60 * 1000;

/** What the user can do with a message. */
export interface Abilities {
  answer: boolean;
  copy: boolean;
  edit: boolean;
  recall: boolean;
  delete: boolean;
}

/** What the user can do with a message at a time (Unix ms). */
export function abilities({ mine, message, content }: Item, now: number): Abilities {
  const whole = message !== undefined && !isRecalled(message);
  const onlyText = content.MsgBody.length > 0 && content.MsgBody.every(({ MsgType }) => MsgType === "TIMTextElem");
  return {
    answer: whole,
    copy: onlyText,
    edit: whole && mine && onlyText,
    recall: whole && mine && now - message.MsgTime * 1000 < recallWithin,
    delete: message !== undefined,
  };
}

/** The actions of the user with the messages of one conversation. */
export class Actions {
  readonly #session: Session;
  readonly #peer: string;

  constructor(session: Session, peer: string) {
    this.#session = session;
    this.#peer = peer;
  }

  /** Adds a reaction of the user, or removes it if the user has given it before. */
  toggle(m: AnyMessage, Reaction: string): void {
    const { message } = this.#session.parley;
    const given = m.ReactionList?.find((one) => one.Reaction === Reaction)?.From_Account.includes(this.#session.me);
    const request = { ...named(this.#peer), MsgKey: m.MsgKey, Reaction };
    void this.#session.try(
      "The reaction did not get there.",
      given ? message.unreact(request) : message.react(request),
    );
  }

  edit(m: AnyMessage, Text: string): void {
    if (Text === textOf(m)) return;
    const MsgBody = [{ MsgType: "TIMTextElem", MsgContent: { Text } }];
    const edit = this.#session.parley.message.edit({ ...named(this.#peer), MsgKey: m.MsgKey, MsgBody });
    void this.#session.try("The message was not changed.", edit);
  }

  async recall(m: AnyMessage): Promise<void> {
    const { parley, recalled } = this.#session;
    recalled.set(m.MsgKey, textOf(m)); // the message loses its text when the server answers
    const recall = parley.message.recall({ ...named(this.#peer), MsgKey: m.MsgKey });
    if (!(await this.#session.try("The message was not taken back.", recall))) recalled.delete(m.MsgKey);
  }

  delete(m: AnyMessage): void {
    const remove = this.#session.parley.message.delete({ ...named(this.#peer), MsgKeyList: [m.MsgKey] });
    void this.#session.try("The message was not deleted.", remove);
  }

  copy({ content }: Item): void {
    void this.#session.try("The text was not copied.", navigator.clipboard.writeText(textOf(content)));
  }
}
