package inbox

import (
	"context"
	"slices"
	"time"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
	"parley/shared/unitofwork"
)

// Limits of folders (docs/spec/tencent §9.3, §13).
const (
	MaxFolders    = 20
	maxFolderName = 32 // bytes
	// folderNumbers is the number of folder numbers. It is larger than MaxFolders, so
	// that a user can create a folder while the number of a deleted one is still
	// stale.
	folderNumbers = 24
)

// FoldersChanged tells the user's other devices which folders the user has now.
type FoldersChanged struct {
	Folders []Folder
	Version int64
}

func (s Service) deliverFolders(ctx context.Context, user string, origin delivery.Origin, h Head) {
	s.delivery.DeliverAfterCommit(ctx, []string{user}, origin, FoldersChanged{Folders: h.Folders, Version: h.Version})
}

// checkEdition fails with AppLimit if the edition does not include folders.
func (s Service) checkEdition() error {
	if !s.settings.FoldersIncluded {
		return fault.New(fault.AppLimit, "the edition does not include %ss", fault.Folder)
	}
	return nil
}

// preferAccountUnknown replaces FolderUnknown by AccountUnknown if the user is not an
// account. It returns any other error as it is.
func (s Service) preferAccountUnknown(ctx context.Context, user string, err error) error {
	if fault.Is(err, fault.FolderUnknown) {
		if unknown := s.RequireAccount(ctx, user); unknown != nil {
			return unknown
		}
	}
	return err
}

// updateFolders reads the user's head, lets change make a new one of it, and writes the
// folders of the new head. It starts again if another call has changed the folders. It
// returns the head after the write.
func (s Service) updateFolders(ctx context.Context, user string, change func(Head) (Head, error)) (Head, error) {
	p, err := unitofwork.New(
		func(ctx context.Context, again bool) (Head, error) { return s.heads.Head(ctx, s.app, user, again) },
		func(seen Head) (foldersPlan, error) { return planFolders(seen, change) },
		func(ctx context.Context, p foldersPlan) (bool, error) { return s.writeFolders(ctx, user, p) },
	).ConfirmSecondRead().Run(ctx, s.clock, busy())
	return p.after, err
}

// A foldersPlan is a head as it was read, and as it will be.
type foldersPlan struct{ seen, after Head }

// Empty implements unitofwork.Plan.
func (p foldersPlan) Empty() bool {
	return slices.Equal(p.after.Folders, p.seen.Folders) && p.after.Stale == p.seen.Stale
}

// planFolders plans what change makes of the folders.
func planFolders(seen Head, change func(Head) (Head, error)) (p foldersPlan, err error) {
	p.seen = seen
	p.after, err = change(Head{Version: seen.Version, Folders: slices.Clone(seen.Folders), Stale: seen.Stale, RemovedFolders: seen.RemovedFolders})
	if err == nil && !p.Empty() {
		p.after.Version++
	}
	return p, err
}

// writeFolders writes a plan, while the folders are as they were read.
func (s Service) writeFolders(ctx context.Context, user string, p foldersPlan) (bool, error) {
	return s.heads.WriteConversations(ctx, s.app, user, Transaction{
		NowMs: s.clock.Now().UnixMilli(), SeenHead: p.seen, Folders: &FoldersAfter{List: p.after.Folders, Stale: p.after.Stale, RemovedFolders: p.after.RemovedFolders},
	})
}

// CreateFolder creates a folder and puts conversations into it. It returns an error for
// each of the conversations. If a folder with the name exists, CreateFolder uses it, so
// that the call can be repeated. It fails with AppLimit, FolderName, FolderLimit and
// DataLimit.
func (s Service) CreateFolder(ctx context.Context, user, name string, ids []chat.ID, origin delivery.Origin) (Folder, []error, Head, error) {
	if err := s.checkEdition(); err != nil {
		return Folder{}, nil, Head{}, err
	}
	if err := checkFolderName(name); err != nil {
		return Folder{}, nil, Head{}, err
	}
	h, err := s.heads.Head(ctx, s.app, user, false)
	if err != nil {
		return Folder{}, nil, h, err
	}
	if h.Version == 0 {
		err = s.RequireAccount(ctx, user)
	} else if h.Stale != 0 { // a call that deleted a folder died before its end
		_, err = s.freeStaleNumbers(ctx, user, origin)
	}
	if err != nil {
		return Folder{}, nil, h, err
	}
	created := false
	h, err = s.updateFolders(ctx, user, func(h Head) (Head, error) {
		created = false
		if _, found := h.folderNamed(name); found {
			return h, nil
		}
		if len(h.Folders) >= MaxFolders {
			return h, fault.New(fault.FolderLimit, "a user has at most %d %ss", MaxFolders, fault.Folder)
		}
		n := h.freeNumber()
		if n == 0 {
			return h, fault.New(fault.Conflict, "%ss are being deleted, try again", fault.Folder)
		}
		created = true
		h.Folders = append(h.Folders, Folder{Number: n, Name: name})
		slices.SortFunc(h.Folders, func(a, b Folder) int { return a.Number - b.Number })
		return h, nil
	})
	if err != nil {
		return Folder{}, nil, h, err
	}
	if created {
		s.deliverFolders(ctx, user, origin, h)
	}
	folder, _ := h.folderNamed(name)
	if len(ids) == 0 {
		return folder, nil, h, nil
	}
	errs, err := s.moveRows(ctx, user, name, ids, func(chat.ID) bool { return true }, origin)
	return folder, errs, h, err
}

