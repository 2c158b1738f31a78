package inbox

import (
	"slices"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
)

// A Head is what a user's list of conversations has once: the folders, counts of
// rows, and the state of the index.
type Head struct {
	Version      int64 // of the folders: each change of the folders adds 1
	RowsWithData int   // number of rows with Data
	Pinned       int   // number of pinned rows
	Folders      []Folder
	Groups       int // groups that the user is a member of
	// GroupVersion grows when the user joins or leaves a group.
	GroupVersion int64
	// Stale are the numbers of deleted folders that rows may still have. Such a number
	// must not be given to a new folder. Example: the folder "work" has number 3, and
	// bob's conversation is in it. "work" is deleted, and the call dies before it has
	// changed the row. If a new folder "home" got number 3, bob would be in it.
	Stale NumberSet
	// RemovedFolders are the names that folders had until a moment ago, so that a repeat
	// of a call that deleted or renamed a folder succeeds.
	RemovedFolders []RemovedFolder
	// Indexed says that all rows are in the index.
	Indexed bool
	// IndexingMs is when a worker that puts the rows into the index last said that it
	// is working; 0: never.
	IndexingMs int64
}

// A RemovedFolder is a name that a folder no longer has, because the folder was deleted
// or renamed at AtMs.
type RemovedFolder struct {
	Folder
	RenamedTo string // its new name; empty if it was deleted
	AtMs      int64
}

// A Folder is a named set of conversations. Rows refer to it by its number. When the
// folder is deleted and no row has the number any more, another folder can get it.
type Folder struct {
	Number int
	Name   string
}

// FolderNumbers returns the set of the numbers of all folders.
func (h Head) FolderNumbers() (live NumberSet) {
	for _, f := range h.Folders {
		live = live.With(f.Number)
	}
	return live
}

// folderNamed returns the folder with a name.
func (h Head) folderNamed(name string) (Folder, bool) {
	i := slices.IndexFunc(h.Folders, func(f Folder) bool { return f.Name == name })
	if i < 0 {
		return Folder{}, false
	}
	return h.Folders[i], true
}

// freeNumber returns the least number that no folder has and that is not stale. It
// returns 0 if there is no such number.
func (h Head) freeNumber() int {
	used := h.Stale
	for _, f := range h.Folders {
		used = used.With(f.Number)
	}
	for n := 1; n <= folderNumbers; n++ {
		if !used.Has(n) {
			return n
		}
	}
	return 0
}

// withRemoved returns the head with f in RemovedFolders: it is renamed, or deleted if renamedTo
// is empty. Entries that are older than
// accounts.RepeatWindow are removed.
func (h Head) withRemoved(f Folder, renamedTo string, now time.Time) Head {
	list := append(slices.Clone(h.RemovedFolders), RemovedFolder{f, renamedTo, now.UnixMilli()})
	h.RemovedFolders = slices.DeleteFunc(list, func(removed RemovedFolder) bool {
		return now.UnixMilli()-removed.AtMs >= accounts.RepeatWindow.Milliseconds()
	})
	h.RemovedFolders = h.RemovedFolders[max(0, len(h.RemovedFolders)-MaxFolders):]
	return h
}

// removedFolder returns the folder that had a name within accounts.RepeatWindow.
func (h Head) removedFolder(name string, now time.Time) (RemovedFolder, bool) {
	for _, removed := range slices.Backward(h.RemovedFolders) {
		if removed.Name == name && now.UnixMilli()-removed.AtMs < accounts.RepeatWindow.Milliseconds() {
			return removed, true
		}
	}
	return RemovedFolder{}, false
}

func folderUnknown(name string) error {
	return fault.New(fault.FolderUnknown, "there is no %s %.40q", fault.Folder, name)
}

func checkFolderName(name string) error {
	switch {
	case name == "":
		return fault.New(fault.Invalid, "a %s needs a name", fault.Folder)
	case len(name) > maxFolderName:
		return fault.New(fault.FolderName, "the name of a %s has at most %d bytes", fault.Folder, maxFolderName)
	}
	return nil
}
