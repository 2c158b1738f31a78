package groupchat

import (
	"context"
	"slices"

	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/fanout"
	"parley/shared/domain/groups"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// Limits of calls about read receipts (docs/spec/tencent §18.10, §18.12, docs/divergences.md).
const (
	MaxReceipts      = 50  // messages that one call sends receipts for
	MaxReceiptCounts = 30  // messages that one call counts receipts of
	MaxReceiptUsers  = 200 // users in a page of those who have read a message, or have not
	// maxReceiptReads limits the reads of members for one page, and leastReceiptRead is how many
	// members one of them reads at least. A page may be short. Example: of 2,000 members all but
	// the last have read a message; the page of those who have not is empty, and the next call goes on.
	maxReceiptReads  = 8
	leastReceiptRead = 20
)

// A ReceiptStore persists who has read the messages of groups that ask for read receipts.
type ReceiptStore interface {
	// SaveReceipt notes that a user has read a message. It returns false if that was noted before.
	SaveReceipt(ctx context.Context, app int64, m timeline.Message, user string, nowMs int64) (bool, error)
	// CountReceipts returns how many users have read a message.
	CountReceipts(ctx context.Context, app int64, id chat.ID, k timeline.Key) (int, error)
	// Receipts reads up to limit users who have read a message, in the order of their ids: those
	// after one and, if last is not empty, not after another. It returns whether more follow.
	Receipts(ctx context.Context, app int64, id chat.ID, k timeline.Key, after, last string, limit int) (users []string, more bool, err error)
	fanout.Store
}

// SendReceipts notes that a member has read messages of a group that ask for a read receipt, by
// their numbers, and notifies the devices of their senders. It ignores other messages, own ones, and
// those of which it is noted already.
func (s Service) SendReceipts(ctx context.Context, by timeline.Actor, reader, group string, numbers []int64) error {
	if len(numbers) == 0 || len(numbers) > MaxReceipts {
		return fault.At(fault.Invalid, fault.Numbers, "receipts are sent for 1 to %d messages at once", MaxReceipts)
	}
	if _, err := s.checkReceipts(ctx, group); err != nil {
		return err
	}
	list, err := s.messagesOf(ctx, reader, group, numbers)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(m timeline.Message) bool { return !m.NeedReceipt || m.Recalled || m.From == reader })
	now, first := s.clock.Now().UnixMilli(), make([]bool, len(list))
	run := make([]func(context.Context) error, len(list))
	for i, m := range list {
		run[i] = func(ctx context.Context) (err error) {
			first[i], err = s.receipts.SaveReceipt(ctx, s.app, m, reader, now)
			return err
		}
	}
	if err := s.parallel.Run(ctx, run...); err != nil {
		return err
	}
	var senders []string
	keys := make(map[string][]timeline.Key)
	for i, m := range list {
		if !first[i] {
			continue
		}
		if keys[m.From] == nil {
			senders = append(senders, m.From)
		}
		keys[m.From] = append(keys[m.From], m.Key)
	}
	for _, sender := range senders {
		event := timeline.ReadReceipt{Reader: reader, Chat: chat.OfGroup(group), Keys: keys[sender], TimeMs: now}
		s.delivery.DeliverAfterCommit(ctx, []string{sender}, by.Origin, event)
	}
	return nil
}

// checkReceipts reads the head of a group. It fails if the application has no read receipts in
// groups, or there is no such group.
func (s Service) checkReceipts(ctx context.Context, group string) (groups.Head, error) {
	if !s.settings.Receipts {
		return groups.Head{}, fault.New(fault.AppLimit, "the application's edition has no read receipts in groups")
	}
	return s.check.head(ctx, group)
}

