package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/conversations"
	"parley/shared/domain/messages"
	"parley/shared/fault"
)

// A row expires with its messages, by `x`, which each send sets to `e`, their end.
// Where it has data of its user it has `kx` too, and each send sets `x` to that
// instead. As often as a row gets its first data or loses its last, the same
// transaction counts it in the shelf (KG): `n` is the number of rows with `kx`,
// `np` of those with a pin.

const (
	// keptUntil is `kx`: 2096, in as few digits as there can be.
	keptUntil = 4_000_000_000
	// lingers is how long a row stays that has lost its data or got a draft, so
	// that devices learn of it; in seconds.
	lingers = int64(conversations.DraftLife / time.Second)
)

func readData(item Item) conversations.Data {
	return conversations.Data{
		PinnedMs: integer(item, "pn"), Marks: readSet(item, "mk"), Custom: text(item, "cd"), Folders: readSet(item, "gl"),
		Option: messages.Option(integer(item, "fl")),
	}
}

// data returns the attributes of what a user put on a conversation; nil where
// there is nothing of a kind.
func data(d conversations.Data) map[string]types.AttributeValue {
	out := map[string]types.AttributeValue{"pn": nil, "mk": set(d.Marks), "gl": set(d.Folders), "cd": nil, "fl": nil}
	if d.PinnedMs != 0 {
		out["pn"] = num(d.PinnedMs)
	}
	if d.Custom != "" {
		out["cd"] = str(d.Custom)
	}
	if d.Option != 0 {
		out["fl"] = num(d.Option)
	}
	return out
}

// set is a set of numbers as bits, the lowest first, in as few bytes as do.
func set(s conversations.Set) types.AttributeValue {
	if s == 0 {
		return nil
	}
	b := binary.LittleEndian.AppendUint64(nil, uint64(s))
	for b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return bin(b)
}

func readSet(item Item, name string) conversations.Set {
	var b [8]byte
	copy(b[:], bytesOf(item, name))
	return conversations.Set(binary.LittleEndian.Uint64(b[:]))
}

func readShelf(item Item) conversations.Shelf {
	h := conversations.Shelf{
		Version: integer(item, "v"), Kept: int(integer(item, "n")), Pinned: int(integer(item, "np")), Stale: readSet(item, "dg"),
		IndexingMs: integer(item, "ib"), Indexed: has(item, "ic"),
	}
	if m, ok := item["f"].(*types.AttributeValueMemberM); ok {
		for n := 1; n <= conversations.MaxMark; n++ {
			if name := text(m.Value, itoa(n)); name != "" {
				h.Folders = append(h.Folders, conversations.Folder{Number: n, Name: name})
			}
		}
	}
	if list, ok := item["fe"].(*types.AttributeValueMemberL); ok {
		for _, v := range list.Value {
			if m, ok := v.(*types.AttributeValueMemberM); ok {
				f := conversations.Folder{Number: int(integer(m.Value, "n")), Name: text(m.Value, "f")}
				h.Ended = append(h.Ended, conversations.Ended{Folder: f, AtMs: integer(m.Value, "t")})
			}
		}
	}
	return h
}

// Shelf implements conversations.Store.
func (s *Store) Shelf(ctx context.Context, app int64, user string, strong bool) (conversations.Shelf, error) {
	item, err := s.get(ctx, Core, FoldersKey(app, user), strong)
	return readShelf(item), err
}

