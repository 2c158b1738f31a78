package inbox_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/inbox"
)

const nowMs = 1_700_000_000_000

// memory is a RowStore and a HeadStore with rows of one user. It implements only the methods that the tests
// need.
type memory struct {
	inbox.RowStore
	inbox.HeadStore
	rows   []inbox.Row
	strong bool // the last read of rows was strong
	err    error
}

func (m *memory) RowsAfter(_ context.Context, _ int64, _ string, _ chat.ID, _ int, strong bool) ([]inbox.Row, bool, error) {
	m.strong = strong
	return slices.Clone(m.rows), false, m.err
}

func (m *memory) Head(context.Context, int64, string, bool) (inbox.Head, error) {
	return inbox.Head{}, m.err
}

func (m *memory) RowsOf(_ context.Context, _ int64, _ string, ids []chat.ID, _ bool) ([]inbox.Row, error) {
	out := make([]inbox.Row, len(ids))
	for i, id := range ids {
		for _, r := range m.rows {
			if r.Chat == id {
				out[i] = r
			}
		}
	}
	return out, m.err
}

// service returns a Service whose lists have up to limit conversations.
func service(m *memory, limit int) inbox.Service {
	return inbox.New(1, inbox.Settings{Limit: limit}, m, m, nil, nil, nil, nil, nil, nil, delivery.Service{}, testkit.NewClock(time.UnixMilli(nowMs)), nil)
}

// peers returns the peers of a page, in order.
func peers(p inbox.Page) string {
	var list []string
	for _, r := range p.Rows {
		list = append(list, name(r))
	}
	return strings.Join(list, " ")
}

// name returns the peer of a direct conversation, or the id of the group.
func name(r inbox.Row) string {
	group, _ := r.Chat.Names()
	return cmp.Or(r.Peer(), group)
}