// messagesOf reads messages of a group as a member sees them, or as the application does. Those
// that are not there are left out.
func (s Service) messagesOf(ctx context.Context, user, group string, numbers []int64) ([]timeline.Message, error) {
	var keys []timeline.Key
	for _, n := range numbers {
		k, err := timeline.FindableKey(n, fault.MessageUnknown)
		if err == nil && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	var list []timeline.Message
	for part := range slices.Chunk(keys, timeline.MaxKeys) {
		found, err := s.timeline.Get(ctx, user, chat.OfGroup(group), part)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

// A ReceiptCount says how many members have read a message, and how many have not.
type ReceiptCount struct {
	Read, Unread int
	Err          error // MessageUnknown, or NoReceipt if the message did not ask for receipts
}

// CountReceipts counts who has read messages of a group, and who has not, in the order of the
// numbers. A member who joined after a message counts as one who has not read it.
func (s Service) CountReceipts(ctx context.Context, group string, numbers []int64) ([]ReceiptCount, error) {
	if len(numbers) == 0 || len(numbers) > MaxReceiptCounts {
		return nil, fault.At(fault.Invalid, fault.Numbers, "receipts of 1 to %d messages are counted at once", MaxReceiptCounts)
	}
	head, err := s.checkReceipts(ctx, group)
	if err != nil {
		return nil, err
	}
	list, err := s.messagesOf(ctx, "", group, numbers)
	if err != nil {
		return nil, err
	}
	senders, err := s.membersAmongSenders(ctx, group, list)
	if err != nil {
		return nil, err
	}
	counted := make([]ReceiptCount, len(list))
	run := make([]func(context.Context) error, len(list))
	for i, m := range list {
		run[i] = func(ctx context.Context) (err error) {
			counted[i], err = s.countReceipts(ctx, m, head.Members, senders)
			return err
		}
	}
	if err := s.parallel.Run(ctx, run...); err != nil {
		return nil, err
	}
	out := make([]ReceiptCount, len(numbers))
	for i, n := range numbers {
		at := slices.IndexFunc(list, func(m timeline.Message) bool { return m.Offset == n })
		if at < 0 {
			out[i].Err = fault.New(fault.MessageUnknown, "the group has no message %d", n)
			continue
		}
		out[i] = counted[at]
	}
	return out, nil
}

// membersAmongSenders returns those of the senders of messages who are members.
func (s Service) membersAmongSenders(ctx context.Context, group string, list []timeline.Message) ([]fanout.Member, error) {
	var users []string
	for _, m := range list {
		if m.NeedReceipt && !slices.Contains(users, m.From) {
			users = append(users, m.From)
		}
	}
	return s.receipts.MembersOf(ctx, s.app, group, users)
}

// countReceipts counts the receipts of one message of a group with so many members.
func (s Service) countReceipts(ctx context.Context, m timeline.Message, members int, senders []fanout.Member) (ReceiptCount, error) {
	switch {
	case m.Deleted:
		return ReceiptCount{Err: fault.New(fault.MessageUnknown, "the message is deleted")}, nil
	case !m.NeedReceipt:
		return ReceiptCount{Err: fault.New(fault.NoReceipt, "the message was sent without a request for receipts")}, nil
	}
	read, err := s.receipts.CountReceipts(ctx, s.app, m.Chat, m.Key)
	expected := members
	if len(m.Receivers) > 0 {
		expected = len(m.Receivers)
	}
	isSender := func(f fanout.Member) bool { return f.User == m.From }
	if slices.Contains(m.Receivers, m.From) || (len(m.Receivers) == 0 && slices.ContainsFunc(senders, isSender)) {
		expected--
	}
	return ReceiptCount{Read: read, Unread: max(0, expected-read)}, err
}

// A ReceiptPage is users who have read a message, or have not, in the order of their ids.
type ReceiptPage struct {
	Users []string
	Next  string // the next page has the users after this one; empty: there are no more
}

// Readers returns users who have read a message of a group, after one, or members who have not.
func (s Service) Readers(ctx context.Context, group string, number int64, unread bool, after string, limit int) (ReceiptPage, error) {
	if after != "" {
		if err := accounts.CheckID(after); err != nil {
			return ReceiptPage{}, fault.New(fault.Invalid, "the cursor is not one that an answer gave")
		}
	}
	if _, err := s.checkReceipts(ctx, group); err != nil {
		return ReceiptPage{}, err
	}
	list, err := s.messagesOf(ctx, "", group, []int64{number})
	switch {
	case err != nil:
		return ReceiptPage{}, err
	case len(list) == 0 || list[0].Deleted:
		return ReceiptPage{}, fault.New(fault.MessageUnknown, "the group has no message %d", number)
	case !list[0].NeedReceipt:
		return ReceiptPage{}, fault.New(fault.NoReceipt, "the message was sent without a request for receipts")
	}
	m, limit := list[0], min(limit, MaxReceiptUsers)
	if unread {
		return s.nonReaders(ctx, group, m, after, limit)
	}
	users, more, err := s.receipts.Receipts(ctx, s.app, m.Chat, m.Key, after, "", limit)
	page := ReceiptPage{Users: users}
	if more {
		page.Next = users[len(users)-1]
	}
	return page, err
}

// nonReaders returns those to whom a message goes and who have not read it.
func (s Service) nonReaders(ctx context.Context, group string, m timeline.Message, after string, limit int) (page ReceiptPage, err error) {
	for range maxReceiptReads {
		candidates, more, err := s.addressees(ctx, group, m, after, max(limit-len(page.Users), leastReceiptRead))
		if err != nil || len(candidates) == 0 {
			return ReceiptPage{Users: page.Users}, err
		}
		last := candidates[len(candidates)-1]
		readers, _, err := s.receipts.Receipts(ctx, s.app, m.Chat, m.Key, after, last, 0)
		if err != nil {
			return ReceiptPage{}, err
		}
		for _, user := range candidates {
			if user == m.From || slices.Contains(readers, user) {
				continue
			}
			page.Users = append(page.Users, user)
			if len(page.Users) == limit && (more || user != last) {
				page.Next = user
				return page, nil
			}
		}
		if !more {
			return ReceiptPage{Users: page.Users}, nil
		}
		after, page.Next = last, last
	}
	return page, nil
}

// addressees returns up to limit users to whom a message goes, after one, and whether more follow.
func (s Service) addressees(ctx context.Context, group string, m timeline.Message, after string, limit int) (users []string, more bool, err error) {
	if len(m.Receivers) > 0 {
		for _, user := range slices.Sorted(slices.Values(m.Receivers)) {
			if user > after {
				users = append(users, user)
			}
		}
		return users[:min(limit, len(users))], len(users) > limit, nil
	}
	members, more, err := s.receipts.Members(ctx, s.app, group, after, limit)
	for _, f := range members {
		users = append(users, f.User)
	}
	return users, more, err
}
