import type { GroupPending } from "@parley/client";
import { useSession } from "../session.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { invitation } from "./groupRequests.ts";

/** All requests that wait for an answer of the user. */
export function RequestsDialog({ onClose }: { onClose: () => void }) {
  const session = useSession();
  const { list } = session.requests;
  return (
    <Dialog title="Requests to groups" class="confirm" onClose={onClose}>
      <h2>Requests to groups</h2>
      {list.length > 0 ? <RequestList list={list} /> : <p class="muted">Nobody is waiting for an answer.</p>}
      <div class="dialog-buttons">
        <button type="button" class="button soft" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

/** Requests with the buttons that answer them. */
export function RequestList({ list }: { list: readonly GroupPending[] }) {
  return (
    <ul class="group-requests">
      {list.map((request) => (
        <Request key={`${request.GroupId} ${request.Type} ${request.User_Account}`} request={request} />
      ))}
    </ul>
  );
}

function Request({ request }: { request: GroupPending }) {
  const session = useSession();
  const { Type, User_Account, Operator_Account, GroupId, GroupName, RemarkInfo } = request;
  const who = Type === invitation ? (Operator_Account ?? User_Account) : User_Account;
  const name = session.name(who);
  const inviter = session.name(Operator_Account ?? "");
  const group = GroupName || GroupId;
  const what =
    Type === invitation
      ? `invites you to ${group}`
      : Type === 1
        ? `asks to join ${group}`
        : `is invited to ${group} by ${inviter}`;
  const answer = (accept: boolean) =>
    void session.try("The request was not answered.", session.requests.answer(request, accept));
  return (
    <li class="group-request">
      <Avatar id={who} name={name} face={session.face(who)} />
      <div class="group-request-text">
        <p>
          <strong dir="auto">{name}</strong> {what}
        </p>
        {RemarkInfo && (
          <p class="muted" dir="auto">
            {RemarkInfo}
          </p>
        )}
        <div class="answer">
          <button type="button" class="button" aria-label={`Accept ${name}`} onClick={() => answer(true)}>
            Accept
          </button>
          <button type="button" class="button soft" aria-label={`Reject ${name}`} onClick={() => answer(false)}>
            Reject
          </button>
        </div>
      </div>
    </li>
  );
}
