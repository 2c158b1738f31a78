package inbox

import (
	"context"
	"strconv"

	domain "parley/shared/domain/inbox"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

// folder is the name of the member of HeadFolders for the folder with a number.
func folder(n int) dynamo.Attribute { return dynamo.Attribute(strconv.Itoa(n)) }

// readHead reads the head of a user's list of conversations: the folders, and what is counted
// of the rows.
func readHead(item dynamo.Item) domain.Head {
	h := domain.Head{
		Version: item.Int(schema.HeadVersion), RowsWithData: int(item.Int(schema.HeadRowsWithData)), Pinned: int(item.Int(schema.HeadPinned)),
		Groups: int(item.Int(schema.HeadJoined)), GroupVersion: item.Int(schema.HeadJoinedVersion), Stale: set(item, schema.HeadStaleFolders), IndexingMs: item.Int(schema.HeadIndexing), Indexed: item.Has(schema.HeadIndexed),
	}
	folders := item.Map(schema.HeadFolders)
	for n := 1; n <= domain.MaxLabel; n++ {
		if name := folders.Text(folder(n)); name != "" {
			h.Folders = append(h.Folders, domain.Folder{Number: n, Name: name})
		}
	}
	for _, removed := range item.Maps(schema.HeadRemovedFolders) {
		h.RemovedFolders = append(h.RemovedFolders, domain.RemovedFolder{
			Folder:    domain.Folder{Number: int(removed.Int(schema.RemovedFolderNumber)), Name: removed.Text(schema.RemovedFolderName)},
			RenamedTo: removed.Text(schema.RemovedFolderNewName), AtMs: removed.Int(schema.RemovedFolderTime),
		})
	}
	return h
}

// Head implements inbox.HeadStore.
func (s *Store) Head(ctx context.Context, app int64, user string, strong bool) (domain.Head, error) {
	item, err := s.core.Get(ctx, schema.HeadKey(app, user), strong)
	return readHead(item), err
}

// headWrite returns the part of a transaction that concerns the head: an update, a
// condition, or nil if there is neither. withData and pinned are how many rows more have
// data and are pinned; they may be negative.
func headWrite(app int64, user string, t domain.Transaction, withData, pinned int) *dynamo.Write {
	var conditions []dynamo.Condition
	u := dynamo.NewUpdate(schema.HeadKey(app, user))
	if t.RequireFolders || t.Folders != nil {
		conditions = append(conditions, dynamo.EqualsOrAbsent(schema.HeadVersion, dynamo.NumIfAny(t.SeenHead.Version)))
	}
	if t.Folders != nil {
		names := dynamo.Item{}
		for _, f := range t.Folders.List {
			names.Set(folder(f.Number), dynamo.Str(f.Name))
		}
		u.Set(schema.HeadVersion, dynamo.Num(t.SeenHead.Version+1)).Set(schema.HeadFolders, dynamo.Map(names)).
			SetOrRemove(schema.HeadStaleFolders, bits(t.Folders.Stale))
		if len(t.Folders.RemovedFolders) > 0 {
			var list []dynamo.Value
			for _, f := range t.Folders.RemovedFolders {
				removed := dynamo.Item{}
				removed.Set(schema.RemovedFolderNumber, dynamo.Num(f.Number))
				removed.Set(schema.RemovedFolderName, dynamo.Str(f.Name))
				removed.Set(schema.RemovedFolderTime, dynamo.Num(f.AtMs))
				removed.SetText(schema.RemovedFolderNewName, f.RenamedTo)
				list = append(list, dynamo.Map(removed))
			}
			u.Set(schema.HeadRemovedFolders, dynamo.List(list))
		}
	}
	count := func(a dynamo.Attribute, more, limit int) {
		if more == 0 {
			return
		}
		u.Add(a, dynamo.Num(more))
		if more > 0 {
			conditions = append(conditions, dynamo.AbsentOr(dynamo.AtMost(a, dynamo.Num(limit-more))))
		}
	}
	count(schema.HeadRowsWithData, withData, domain.MaxRowsWithData)
	count(schema.HeadPinned, pinned, domain.MaxPinned)
	var w dynamo.Write
	switch {
	case !u.IsEmpty():
		w = u.If(conditions...).Write()
	case len(conditions) > 0:
		w = dynamo.Check(u.Key(), conditions...)
	default:
		return nil
	}
	return &w
}