// Change implements conversations.Store: one update where one row changes and
// nothing else, or a transaction.
func (s *Store) Change(ctx context.Context, app int64, user string, e conversations.Edit) (bool, error) {
	var kept, pinned int
	var items []types.TransactWriteItem
	for _, c := range e.Rows {
		kept += one(c.Data != conversations.Data{}) - one(c.Seen.Data != conversations.Data{})
		pinned += one(c.Data.PinnedMs != 0) - one(c.Seen.PinnedMs != 0)
	}
	shelf := s.shelfChange(app, user, e, kept, pinned)
	if shelf != nil {
		items = append(items, *shelf)
	}
	for _, c := range e.Rows {
		items = append(items, types.TransactWriteItem{Update: s.rowChange(app, user, c, e)})
		if c.Draft != nil {
			items = append(items, s.draftChange(app, user, c, e.NowMs))
		}
	}
	if len(items) == 1 && items[0].Update != nil {
		return s.changeOne(ctx, items[0].Update)
	}
	err := s.db.TransactOnce(ctx, items)
	reasons := cancelled(err)
	if shelf != nil && failedAt(reasons, 0) {
		switch had := readShelf(reasons[0].Item); {
		case pinned > 0 && had.Pinned+pinned > conversations.MaxPinned:
			return false, fault.New(fault.PinLimit, "a user pins at most %d conversations", conversations.MaxPinned)
		case kept > 0 && had.Kept+kept > conversations.MaxKept:
			return false, fault.New(fault.KeptLimit, "a user has data on at most %d conversations", conversations.MaxKept)
		}
	}
	for _, r := range reasons {
		// Another call changes the same items, or has.
		if code := aws.ToString(r.Code); code == "ConditionalCheckFailed" || code == "TransactionConflict" {
			return false, nil
		}
	}
	if err != nil {
		return false, fmt.Errorf("change conversations: %w", err)
	}
	return true, nil
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s *Store) changeOne(ctx context.Context, u *types.Update) (bool, error) {
	_, err := s.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: u.TableName, Key: u.Key, UpdateExpression: u.UpdateExpression, ConditionExpression: u.ConditionExpression,
		ExpressionAttributeValues: u.ExpressionAttributeValues, ExpressionAttributeNames: u.ExpressionAttributeNames,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if _, failed := refused(err); failed {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("change conversation: %w", err)
	}
	return true, nil
}

