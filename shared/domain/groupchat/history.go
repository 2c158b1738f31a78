package groupchat

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
)

// MaxNumbers is how many numbers a Range has at most (docs/spec/tencent §18.5).
const MaxNumbers = 20

// A Range is a part of the history of a group, by numbers, as the application sees it.
type Range struct {
	First, Last int64              // the numbers of the range; First is greater than Last if it is empty
	Messages    []timeline.Message // those that are stored, the newest first
	// Expired: the range is shorter than the caller asked for, and no message before it is stored.
	Expired bool
	// Cut: the range is shorter than the caller asked for, because that was too much for one call.
	Cut bool
}

// Numbers returns the messages of a group up to a number, or up to the last one if it is 0, with
// those that were recalled or deleted. A number in the range that has no message had one that
// has expired.
func (s Service) Numbers(ctx context.Context, group string, upTo int64, count int) (Range, error) {
	head, err := s.check.head(ctx, group)
	if err != nil {
		return Range{}, err
	}
	r := Range{Last: head.Number}
	if upTo > 0 {
		r.Last = min(r.Last, upTo)
	}
	r.First = max(1, r.Last-int64(count)+1)
	if count > MaxNumbers {
		cut := max(1, r.Last-MaxNumbers+1)
		r.First, r.Cut = cut, cut > r.First
	}
	if r.Last < r.First {
		return r, nil
	}
	after, before := timeline.KeyOfNumber(r.First-1), timeline.KeyOfNumber(r.Last+1)
	h, err := s.timeline.History(ctx, timeline.HistoryRange{Chat: chat.OfGroup(group), After: &after, Before: &before, Limit: MaxNumbers})
	if err != nil {
		return Range{}, err
	}
	for i := len(h.Messages) - 1; i >= 0; i-- {
		r.Messages = append(r.Messages, h.Messages[i])
	}
	oldest := r.Last + 1
	if n := len(r.Messages); n > 0 {
		oldest = r.Messages[n-1].Offset
	}
	if oldest > r.First {
		r.First, r.Expired, r.Cut = oldest, true, false
	}
	return r, nil
}
