package inbox

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/direct"
	"parley/shared/domain/groups"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// A MemberRow is what a row of a group has besides what every row has: where its user stands in
// the group, and the head of the group.
type MemberRow struct {
	Role       groups.Role
	Joined     int64 // when the user joined, Unix seconds
	MutedUntil int64 // until when the user is muted in the group, Unix seconds
	JoinNumber int64 // number of the last message when the user joined
	ReadNumber int64 // read cursor: the user has read the messages up to this number
	// ReadCounted is how many messages up to the read cursor count as unread. SentCounted is how
	// many such messages the user has sent, and SentAtRead how many of them before the read
	// cursor was moved last.
	ReadCounted, SentCounted, SentAtRead int64
	Option                               groups.ReceiveOption
	HiddenNumber                         int64   // the history up to this number is hidden from the user
	ListedAfter                          int64   // the list shows the group only if there is a message after this number
	Mentions                             []int64 // numbers of messages that mention the user and are not read
	Hidden                               []int64 // numbers of messages that the user has deleted for themselves
	HiddenUnread                         []int64 // those of them that counted as unread
	Head                                 groups.Head
}

// A GroupStore reads the heads of groups, and the rows of groups.
type GroupStore interface {
	// GroupHeads reads the heads of groups, in their order; nil for a group that does not exist.
	GroupHeads(ctx context.Context, app int64, ids []string, strong bool) ([]*groups.Head, error)
	// GroupRows reads a user's rows of groups, all of them.
	GroupRows(ctx context.Context, app int64, user string, strong bool) ([]Row, error)
	// MoveGroupCursor moves the read cursor of a member to a number, up to which counted messages
	// count as unread. It never moves it back. It returns the row after the write, nil if the user is
	// not a member, and whether the cursor moved.
	MoveGroupCursor(ctx context.Context, app int64, user, group string, number, counted, nowMs int64) (*Row, bool, error)
	// CountedUpTo returns how many messages of a group up to a number count as unread. If the message
	// with that number is not stored any more, ok is false.
	CountedUpTo(ctx context.Context, app int64, group string, number int64) (counted int64, ok bool, err error)
}

// Role returns the role of the user in the group of the row. For a conversation that is not a
// group it is groups.NotMember.
func (r Row) Role() groups.Role {
	if r.Member == nil {
		return groups.NotMember
	}
	return r.Member.Role
}

// notifies reports whether messages of the conversation are pushed to the user.
func (r Row) notifies() bool {
	if r.Member != nil {
		return r.Member.Option == groups.Notify
	}
	return r.Option == direct.OptionNotify
}

// withHead returns the row of a member with what the head of the group says. So the rules of
// lists, which know rows only, hold for groups. The row is gone, and has no Chat, if the group was
// destroyed, if the user is not a member, or if the group is hidden from the user until its first
// message.
func (r Row) withHead(h *groups.Head) Row {
	if h == nil || h.Destroyed || r.Member == nil || r.Member.Role < groups.Member || (h.Inactive && r.Member.Role < groups.Owner) {
		return Row{}
	}
	m := *r.Member
	m.Head = *h
	m.Mentions = slices.DeleteFunc(slices.Clone(m.Mentions), func(n int64) bool { return n <= m.ReadNumber || slices.Contains(m.Hidden, n) })
	r.Member = &m
	r.InOffset, r.OperationLogMs = h.Number, max(r.OperationLogMs, h.OperationMs)
	r.ChangedMs = max(r.ChangedMs, h.OperationMs, m.Joined*1000)
	r.ReadOffset = m.ReadNumber
	hidden := max(m.HiddenNumber, h.Cleared)
	if h.Shown > max(m.ListedAfter, 0) {
		r.TimeMs = h.ShownMs
		if h.Shown > hidden && !slices.Contains(m.Hidden, h.Shown) {
			r.LastKey, r.Preview, r.LastHasNoContent = new(timeline.KeyOfNumber(h.Shown)), h.Preview, h.Preview == ""
		}
	}
	if hidden > 0 {
		r.HiddenUpTo = new(timeline.KeyOfNumber(hidden))
	}
	return r
}

// unread returns the count of unread messages of a row of a group. Messages that the user has
// deleted do not count, but those that were recalled as well are not subtracted twice.
func (m MemberRow) unread() int64 {
	uncounted := m.SentCounted - m.SentAtRead
	for _, n := range m.HiddenUnread {
		if n > m.ReadNumber && !slices.Contains(m.Head.Excluded, n) {
			uncounted++
		}
	}
	return m.Head.Unread(m.ReadNumber, m.ReadCounted, uncounted)
}

// readTo returns the member's part of a row whose user has read everything.
func (m MemberRow) readTo(h groups.Head) *MemberRow {
	m.ReadNumber, m.ReadCounted, m.SentAtRead, m.Mentions = h.Number, h.Counted, m.SentCounted, nil
	return &m
}

// addHeads reads the heads of the groups among rows, and returns the rows with them. It leaves
// the places of rows that are gone without a Chat.
func (s Service) addHeads(ctx context.Context, rows []Row, strong bool) ([]Row, error) {
	var ids []string
	var at []int
	for i, r := range rows {
		if r.Chat.Kind() == chat.Group {
			id, _ := r.Chat.Names()
			ids, at = append(ids, id), append(at, i)
		}
	}
	if len(ids) == 0 {
		return rows, nil
	}
	heads, err := s.groups.GroupHeads(ctx, s.app, ids, strong)
	if err != nil {
		return nil, err
	}
	for n, i := range at {
		rows[i] = rows[i].withHead(heads[n])
	}
	return rows, nil
}

// withoutGone returns the rows that have a Chat.
func withoutGone(rows []Row) []Row {
	return slices.DeleteFunc(rows, func(r Row) bool { return r.Chat.IsZero() })
}

// groupRows reads all rows of groups of a user, with their heads.
func (s Service) groupRows(ctx context.Context, user string, strong bool) ([]Row, error) {
	rows, err := s.groups.GroupRows(ctx, s.app, user, strong)
	if err != nil {
		return nil, err
	}
	rows, err = s.addHeads(ctx, rows, strong)
	return withoutGone(rows), err
}

// rowsOf reads the rows of some conversations, in their order, those of groups with their heads.
// A row that does not exist is the zero Row, without a Chat.
func (s Service) rowsOf(ctx context.Context, user string, ids []chat.ID, strong bool) ([]Row, error) {
	rows, err := s.rows.RowsOf(ctx, s.app, user, ids, strong)
	if err != nil {
		return nil, err
	}
	return s.addHeads(ctx, rows, strong)
}

// notMember is the error of a user who is not a member of a group.
func notMember() error {
	return fault.At(fault.MemberUnknown, fault.Group, "the user is not a member of the group")
}