// shelfChange is what an edit does to the shelf, or asks of it; nil for nothing.
func (s *Store) shelfChange(app int64, user string, e conversations.Edit, kept, pinned int) *types.TransactWriteItem {
	var conds, sets, adds []string
	values := Item{}
	if e.Fenced || e.Folders != nil {
		if e.Seen.Version == 0 {
			conds = append(conds, "attribute_not_exists(v)")
		} else {
			conds = append(conds, "v = :v")
			values[":v"] = num(e.Seen.Version)
		}
	}
	if e.Folders != nil {
		names := Item{}
		for _, f := range e.Folders.List {
			names[itoa(f.Number)] = str(f.Name)
		}
		sets = append(sets, "v = :next", "f = :f")
		values[":next"], values[":f"] = num(e.Seen.Version+1), &types.AttributeValueMemberM{Value: names}
		if stale := set(e.Folders.Stale); stale != nil {
			sets = append(sets, "dg = :dg")
			values[":dg"] = stale
		}
		if len(e.Folders.Ended) > 0 {
			list := &types.AttributeValueMemberL{}
			for _, f := range e.Folders.Ended {
				list.Value = append(list.Value, &types.AttributeValueMemberM{Value: Item{"n": num(f.Number), "f": str(f.Name), "t": num(f.AtMs)}})
			}
			sets = append(sets, "fe = :fe")
			values[":fe"] = list
		}
	}
	for _, c := range []struct {
		name        string
		more, limit int
	}{{"n", kept, conversations.MaxKept}, {"np", pinned, conversations.MaxPinned}} {
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
	key, cond := FoldersKey(app, user).attributes(), strings.Join(conds, " AND ")
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
	if e.Folders != nil && e.Folders.Stale == 0 {
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

// rowChange writes a row where its data is as seen; where it is hidden, only if no
// message has come or gone either.
func (s *Store) rowChange(app int64, user string, c conversations.Change, e conversations.Edit) *types.Update {
	var conds, gone []string
	nowMs, key := e.NowMs, PeerKey(app, user, c.Seen.Peer)
	sets, values := []string{"ut = :now"}, Item{":now": num(nowMs)}
	same := func(name string, v types.AttributeValue) {
		if v == nil {
			conds = append(conds, "attribute_not_exists("+name+")")
			return
		}
		conds = append(conds, name+" = :o"+name)
		values[":o"+name] = v
	}
	to := func(name string, v types.AttributeValue) {
		if v == nil {
			gone = append(gone, name)
			return
		}
		sets = append(sets, name+" = :"+name)
		values[":"+name] = v
	}
	before, after := data(c.Seen.Data), data(c.Data)
	for _, name := range slices.Sorted(maps.Keys(before)) {
		same(name, before[name])
		if !equal(before[name], after[name]) {
			to(name, after[name])
		}
	}
	was, is := c.Seen.Data != (conversations.Data{}), c.Data != (conversations.Data{})
	switch {
	case is && !was:
		to("kx", num(keptUntil))
		to("x", num(keptUntil))
	case was && !is:
		// `e` is as seen: a send that comes between could have a later end.
		to("kx", nil)
		same("e", whenThere(c.Seen.Expires))
		to("x", num(max(c.Seen.Expires, nowMs/1000+lingers)))
	}
	if c.Hide || c.Empty || c.Cleared != nil {
		same("i", whenThere(c.Seen.In))
		same("o", whenThere(c.Seen.Out))
	}
	if c.Hide || c.Empty {
		gone = append(gone, "k", "pv", "nq", "nu", "nf")
		if c.Seen.In > 0 {
			sets = append(sets, "d = i", "rt = :now")
		}
	}
	if c.Hide {
		gone = append(gone, "t")
	}
	if c.Cleared != nil {
		to("cl", str(MessageSK(*c.Cleared)))
	}
	if c.Draft != nil && *c.Draft != "" {
		sets = append(sets, "dt = :now")
		if was == is {
			sets = append(sets, "x = if_not_exists(x, :later)")
			values[":later"] = num(nowMs/1000 + lingers)
		}
	} else if c.Draft != nil {
		gone = append(gone, "dt")
	}
	expression := "SET " + strings.Join(sets, ", ")
	indexRow(&expression, values, key, e.Indexed)
	if len(gone) > 0 {
		expression += " REMOVE " + strings.Join(gone, ", ")
	}
	return &types.Update{
		TableName: s.name(Core), Key: key.attributes(), UpdateExpression: &expression,
		ConditionExpression: aws.String(strings.Join(conds, " AND ")), ExpressionAttributeValues: values,
	}
}

// whenThere is the attribute of a number that is absent where it is 0.
func whenThere(n int64) types.AttributeValue {
	if n == 0 {
		return nil
	}
	return num(n)
}

// equal compares attributes of a row's data.
func equal(a, b types.AttributeValue) bool {
	switch a := a.(type) {
	case *types.AttributeValueMemberN:
		b, ok := b.(*types.AttributeValueMemberN)
		return ok && a.Value == b.Value
	case *types.AttributeValueMemberS:
		b, ok := b.(*types.AttributeValueMemberS)
		return ok && a.Value == b.Value
	case *types.AttributeValueMemberB:
		b, ok := b.(*types.AttributeValueMemberB)
		return ok && slices.Equal(a.Value, b.Value)
	}
	return a == nil && b == nil
}

func (s *Store) draftChange(app int64, user string, c conversations.Change, nowMs int64) types.TransactWriteItem {
	key := DraftKey(app, user, c.Seen.Peer)
	if *c.Draft == "" {
		return types.TransactWriteItem{Delete: &types.Delete{TableName: s.name(Core), Key: key.attributes()}}
	}
	item := key.attributes()
	item["b"], item["x"] = str(*c.Draft), num(nowMs/1000+lingers)
	return types.TransactWriteItem{Put: &types.Put{TableName: s.name(Core), Item: item}}
}

// Drafts implements conversations.Store.
func (s *Store) Drafts(ctx context.Context, app int64, user string, peers []string) ([]string, error) {
	keys := make([]Key, len(peers))
	for i, p := range peers {
		keys[i] = DraftKey(app, user, p)
	}
	items, err := s.getAll(ctx, Core, keys, false)
	if err != nil {
		return nil, err
	}
	list := make([]string, len(items))
	for i, item := range items {
		list[i] = text(item, "b")
	}
	return list, nil
}

// LastCounted implements conversations.Store. A message that the row has not
// counted yet is still to be told of, and must not be hidden.
func (s *Store) LastCounted(ctx context.Context, app int64, user string, r conversations.Row) (*messages.Key, error) {
	in := s.timelineQuery(app, messages.Range{User: user, Peer: r.Peer, Limit: 10})
	in.ConsistentRead = aws.Bool(true)
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("last message: %w", err)
		}
		for _, item := range out.Items {
			generation, counted := r.InGeneration, r.In
			if int(integer(item, "f")) == side(user, r.Peer) {
				generation, counted = r.OutGeneration, r.Out
			}
			if g := integer(item, "g"); g < generation || (g == generation && integer(item, "n") <= counted) {
				if key, ok := ParseMessageSK(text(item, "sk")); ok {
					return &key, nil
				}
				unreadable(ctx, item, "key")
			}
		}
		if out.LastEvaluatedKey == nil {
			return nil, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}