// RenameFolder gives a folder another name. A repeat of the call within
// accounts.RepeatWindow succeeds. It fails with FolderUnknown, with FolderName, and
// with Invalid if another folder has the new name.
func (s Service) RenameFolder(ctx context.Context, user, name, to string, origin delivery.Origin) (Folder, Head, error) {
	if err := s.checkEdition(); err != nil {
		return Folder{}, Head{}, err
	}
	if err := checkFolderName(to); err != nil {
		return Folder{}, Head{}, err
	}
	repeat := false
	h, err := s.updateFolders(ctx, user, func(h Head) (Head, error) {
		f, found := h.folderNamed(name)
		if old, removed := h.removedFolder(name, s.clock.Now()); !found && removed && old.RenamedTo == to && slices.Contains(h.Folders, Folder{old.Number, to}) {
			repeat = true
			return h, nil
		}
		if repeat = false; !found {
			return h, folderUnknown(name)
		}
		if _, taken := h.folderNamed(to); taken && to != name {
			return h, fault.New(fault.Invalid, "there is a %s %.40q already", fault.Folder, to)
		}
		if to != name {
			h = h.withRemoved(f, to, s.clock.Now())
		}
		h.Folders[slices.Index(h.Folders, f)].Name = to
		return h, nil
	})
	if err != nil {
		return Folder{}, h, s.preferAccountUnknown(ctx, user, err)
	}
	f, _ := h.folderNamed(to)
	if name == to || repeat {
		return f, h, nil
	}
	s.deliverFolders(ctx, user, origin, h)
	return f, h, nil
}

// A FolderChange puts a conversation into a folder, or takes it out of the folder.
type FolderChange struct {
	Chat chat.ID
	In   bool
}

// ChangeFolderMembers puts conversations into a folder and takes others out of it. It returns an
// error for each of them. It fails with AppLimit, FolderUnknown and DataLimit.
func (s Service) ChangeFolderMembers(ctx context.Context, user, name string, moves []FolderChange, origin delivery.Origin) (Folder, []error, Head, error) {
	if err := s.checkEdition(); err != nil {
		return Folder{}, nil, Head{}, err
	}
	ids := make([]chat.ID, len(moves))
	for i, m := range moves {
		ids[i] = m.Chat
	}
	h, err := s.heads.Head(ctx, s.app, user, false)
	if err != nil {
		return Folder{}, nil, h, err
	}
	in := func(id chat.ID) bool { return moves[slices.Index(ids, id)].In }
	errs, err := s.moveRows(ctx, user, name, ids, in, origin)
	f, found := h.folderNamed(name)
	if err == nil && !found {
		// The folder was created a moment ago, or ids is empty and there is no such
		// folder. A strong read shows which.
		if h, err = s.heads.Head(ctx, s.app, user, true); err == nil {
			if f, found = h.folderNamed(name); !found {
				err = folderUnknown(name)
			}
		}
	}
	if err != nil {
		return Folder{}, nil, h, s.preferAccountUnknown(ctx, user, err)
	}
	return f, errs, h, nil
}

// moveRows puts each conversation into a folder if in returns true for it, and
// takes it out otherwise. It writes only while the folders are as it has read them, so
// that no conversation is put into a folder that another call deletes at the same time.
func (s Service) moveRows(ctx context.Context, user, name string, ids []chat.ID, in func(chat.ID) bool, origin delivery.Origin) ([]error, error) {
	return s.changeData(ctx, user, ids, true, origin, func(h Head, r Row) (Data, error) {
		f, found := h.folderNamed(name)
		if !found {
			return r.Data, folderUnknown(name)
		}
		if r.FolderNumbers = r.FolderNumbers.Without(f.Number); in(r.Chat) {
			r.FolderNumbers = r.FolderNumbers.With(f.Number)
		}
		return r.Data, nil
	})
}

