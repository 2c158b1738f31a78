import { requestFiled } from "./people.ts";

const refusals: Readonly<Record<number, string>> = {
  30001: "You are friends already.",
  30003: "There is no such user.",
  30009: "You may not ask others to be friends.",
  30010: "You have as many friends as one can have.",
  30014: "This user has as many friends as one can have.",
  30515: "You have blocked this user. Unblock them first.",
  30516: "This user takes no friend requests.",
  30525: "This user does not want to hear from you.",
};

/** What to show to the user for the result code of a friend request. */
export function outcomeOf(code: number): { done: boolean; text: string } {
  if (code === 0) return { done: true, text: "You are friends now." };
  if (code === requestFiled) return { done: true, text: "The request is sent. You are friends once it is accepted." };
  return { done: false, text: refusals[code] ?? `It did not work (${code}).` };
}
