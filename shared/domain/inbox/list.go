package inbox

import (
	"context"
	"slices"
)

// A Filter selects the conversations that a list contains.
type Filter struct {
	Folder int  // those in the folder with this number; 0: all
	Label  int  // those with this label; 0: all
	Unread bool // those with unread messages
}

func (f Filter) matches(r Row) bool {
	return (f.Folder == 0 || r.FolderNumbers.Has(f.Folder)) && (f.Label == 0 || r.Labels.Has(f.Label)) && (!f.Unread || r.Unread() > 0)
}

// List returns a page of a user's conversations. The pinned ones come first, in the
// order of their pins; then the others, in the order of their last messages. In both
// the newest is first. The reads are not strong. With a filter, a page of an indexed user may be
// empty and still have a next one.
func (s Service) List(ctx context.Context, user string, f Filter, request PageRequest) (Page, error) {
	read, err := s.readRows(ctx, user, nil, false)
	if err == nil {
		err = s.requestIndexing(ctx, user, read)
	}
	if err != nil {
		return Page{}, err
	}
	if read.indexed {
		return s.listIndexed(ctx, user, f, request, read.groups)
	}
	rows := slices.DeleteFunc(s.listed(read.rows), func(r Row) bool { return !f.matches(r) })
	p := pageOf(rows, Row.Position, request)
	p.Positions = make([]Position, len(p.Rows))
	for i, r := range p.Rows {
		p.Positions[i] = r.Position()
	}
	return p, nil
}

// ListAll returns a user's whole list. It fails with AccountUnknown if the user is not an
// account.
func (s Service) ListAll(ctx context.Context, user string) ([]Row, error) {
	var rows []Row
	var after *Position
	for {
		p, err := s.List(ctx, user, Filter{}, PageRequest{After: after, Limit: s.settings.Limit})
		if err != nil {
			return nil, err
		}
		rows = append(rows, p.Rows...)
		if after = p.Next; after == nil {
			break
		}
	}
	if len(rows) == 0 {
		return nil, s.RequireAccount(ctx, user)
	}
	return rows, nil
}

// listed returns the rows that the list shows, in the order of the list.
func (s Service) listed(rows []Row) []Row {
	now := s.clock.Now()
	rows = slices.DeleteFunc(rows, func(r Row) bool { return !r.Shown(now) })
	sortRows(rows, Row.Position)
	rows = rows[:min(len(rows), s.settings.Limit)]
	for i, r := range rows {
		rows[i] = r.asOf(now)
	}
	return rows
}