// DeleteFolder deletes a folder. Its conversations stay. It works in three steps: it
// removes the name and makes the number stale; it removes the number from the rows; it
// makes the number free. If a call dies between the steps, the next call that deletes
// or creates a folder does the rest. A repeat within accounts.RepeatWindow succeeds. It
// fails with FolderUnknown.
func (s Service) DeleteFolder(ctx context.Context, user, name string, origin delivery.Origin) (Folder, Head, error) {
	if err := s.checkEdition(); err != nil {
		return Folder{}, Head{}, err
	}
	var deleted Folder
	var repeat bool
	h, err := s.updateFolders(ctx, user, func(h Head) (Head, error) {
		f, found := h.folderNamed(name)
		// A folder that was renamed meanwhile is no longer there under this name.
		old, removed := h.removedFolder(name, s.clock.Now())
		if repeat = removed && old.RenamedTo == ""; !found && repeat {
			deleted = old.Folder
			return h, nil // the steps below do what the first call has not done
		}
		if repeat = false; !found {
			return h, folderUnknown(name)
		}
		deleted = f
		h = h.withRemoved(f, "", s.clock.Now())
		h.Folders = slices.DeleteFunc(h.Folders, func(f Folder) bool { return f.Name == name })
		h.Stale = h.Stale.With(f.Number)
		return h, nil
	})
	if err != nil {
		return Folder{}, h, s.preferAccountUnknown(ctx, user, err)
	}
	versionBefore := h.Version
	if h, err = s.freeStaleNumbers(ctx, user, origin); err != nil {
		return Folder{}, h, err
	}
	if repeat && h.Version == versionBefore {
		return deleted, h, nil // the first call did everything and notified the devices
	}
	s.deliverFolders(ctx, user, origin, h)
	return deleted, h, nil
}

// freeStaleNumbers removes the stale numbers from the rows and then makes them free. It
// makes them free only while the folders are as it has read them; otherwise it starts
// again, because a number may belong to another folder by then.
func (s Service) freeStaleNumbers(ctx context.Context, user string, origin delivery.Origin) (Head, error) {
	p, err := unitofwork.New(
		func(ctx context.Context, _ bool) (Head, error) { return s.heads.Head(ctx, s.app, user, true) },
		planFreeNumbers,
		func(ctx context.Context, p foldersPlan) (bool, error) {
			if err := s.takeOutOfFolders(ctx, user, p.seen.Stale, origin); err != nil {
				return false, err
			}
			return s.writeFolders(ctx, user, p)
		},
	).Run(ctx, s.clock, busy())
	return p.after, err
}

// planFreeNumbers plans to make the stale numbers free.
func planFreeNumbers(seen Head) (foldersPlan, error) {
	p := foldersPlan{seen: seen, after: seen}
	if p.after.Stale = 0; !p.Empty() {
		p.after.Version++
	}
	return p, nil
}

// takeOutOfFolders removes folder numbers that are stale from the rows.
func (s Service) takeOutOfFolders(ctx context.Context, user string, stale NumberSet, origin delivery.Origin) error {
	ids, err := s.chatsInFolders(ctx, user, stale)
	if err != nil {
		return err
	}
	_, err = s.changeData(ctx, user, ids, true, origin, func(h Head, r Row) (Data, error) {
		r.FolderNumbers &^= h.Stale
		return r.Data, nil
	})
	return err
}

// chatsInFolders returns the peers of the rows that have one of some folder numbers. An
// index may be a moment behind the table, so it is read twice: the second read finds a
// row that was put into the folder just before the folder was deleted.
func (s Service) chatsInFolders(ctx context.Context, user string, folders NumberSet) (ids []chat.ID, err error) {
	for try := range 2 {
		rows, indexed, err := s.rowsWithData(ctx, user, true)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if r.FolderNumbers&folders != 0 && !slices.Contains(ids, r.Chat) {
				ids = append(ids, r.Chat)
			}
		}
		if !indexed {
			break
		}
		if try == 0 {
			s.clock.Wait(ctx, indexDelay)
		}
	}
	return ids, nil
}

// indexDelay is how long chatsInFolders waits for the index to follow the table.
const indexDelay = 2 * time.Second

// Head returns a user's head. The read is not strong.
func (s Service) Head(ctx context.Context, user string) (Head, error) {
	return s.heads.Head(ctx, s.app, user, false)
}
