package inbox_test

import (
	"context"
	"slices"
	"strings"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/chat"
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
	return inbox.Service{App: 1, Limit: limit, Rows: m, Heads: m, Clock: testkit.NewClock(time.UnixMilli(nowMs))}
}

// peers returns the peers of a page, in order.
func peers(p inbox.Page) string {
	var list []string
	for _, r := range p.Rows {
		list = append(list, r.Peer())
	}
	return strings.Join(list, " ")
}
