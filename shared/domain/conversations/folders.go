package conversations

import (
	"context"
	"slices"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// Limits of folders (core spec §9.3, §13).
const (
	MaxFolders = 20
	maxName    = 32 // bytes
	// numbers are more than there can be folders, so that a new one does not wait
	// for those of deleted ones.
	numbers = 24
)

// FoldersChanged tells a user's other devices which folders there are now.
type FoldersChanged struct {
	Folders []Folder
	Version int64
}

// end returns the shelf with a note that a folder has its name no more.
func (h Shelf) end(f Folder, now time.Time) Shelf {
	list := append(slices.Clone(h.Ended), Ended{f, now.UnixMilli()})
	h.Ended = slices.DeleteFunc(list, func(e Ended) bool {
		return now.UnixMilli()-e.AtMs >= accounts.RepeatWindow.Milliseconds()
	})
	h.Ended = h.Ended[max(0, len(h.Ended)-MaxFolders):]
	return h
}

// ended returns the folder that had a name until lately.
func (h Shelf) ended(name string, now time.Time) (Folder, bool) {
	for _, e := range slices.Backward(h.Ended) {
		if e.Name == name && now.UnixMilli()-e.AtMs < accounts.RepeatWindow.Milliseconds() {
			return e.Folder, true
		}
	}
	return Folder{}, false
}

func (h Shelf) named(name string) (Folder, bool) {
	i := slices.IndexFunc(h.Folders, func(f Folder) bool { return f.Name == name })
	if i < 0 {
		return Folder{}, false
	}
	return h.Folders[i], true
}

// free returns the least number that no folder has or had until lately.
func (h Shelf) free() int {
	used := h.Stale
	for _, f := range h.Folders {
		used = used.With(f.Number)
	}
	for n := 1; n <= numbers; n++ {
		if !used.Has(n) {
			return n
		}
	}
	return 0
}

// Live is the set of the numbers of folders that there are.
func (h Shelf) Live() (live Set) {
	for _, f := range h.Folders {
		live = live.With(f.Number)
	}
	return live
}

func unknownFolder(name string) error {
	return fault.New(fault.FolderUnknown, "there is no conversation group %.40q", name)
}

func checkName(name string) error {
	switch {
	case name == "":
		return fault.New(fault.Invalid, "a conversation group needs a name")
	case len(name) > maxName:
		return fault.New(fault.FolderName, "the name of a conversation group has at most %d bytes", maxName)
	}
	return nil
}

func (s Service) foldersIncluded() error {
	if !s.Folders {
		return fault.New(fault.AppLimit, "the edition does not include conversation groups")
	}
	return nil
}

// reshelve changes a user's folders.
func (s Service) reshelve(ctx context.Context, user string, f func(Shelf) (Shelf, error)) (Shelf, error) {
	var after Shelf
	err := s.retry(ctx, func(strong bool) (bool, error) {
		seen, err := s.Store.Shelf(ctx, s.App, user, strong)
		if err != nil {
			return false, err
		}
		list := slices.Clone(seen.Folders)
		if after, err = f(Shelf{Version: seen.Version, Folders: list, Stale: seen.Stale, Ended: seen.Ended}); err != nil {
			return false, err
		}
		if slices.Equal(after.Folders, seen.Folders) && after.Stale == seen.Stale {
			return true, nil
		}
		after.Version++
		return s.Store.Change(ctx, s.App, user, Edit{
			NowMs: s.Now().UnixMilli(), Seen: seen, Folders: &Folders{List: after.Folders, Stale: after.Stale, Ended: after.Ended},
		})
	})
	return after, err
}

func (s Service) tellFolders(ctx context.Context, user string, origin delivery.Origin, h Shelf) {
	s.Out.Tell(ctx, []string{user}, origin, FoldersChanged{Folders: h.Folders, Version: h.Version})
}

// CreateFolder makes a folder and puts conversations into it; it returns an error
// for each of them. A name that exists is no error, so that a call can be
// repeated. It fails with AppLimit, FolderName, FolderLimit and KeptLimit.
func (s Service) CreateFolder(ctx context.Context, user, name string, peers []string, origin delivery.Origin) (Folder, []error, Shelf, error) {
	if err := s.foldersIncluded(); err != nil {
		return Folder{}, nil, Shelf{}, err
	}
	if err := checkName(name); err != nil {
		return Folder{}, nil, Shelf{}, err
	}
	h, err := s.Store.Shelf(ctx, s.App, user, false)
	if err != nil {
		return Folder{}, nil, h, err
	}
	if h.Version == 0 {
		err = s.Known(ctx, user)
	} else if h.Stale != 0 { // a call that deleted a folder was broken off
		_, err = s.clean(ctx, user, origin)
	}
	if err != nil {
		return Folder{}, nil, h, err
	}
	made := false
	h, err = s.reshelve(ctx, user, func(h Shelf) (Shelf, error) {
		made = false
		if _, there := h.named(name); there {
			return h, nil
		}
		if len(h.Folders) >= MaxFolders {
			return h, fault.New(fault.FolderLimit, "a user has at most %d conversation groups", MaxFolders)
		}
		n := h.free()
		if n == 0 {
			return h, fault.New(fault.Conflict, "conversation groups are being deleted, try again")
		}
		made = true
		h.Folders = append(h.Folders, Folder{Number: n, Name: name})
		slices.SortFunc(h.Folders, func(a, b Folder) int { return a.Number - b.Number })
		return h, nil
	})
	if err != nil {
		return Folder{}, nil, h, err
	}
	if made {
		s.tellFolders(ctx, user, origin, h)
	}
	folder, _ := h.named(name)
	if len(peers) == 0 {
		return folder, nil, h, nil
	}
	errs, err := s.fill(ctx, user, name, peers, func(string) bool { return true }, origin)
	return folder, errs, h, err
}

// RenameFolder gives a folder another name; a repeat within accounts.RepeatWindow
// succeeds. It fails with FolderUnknown,
// FolderName, and Invalid where another folder has the name.
func (s Service) RenameFolder(ctx context.Context, user, name, to string, origin delivery.Origin) (Folder, Shelf, error) {
	if err := s.foldersIncluded(); err != nil {
		return Folder{}, Shelf{}, err
	}
	if err := checkName(to); err != nil {
		return Folder{}, Shelf{}, err
	}
	again := false
	h, err := s.reshelve(ctx, user, func(h Shelf) (Shelf, error) {
		f, there := h.named(name)
		if was, lately := h.ended(name, s.Now()); !there && lately && slices.Contains(h.Folders, Folder{was.Number, to}) {
			again = true
			return h, nil
		}
		if again = false; !there {
			return h, unknownFolder(name)
		}
		if _, there := h.named(to); there && to != name {
			return h, fault.New(fault.Invalid, "there is a conversation group %.40q already", to)
		}
		if to != name {
			h = h.end(f, s.Now())
		}
		h.Folders[slices.Index(h.Folders, f)].Name = to
		return h, nil
	})
	if err != nil {
		return Folder{}, h, s.orNobody(ctx, user, err)
	}
	f, _ := h.named(to)
	if name == to || again {
		return f, h, nil
	}
	s.tellFolders(ctx, user, origin, h)
	return f, h, nil
}

// orNobody is the error of a user who has no such folder: who is no account has
// none either.
func (s Service) orNobody(ctx context.Context, user string, err error) error {
	if fault.Is(err, fault.FolderUnknown) {
		if nobody := s.Known(ctx, user); nobody != nil {
			return nobody
		}
	}
	return err
}

// A Move puts a conversation into a folder or takes it out.
type Move struct {
	Peer string
	In   bool
}

// FillFolder puts conversations into a folder and takes others out, and returns an
// error for each. It fails with FolderUnknown and KeptLimit.
func (s Service) FillFolder(ctx context.Context, user, name string, moves []Move, origin delivery.Origin) (Folder, []error, Shelf, error) {
	if err := s.foldersIncluded(); err != nil {
		return Folder{}, nil, Shelf{}, err
	}
	peers := make([]string, len(moves))
	for i, m := range moves {
		peers[i] = m.Peer
	}
	h, err := s.Store.Shelf(ctx, s.App, user, false)
	if err != nil {
		return Folder{}, nil, h, err
	}
	in := func(peer string) bool { return moves[slices.Index(peers, peer)].In }
	errs, err := s.fill(ctx, user, name, peers, in, origin)
	f, there := h.named(name)
	if err == nil && !there {
		// Made a moment ago, or nobody was to be put into what there is not.
		if h, err = s.Store.Shelf(ctx, s.App, user, true); err == nil {
			if f, there = h.named(name); !there {
				err = unknownFolder(name)
			}
		}
	}
	if err != nil {
		return Folder{}, nil, h, s.orNobody(ctx, user, err)
	}
	return f, errs, h, nil
}

// fill writes rows in a transaction that holds while the folders are as seen:
// none can be put into a folder that is being deleted.
func (s Service) fill(ctx context.Context, user, name string, peers []string, in func(string) bool, origin delivery.Origin) ([]error, error) {
	return s.alter(ctx, user, peers, true, origin, func(h Shelf, r Row) (Data, error) {
		f, there := h.named(name)
		if !there {
			return r.Data, unknownFolder(name)
		}
		if r.Folders = r.Folders.Without(f.Number); in(r.Peer) {
			r.Folders = r.Folders.With(f.Number)
		}
		return r.Data, nil
	})
}

// DeleteFolder deletes a folder; its conversations stay. The name goes first, then
// its number from the rows, then the number is free: where that is broken off, the
// next call that deletes or makes a folder ends it. A repeat within
// accounts.RepeatWindow succeeds. It fails with FolderUnknown.
func (s Service) DeleteFolder(ctx context.Context, user, name string, origin delivery.Origin) (Folder, Shelf, error) {
	if err := s.foldersIncluded(); err != nil {
		return Folder{}, Shelf{}, err
	}
	var gone Folder
	var again bool
	h, err := s.reshelve(ctx, user, func(h Shelf) (Shelf, error) {
		f, there := h.named(name)
		if gone, again = h.ended(name, s.Now()); !there && again {
			return h, nil // a repeat, which ends what the first call has left
		}
		if again = false; !there {
			return h, unknownFolder(name)
		}
		gone = f
		h = h.end(f, s.Now())
		h.Folders = slices.DeleteFunc(h.Folders, func(f Folder) bool { return f.Name == name })
		h.Stale = h.Stale.With(f.Number)
		return h, nil
	})
	if err != nil {
		return Folder{}, h, s.orNobody(ctx, user, err)
	}
	before := h.Version
	if h, err = s.clean(ctx, user, origin); err != nil {
		return Folder{}, h, err
	}
	if again && h.Version == before {
		return gone, h, nil // the devices are told
	}
	s.tellFolders(ctx, user, origin, h)
	return gone, h, nil
}

// clean takes the numbers of deleted folders out of the rows, and frees them if
// the folders did not change meanwhile: a number may be another folder's by then.
func (s Service) clean(ctx context.Context, user string, origin delivery.Origin) (Shelf, error) {
	var after Shelf
	err := s.retry(ctx, func(bool) (bool, error) {
		seen, err := s.Store.Shelf(ctx, s.App, user, true)
		if after = seen; err != nil || seen.Stale == 0 {
			return err == nil, err
		}
		peers, err := s.inFolders(ctx, user, seen.Stale)
		if err != nil {
			return false, err
		}
		if _, err := s.alter(ctx, user, peers, true, origin, func(h Shelf, r Row) (Data, error) {
			r.Folders &^= h.Stale
			return r.Data, nil
		}); err != nil {
			return false, err
		}
		after.Stale, after.Version = 0, seen.Version+1
		return s.Store.Change(ctx, s.App, user, Edit{
			NowMs: s.Now().UnixMilli(), Seen: seen, Folders: &Folders{List: seen.Folders, Ended: seen.Ended},
		})
	})
	return after, err
}

// inFolders are the peers of the rows that are in some folders. An index is a moment
// behind: it is asked once more, for what was put there just before the folder
// was deleted.
func (s Service) inFolders(ctx context.Context, user string, folders Set) (peers []string, err error) {
	for again := range 2 {
		rows, indexed, err := s.kept(ctx, user, true)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if r.Folders&folders != 0 && !slices.Contains(peers, r.Peer) {
				peers = append(peers, r.Peer)
			}
		}
		if !indexed {
			break
		}
		if again == 0 {
			s.Again.Wait(ctx, indexPause)
		}
	}
	return peers, nil
}

