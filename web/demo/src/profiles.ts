/** A profile as the server keeps it: its fields by tag. */
export type Fields = Readonly<Record<string, string | number>>;

/** Fields that are shown wherever a user is. */
export const nickTag = "Tag_Profile_IM_Nick";
export const faceTag = "Tag_Profile_IM_Image";
export const signatureTag = "Tag_Profile_IM_SelfSignature";

/** The profiles of users, read when they are first shown, many in one call. */
export class Profiles {
  readonly #known = new Map<string, Fields>();
  readonly #wanted = new Set<string>();
  readonly #read: (users: string[]) => Promise<Map<string, Fields>>;
  readonly #changed: () => void;

  /** `read` returns the fields of those users that exist. */
  constructor(read: (users: string[]) => Promise<Map<string, Fields>>, changed: () => void) {
    this.#read = read;
    this.#changed = changed;
  }

  /** What is known of a user now; what is not will come with a change. */
  get(user: string): Fields {
    const fields = this.#known.get(user);
    if (!fields) this.#want(user);
    return fields ?? {};
  }

  /** Reads a user again; what is known stays until then. */
  refresh(user: string): void {
    this.#want(user);
  }

  #want(user: string): void {
    if (this.#wanted.size === 0) setTimeout(() => void this.#fetch());
    this.#wanted.add(user);
  }

  async #fetch(): Promise<void> {
    const users = [...this.#wanted].slice(0, 100);
    try {
      const found = await this.#read(users);
      for (const user of users) this.#known.set(user, found.get(user) ?? {});
      for (const user of users) this.#wanted.delete(user);
      this.#changed();
    } catch {
      for (const user of users) this.#wanted.delete(user); // asked again when shown again
    }
    if (this.#wanted.size > 0) void this.#fetch();
  }
}
