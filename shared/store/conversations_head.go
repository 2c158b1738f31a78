package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/inbox"
)

// The head of a user's list of conversations (KG): `f` names of the folders by their
// numbers, `v` version of the folders, `dg` numbers of deleted folders that rows may
// still have, `fe` names of folders that were deleted or renamed a short time ago, `n`
// number of rows with data, `np` number of pinned rows, `ib` and `ic` state of the index.

func readHead(item Item) inbox.Head {
	h := inbox.Head{
		Version: integer(item, "v"), RowsWithData: int(integer(item, "n")), Pinned: int(integer(item, "np")), Stale: readSet(item, "dg"),
		IndexingMs: integer(item, "ib"), Indexed: has(item, "ic"),
	}
	if m, ok := item["f"].(*types.AttributeValueMemberM); ok {
		for n := 1; n <= inbox.MaxLabel; n++ {
			if name := text(m.Value, itoa(n)); name != "" {
				h.Folders = append(h.Folders, inbox.Folder{Number: n, Name: name})
			}
		}
	}
	if list, ok := item["fe"].(*types.AttributeValueMemberL); ok {
		for _, v := range list.Value {
			if m, ok := v.(*types.AttributeValueMemberM); ok {
				f := inbox.Folder{Number: int(integer(m.Value, "n")), Name: text(m.Value, "f")}
				h.RemovedFolders = append(h.RemovedFolders, inbox.RemovedFolder{Folder: f, AtMs: integer(m.Value, "t")})
			}
		}
	}
	return h
}

// Head implements inbox.HeadStore.
func (s *Store) Head(ctx context.Context, app int64, user string, strong bool) (inbox.Head, error) {
	item, err := s.get(ctx, Core, HeadKey(app, user), strong)
	return readHead(item), err
}

// headWrite returns the part of a transaction that concerns the head: an update, a
// condition, or nil if there is neither. withData and pinned are how many rows more have
// data and are pinned; they may be negative.
func (s *Store) headWrite(app int64, user string, t inbox.Transaction, withData, pinned int) *types.TransactWriteItem {
	var conds, sets, adds []string
	values := Item{}
	if t.RequireFolders || t.Folders != nil {
		if t.Seen.Version == 0 {
			conds = append(conds, "attribute_not_exists(v)")
		} else {
			conds = append(conds, "v = :v")
			values[":v"] = num(t.Seen.Version)
		}
	}
	if t.Folders != nil {
		names := Item{}
		for _, f := range t.Folders.List {
			names[itoa(f.Number)] = str(f.Name)
		}
		sets = append(sets, "v = :next", "f = :f")
		values[":next"], values[":f"] = num(t.Seen.Version+1), &types.AttributeValueMemberM{Value: names}
		if stale := setBits(t.Folders.Stale); stale != nil {
			sets = append(sets, "dg = :dg")
			values[":dg"] = stale
		}
		if len(t.Folders.Ended) > 0 {
			list := &types.AttributeValueMemberL{}
			for _, f := range t.Folders.Ended {
				list.Value = append(list.Value, &types.AttributeValueMemberM{Value: Item{"n": num(f.Number), "f": str(f.Name), "t": num(f.AtMs)}})
			}
			sets = append(sets, "fe = :fe")
			values[":fe"] = list
		}
	}
	for _, c := range []struct {
		name        string
		more, limit int
	}{{"n", withData, inbox.MaxRowsWithData}, {"np", pinned, inbox.MaxPinned}} {
		if c.more == 0 {
			continue
		}
		adds = append(adds, c.name+" :d"+c.name)
		values[":d"+c.name] = num(c.more)
		if c.more > 0 {
			conds = append(conds, fmt.Sprintf("(attribute_not_exists(%s) OR %s <= :m%s)", c.name, c.name, c.name))
			values[":m"+c.name] = num(c.limit - c.more)
		}
	}
	key, cond := HeadKey(app, user).attributes(), strings.Join(conds, " AND ")
	if len(values) == 0 {
		values = nil
	}
	if len(sets)+len(adds) == 0 {
		if cond == "" {
			return nil
		}
		return &types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: s.name(Core), Key: key, ConditionExpression: &cond, ExpressionAttributeValues: values,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}}
	}
	expression := ""
	if len(sets) > 0 {
		expression = "SET " + strings.Join(sets, ", ")
	}
	if t.Folders != nil && t.Folders.Stale == 0 {
		expression += " REMOVE dg"
	}
	if len(adds) > 0 {
		expression += " ADD " + strings.Join(adds, ", ")
	}
	u := &types.Update{
		TableName: s.name(Core), Key: key, UpdateExpression: &expression, ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if cond != "" {
		u.ConditionExpression = &cond
	}
	return &types.TransactWriteItem{Update: u}
}