// indexPause is time enough for an index to follow the table.
const indexPause = 2 * time.Second

// Shelf returns a user's folders, as they were a moment ago.
func (s Service) Shelf(ctx context.Context, user string) (Shelf, error) {
	return s.Store.Shelf(ctx, s.App, user, false)
}

// Tagged returns a user's folders and, in order of peers, the conversations that
// are marked or in one of them. It fails with AccountUnknown where the user is no
// account.
func (s Service) Tagged(ctx context.Context, user string) (Shelf, []Row, error) {
	h, rows, err := s.tagged(ctx, user, func(ctx context.Context) ([]Row, error) {
		rows, _, err := s.kept(ctx, user, false)
		return rows, err
	})
	rows = slices.DeleteFunc(rows, func(r Row) bool { return !r.tagged() })
	return h, rows, err
}

// TaggedOf is Tagged for the conversations with some peers, in their order,
// marked or not.
func (s Service) TaggedOf(ctx context.Context, user string, peers []string) (Shelf, []Row, error) {
	h, rows, err := s.tagged(ctx, user, func(ctx context.Context) ([]Row, error) {
		return s.Store.PeerRows(ctx, s.App, user, peers, false)
	})
	for i := range rows {
		rows[i].Peer = peers[i]
	}
	return h, rows, err
}

func (s Service) tagged(ctx context.Context, user string, read func(context.Context) ([]Row, error)) (h Shelf, rows []Row, err error) {
	err = s.Parallel(ctx,
		func(ctx context.Context) (err error) {
			h, err = s.Store.Shelf(ctx, s.App, user, false)
			return err
		},
		func(ctx context.Context) (err error) {
			rows, err = read(ctx)
			return err
		},
	)
	if err != nil {
		return h, nil, err
	}
	live, none := h.Live(), true
	for i := range rows {
		rows[i].Folders &= live
		none = none && !rows[i].tagged()
	}
	if none && h.Version == 0 {
		err = s.Known(ctx, user)
	}
	return h, rows, err
}

// tagged reports whether a row has a mark or is in a folder.
func (r Row) tagged() bool { return r.Marks != 0 || r.Custom != "" || r.Folders != 0 }
