package inbox

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/retry"
)

// A Mutation is the change of one row within a transaction. It is written only while
// the row's data is as it was seen. A mutation that hides messages is also written only
// while no message has been sent in either direction.
type Mutation struct {
	Seen Row  // the row as it was read; a row that does not exist has only User and Chat
	Data Data // the data after the change
	// Hide takes the row out of the list until the next message. ClearLast leaves the row in
	// the list without a last message. Both move the read cursor to the last message.
	Hide, ClearLast bool
	// HiddenUpTo, if it is not nil, hides the messages up to it.
	HiddenUpTo *timeline.Key
	// Draft, if it is not nil, replaces the draft. An empty text removes the draft.
	Draft *string
}

// changesNothing reports whether the row would be the same after the mutation.
func (m Mutation) changesNothing() bool {
	return m.Data == m.Seen.Data && !m.Hide && !m.ClearLast && m.HiddenUpTo == nil && m.Draft == nil
}

// rowAfter returns the row after the mutation.
func (m Mutation) rowAfter(nowMs int64) Row {
	r := m.Seen
	r.Data, r.ChangedMs = m.Data, nowMs
	if m.Hide || m.ClearLast {
		r.LastKey, r.Preview, r.ReadOffset, r.ExpiredOffset, r.UnreadExcluded, r.ReadMs = nil, "", r.InOffset, 0, 0, nowMs
	}
	if m.Hide {
		r.TimeMs = 0
	}
	if m.HiddenUpTo != nil {
		r.HiddenUpTo = m.HiddenUpTo
	}
	if m.Draft != nil {
		r.DraftMs = 0
		if *m.Draft != "" {
			r.DraftMs = nowMs
		}
	}
	return r
}

// A Transaction changes rows of a user, the user's folders, or both.
type Transaction struct {
	NowMs int64
	Rows  []Mutation
	// Indexed says that rows which the transaction creates must be put into the index.
	Indexed bool
	// Seen is the head as it was read. It is set if RequireFolders is true or Folders is not nil.
	Seen Head
	// RequireFolders says that the transaction is written only while the folders are as seen.
	RequireFolders bool
	Folders        *Folders // the new folders; nil: the folders stay as they are
}

// Folders are a user's folders after a transaction.
type Folders struct {
	List  []Folder
	Stale Set
	Ended []RemovedFolder
}

// rowsPerTransaction is the maximum number of rows that one transaction changes. A
// DynamoDB transaction has at most 100 items, and the head is one of them.
const rowsPerTransaction = 49

// retryOnConflict calls attempt until it has written, which it reports by returning
// true. Other calls that change the same user's data may be first several times. From
// the second attempt on, reads must be strong.
//
// The first attempt may have read old data. So if it refuses the call, the refusal
// counts only if the second attempt refuses the call, too. Example: a user creates the
// folder "work" and at once puts bob's conversation into it. The first attempt does not
// find "work"; the second attempt finds it.
func (s Service) retryOnConflict(ctx context.Context, attempt func(strong bool) (bool, error)) error {
	done, err := retry.Do(ctx, s.Clock, retry.Contended(), func(try int) (bool, error) {
		done, err := attempt(try > 0)
		if try == 0 && err != nil && !fault.Of(err).Code.Ours() {
			return false, nil
		}
		return done, err
	})
	if err == nil && !done {
		err = fault.New(fault.Conflict, "other calls change these conversations at the same time, try again")
	}
	return err
}

// changeData replaces the data of some of a user's rows by what change returns,
// and delivers the changed rows to the user's other devices. It creates a row that does
// not exist, if the peer is an account. It returns an error for each conversation.
//
// One transaction changes up to rowsPerTransaction rows. If fenced, each transaction is
// written only while the folders are as in the head that change has got; otherwise
// change gets an empty head.
func (s Service) changeData(ctx context.Context, user string, ids []chat.ID, fenced bool, origin delivery.Origin,
	change func(h Head, r Row) (Data, error),
) ([]error, error) {
	errs := checkPeers(user, ids)
	var changed []Row
	for part := range slices.Chunk(withoutError(errs), rowsPerTransaction) {
		chats := make([]chat.ID, len(part))
		for i, at := range part {
			chats[i] = ids[at]
		}
		var written []Row
		err := s.retryOnConflict(ctx, func(strong bool) (bool, error) {
			written = written[:0]
			for _, at := range part {
				errs[at] = nil
			}
			t, err := s.beginTransaction(ctx, user, chats, fenced, strong)
			if err != nil {
				return false, err
			}
			unknown, err := s.unknownPeers(ctx, user, &t)
			if err != nil {
				return false, err
			}
			mutations := t.Rows[:0:0]
			for i, m := range t.Rows {
				if unknown[chats[i]] {
					errs[part[i]] = fault.New(fault.AccountUnknown, "%s is not an account", chats[i].Peer(user))
					continue
				}
				if m.Data, err = change(t.Seen, m.Seen); err != nil {
					return false, err
				}
				if !m.changesNothing() {
					mutations = append(mutations, m)
					written = append(written, m.rowAfter(t.NowMs))
				}
			}
			if t.Rows = mutations; len(mutations) == 0 {
				// Nothing to change. If the read was not strong, the rows may have changed
				// since, so look again.
				return strong, nil
			}
			return s.Heads.WriteConversations(ctx, s.App, user, t)
		})
		if err != nil {
			s.deliverRows(ctx, user, origin, changed) // the parts before are written
			return nil, err
		}
		changed = append(changed, written...)
	}
	s.deliverRows(ctx, user, origin, changed)
	return errs, nil
}

// beginTransaction reads the rows of some conversations and, if fenced, the head. It returns a
// transaction that changes nothing yet.
func (s Service) beginTransaction(ctx context.Context, user string, ids []chat.ID, fenced, strong bool) (Transaction, error) {
	t := Transaction{NowMs: s.Now().UnixMilli(), RequireFolders: fenced, Rows: make([]Mutation, len(ids))}
	run := []func(context.Context) error{func(ctx context.Context) error {
		rows, err := s.Rows.RowsOf(ctx, s.App, user, ids, strong)
		for i, r := range rows {
			r.User, r.Chat = user, ids[i]
			t.Rows[i] = Mutation{Seen: r, Data: r.Data}
		}
		return err
	}}
	if fenced {
		run = append(run, func(ctx context.Context) (err error) {
			t.Seen, err = s.Heads.Head(ctx, s.App, user, strong)
			return err
		})
	}
	return t, s.Parallel(ctx, run...)
}

// unknownPeers returns the conversations of missing rows whose peer is not an account. It also sets
// t.Indexed. If a row is missing, it fails with AccountUnknown if the user is not an
// account. If no row is missing, it reads no account: a worker soon removes the rows of
// a user whose account was deleted.
func (s Service) unknownPeers(ctx context.Context, user string, t *Transaction) (map[chat.ID]bool, error) {
	var ids []chat.ID
	for _, m := range t.Rows {
		if m.Seen.missing() {
			ids = append(ids, m.Seen.Chat)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	living, err := s.livingAccounts(ctx, user, peersOf(user, ids))
	if err != nil {
		return nil, err
	}
	t.Indexed = living[user].Indexed
	unknown := make(map[chat.ID]bool)
	for _, id := range ids {
		unknown[id] = living[id.Peer(user)] == nil
	}
	return unknown, nil
}
