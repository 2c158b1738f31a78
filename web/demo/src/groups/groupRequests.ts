import type { GroupPending, Parley } from "@parley/client";
import { sharedRead } from "../people/sharedRead.ts";

/** The notices after which there is another list of requests: docs/spec/tencent §19.2. */
const noticesOfRequests = [1, 12, 24, 25, 26];

/** What waits for an answer of the signed-in user: who asks to join a group, and invitations. */
export class GroupRequests {
  list: readonly GroupPending[] = [];
  readonly #parley: Parley;
  readonly #changed: () => void;

  constructor(parley: Parley, changed: () => void) {
    this.#parley = parley;
    this.#changed = changed;
    const readInBackground = () => void this.#read().catch(() => {}); // the next sync reads again
    parley.on("synced", readInBackground);
    parley.on("group.notice", ({ Type }) => noticesOfRequests.includes(Type) && readInBackground());
  }

  /** The requests of one group. */
  of(GroupId: string): readonly GroupPending[] {
    return this.list.filter((request) => request.GroupId === GroupId);
  }

  /** Accepts or refuses a request. */
  async answer({ GroupId, User_Account, Type }: GroupPending, accept: boolean): Promise<void> {
    const { group } = this.#parley;
    const request = { GroupId, ...(Type === invitation ? {} : { User_Account }) };
    try {
      await (accept ? group.approve(request) : group.reject(request));
    } finally {
      await this.#read().catch(() => {}); // also if another admin has answered before
    }
  }

  readonly #read = sharedRead(async () => {
    this.list = (await this.#parley.group.requests()).RequestList;
    this.#changed();
  });
}

/** The type of a request in which the user is invited. */
export const invitation = 3;
