package inbox

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/unitofwork"
)

// A Mutation is the change of one row within a transaction. It is written only while
// the row's data is as it was seen. A mutation that hides messages is also written only
// while no message has been sent in either direction.
type Mutation struct {
	SeenRow Row  // the row as it was read; a row that does not exist has only User and Chat
	Data    Data // the data after the change
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
	return m.Data == m.SeenRow.Data && !m.Hide && !m.ClearLast && m.HiddenUpTo == nil && m.Draft == nil
}

// rowAfter returns the row after the mutation.
func (m Mutation) rowAfter(nowMs int64) Row {
	r := m.SeenRow
	r.Data, r.ChangedMs = m.Data, nowMs
	if m.Hide || m.ClearLast {
		r.LastKey, r.Preview, r.ReadOffset, r.ExpiredOffset, r.UnreadExcluded, r.ReadMs = nil, "", r.InOffset, 0, 0, nowMs
		if r.Member != nil {
			r.Member = r.Member.readTo(r.Member.Head)
		}
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
	SeenHead Head
	// RequireFolders says that the transaction is written only while the folders are as seen.
	RequireFolders bool
	Folders        *FoldersAfter // the new folders; nil: the folders stay as they are
}

// FoldersAfter are a user's folders after a transaction.
type FoldersAfter struct {
	List           []Folder
	Stale          NumberSet
	RemovedFolders []RemovedFolder
}

// rowsPerTransaction is the maximum number of rows that one transaction changes. A
// DynamoDB transaction has at most 100 items, and the head is one of them.
const rowsPerTransaction = 49

// A rowsRead is what a unit of work reads before it changes rows.
type rowsRead struct {
	begun   Transaction       // the rows, and the head if the folders are required; it changes nothing
	unknown map[chat.ID]error // missing rows that cannot be made: the peer is not an account, or the user not a member
}

// A rowsPlan is a Transaction, with what a call says of it.
type rowsPlan struct {
	Transaction
	errs    []error // by row that was read
	changed []Row   // as they are after the transaction
}

// Empty implements unitofwork.Plan.
func (p rowsPlan) Empty() bool { return len(p.Rows) == 0 && p.Folders == nil }

func busy() error {
	return fault.New(fault.Conflict, "other calls change these conversations at the same time, try again")
}

// commit writes a plan, while what it was made of is as it was read.
func (s Service) commit(ctx context.Context, user string, p rowsPlan) (bool, error) {
	return s.heads.WriteConversations(ctx, s.app, user, p.Transaction)
}

// changeRows makes a plan of some of a user's rows, and writes it. The first read is
// eventually consistent.
func (s Service) changeRows(ctx context.Context, user string, ids []chat.ID, requireFolders bool, plan func(rowsRead) (rowsPlan, error)) (rowsPlan, error) {
	return unitofwork.New(
		func(ctx context.Context, again bool) (read rowsRead, err error) {
			if read.begun, err = s.beginTransaction(ctx, user, ids, requireFolders, again); err == nil {
				read.unknown, err = s.unknownPeers(ctx, user, &read.begun)
			}
			return read, err
		},
		plan,
		func(ctx context.Context, p rowsPlan) (bool, error) { return s.commit(ctx, user, p) },
	).ConfirmSecondRead().Run(ctx, s.clock, busy())
}

// changeData replaces the data of some of a user's rows by what change returns,
// and delivers the changed rows to the user's other devices. It creates a row that does
// not exist, if the peer is an account. It returns an error for each conversation.
//
// One transaction changes up to rowsPerTransaction rows. If requireFolders is true, each one is
// written only while the folders are as in the head that change has got; otherwise
// change gets an empty head.
func (s Service) changeData(ctx context.Context, user string, ids []chat.ID, requireFolders bool, origin delivery.Origin,
	change func(h Head, r Row) (Data, error),
) ([]error, error) {
	errs := checkPeers(user, ids)
	var changed []Row
	for part := range slices.Chunk(withoutError(errs), rowsPerTransaction) {
		chats := make([]chat.ID, len(part))
		for i, at := range part {
			chats[i] = ids[at]
		}
		p, err := s.changeRows(ctx, user, chats, requireFolders, func(read rowsRead) (rowsPlan, error) { return planData(read, change) })
		if err != nil {
			s.deliverRows(ctx, user, origin, changed) // the parts before are written
			return nil, err
		}
		for i, at := range part {
			errs[at] = p.errs[i]
		}
		changed = append(changed, p.changed...)
	}
	s.deliverRows(ctx, user, origin, changed)
	return errs, nil
}

// planData plans new data of rows. A row that stays as it is is left out, and so is the row
// of somebody who is not an account.
func planData(read rowsRead, change func(Head, Row) (Data, error)) (rowsPlan, error) {
	p := rowsPlan{Transaction: read.begun, errs: make([]error, len(read.begun.Rows))}
	p.Rows = nil
	for i, m := range read.begun.Rows {
		if p.errs[i] = read.unknown[m.SeenRow.Chat]; p.errs[i] != nil {
			continue
		}
		var err error
		if m.Data, err = change(read.begun.SeenHead, m.SeenRow); err != nil {
			return p, err
		}
		if !m.changesNothing() {
			p.Rows, p.changed = append(p.Rows, m), append(p.changed, m.rowAfter(p.NowMs))
		}
	}
	return p, nil
}

// beginTransaction reads the rows of some conversations and, if requireFolders is true, the head. It returns a
// transaction that changes nothing yet.
func (s Service) beginTransaction(ctx context.Context, user string, ids []chat.ID, requireFolders, strong bool) (Transaction, error) {
	t := Transaction{NowMs: s.clock.Now().UnixMilli(), RequireFolders: requireFolders, Rows: make([]Mutation, len(ids))}
	run := []func(context.Context) error{func(ctx context.Context) error {
		rows, err := s.rowsOf(ctx, user, ids, strong)
		for i, r := range rows {
			r.User, r.Chat = user, ids[i]
			t.Rows[i] = Mutation{SeenRow: r, Data: r.Data}
		}
		return err
	}}
	if requireFolders {
		run = append(run, func(ctx context.Context) (err error) {
			t.SeenHead, err = s.heads.Head(ctx, s.app, user, strong)
			return err
		})
	}
	return t, s.parallel.Run(ctx, run...)
}

// unknownPeers returns an error for the conversation of each missing row that cannot be made: the
// peer is not an account, or the user is not a member of the group. It also sets t.Indexed. If a row is missing, it fails with AccountUnknown if the user is not an
// account. If no row is missing, it reads no account: a worker soon removes the rows of
// a user whose account was deleted.
func (s Service) unknownPeers(ctx context.Context, user string, t *Transaction) (map[chat.ID]error, error) {
	var ids []chat.ID
	for _, m := range t.Rows {
		if m.SeenRow.missing() {
			ids = append(ids, m.SeenRow.Chat)
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
	unknown := make(map[chat.ID]error)
	for _, id := range ids {
		switch {
		case id.Kind() == chat.Group:
			unknown[id] = notMember()
		case living[id.Peer(user)] == nil:
			unknown[id] = fault.New(fault.AccountUnknown, "%s is not an account", id.Peer(user))
		}
	}
	return unknown, nil
}
