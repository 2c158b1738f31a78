package groupchat

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// MaxRecalls is how many messages one call recalls at most (docs/spec/tencent §18.6).
const MaxRecalls = 10

// Recall recalls messages of a group by their numbers, in the name of the application. It returns
// an error for each of them, nil if the message is recalled.
func (s Service) Recall(ctx context.Context, group string, numbers []int64) ([]error, error) {
	if len(numbers) == 0 || len(numbers) > MaxRecalls {
		return nil, fault.At(fault.Invalid, fault.Numbers, "1 to %d messages can be recalled at once", MaxRecalls)
	}
	if _, err := s.check.head(ctx, group); err != nil {
		return nil, err
	}
	errs := make([]error, len(numbers))
	for i, n := range numbers {
		var key timeline.Key
		if key, errs[i] = timeline.FindableKey(n, fault.MessageUnknown); errs[i] != nil {
			continue
		}
		errs[i] = s.timeline.Recall(ctx, timeline.Actor{Trusted: true}, "", chat.OfGroup(group), key)
		if errs[i] != nil && fault.Of(errs[i]).Code.Ours() {
			return nil, errs[i]
		}
	}
	return errs, nil
}

// deletedRange is among how many of the last messages DeleteOf looks (docs/spec/tencent §18.7).
const deletedRange = 1000

// DeleteOf deletes what a user has sent, among the last 1,000 messages of a group, for everybody. It
// does not delete tips.
func (s Service) DeleteOf(ctx context.Context, group, sender string) error {
	head, err := s.check.head(ctx, group)
	if err != nil {
		return err
	}
	// Not beyond the last number that the head knows: what is stored there may not be counted yet.
	after, before := timeline.KeyOfNumber(max(0, head.Number-deletedRange)), timeline.KeyOfNumber(head.Number+1)
	var list []timeline.Message
	for {
		h, err := s.timeline.History(ctx, timeline.HistoryRange{
			Chat: chat.OfGroup(group), After: &after, Before: &before, Limit: deletedRange, Strong: true,
		})
		if err != nil {
			return err
		}
		for _, m := range slices.Backward(h.Messages) {
			if m.From == sender && m.Tip == nil && !m.Deleted {
				list = append(list, m)
			}
		}
		if h.Complete || h.Next == nil {
			break
		}
		before = *h.Next
	}
	if len(list) == 0 {
		return nil
	}
	return s.timeline.DeleteFromGroup(ctx, chat.OfGroup(group), list)
}

// Clear hides the history of a group from everybody, up to a number or, if it is 0, up to the last
// message. It counts as read. Messages that are sent later have the numbers after it.
func (s Service) Clear(ctx context.Context, group string, upTo int64) error {
	head, err := s.check.head(ctx, group)
	if err != nil {
		return err
	}
	if upTo > 0 && upTo <= head.Cleared {
		return nil
	}
	number, counted := head.Number, head.Counted
	if upTo > 0 && upTo < number {
		last, err := s.timeline.At(ctx, "", chat.OfGroup(group), timeline.KeyOfNumber(upTo))
		if err != nil {
			return err
		}
		if number, counted = upTo, head.AllRead; last != nil {
			counted = last.Counted
		}
	}
	return s.heads.Clear(ctx, s.app, head, number, counted, s.clock.Now().UnixMilli())
}
