package conversations

import (
	"context"
	"time"
)

// An Indexing is the job of indexing the rows of an account that has very many.
type Indexing struct {
	App  int64  `json:"app"`
	User string `json:"user"`
	// Begun: the account is marked, and rows up to After are indexed.
	Begun bool   `json:"begun,omitempty"`
	After string `json:"after,omitempty"`
	// Again: it is the second time, for rows that were made by calls which had read
	// the account before it was marked.
	Again bool `json:"again,omitempty"`
}

// An IndexQueue holds the jobs for the worker.
type IndexQueue interface {
	Send(ctx context.Context, i Indexing, delay time.Duration) error
}

const (
	// indexPage is how many rows are read at once, and indexPages how many pages one
	// invocation of the worker does.
	indexPage  = 250
	indexPages = 20
	// settled is when a call that had read the account before it was marked has
	// ended: the longest timeout is 25 s, and reads may be a second behind.
	settled = 30 * time.Second
	// idle is when another worker may begin anew.
	idle = 10 * time.Minute
)

// request has a worker index the rows that were looked at, where there are so many
// and no worker is at it. One job too many does no harm.
func (s Service) request(ctx context.Context, user string, v view) error {
	if (v.indexed && !v.partial) || (!v.partial && len(v.rows) <= largeRows) ||
		v.shelf.IndexingMs > s.Now().Add(-idle).UnixMilli() {
		return nil
	}
	return s.Index.Send(ctx, Indexing{App: s.App, User: user}, 0)
}

// IndexRows marks an account and puts its rows into the index, some thousands at a
// time; what is left is a job of its own. Every step may be repeated.
//
// A call that makes a row has read the account before, and puts the row into the
// index where the account is marked. A call that had read it earlier than that
// has ended when the rows are gone through for the second time, half a minute
// later. Only then is the index complete, and calls read it.
func (s Service) IndexRows(ctx context.Context, i Indexing) error {
	now := s.Now()
	if !i.Begun {
		begun, err := s.Store.BeginIndexing(ctx, s.App, i.User, now.UnixMilli(), now.Add(-idle).UnixMilli())
		if err != nil || !begun {
			return err
		}
		i.Begun = true
	} else if err := s.Store.KeepIndexing(ctx, s.App, i.User, now.UnixMilli(), false); err != nil {
		return err
	}
	for range indexPages {
		last, more, err := s.Store.IndexRows(ctx, s.App, i.User, i.After, indexPage)
		switch {
		case err != nil:
			return err
		case more:
			i.After = last
			continue
		case i.Again:
			return s.Store.KeepIndexing(ctx, s.App, i.User, s.Now().UnixMilli(), true)
		}
		return s.Index.Send(ctx, Indexing{App: i.App, User: i.User, Begun: true, Again: true}, settled)
	}
	return s.Index.Send(ctx, i, 0)
}
