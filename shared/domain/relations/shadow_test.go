package relations_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"parley/infra/local/backing"
	"parley/shared/domain/accounts"
	"parley/shared/fault"
	"parley/shared/store"
)

// hooks makes every request to DynamoDB a step of its schedule. The SDK's own
// retries are off: they would be steps that no seed decides.
func hooks(o *dynamodb.Options) {
	o.Retryer = aws.NopRetryer{}
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ModelStep", request), middleware.After)
	})
}

// A call is one run of a function.
type call struct {
	a    *actor
	o    *operation // nil: one that the model has no rule for
	dead bool
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// invoke runs a function as a call.
func (s *schedule) invoke(ctx context.Context, a *actor, o *operation, name string, f func(context.Context) error) error {
	a.pause()
	s.note("%-8s %s", a.name, name)
	c := &call{a: a, o: o}
	err := f(context.WithValue(ctx, callKey{}, c))
	if c.dead {
		err = errStopped
	}
	if err == nil && !s.calm && s.rng.Float64() < s.odds.fail {
		err = errFailed // the answer is lost
	}
	if err != nil && fault.Of(err).Code.Ours() && !errors.Is(err, errStopped) && !errors.Is(err, errFailed) {
		s.problem("%s: %v", name, err)
	}
	s.note("%-8s %s: %v", a.name, name, err)
	return err
}

func request(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (out middleware.InitializeOutput, meta middleware.Metadata, err error) {
	c := callOf(ctx)
	if c == nil {
		return next.HandleInitialize(ctx, in)
	}
	s := c.a.s
	if c.dead {
		return out, meta, errStopped
	}
	if s.rng.Float64() > s.odds.stay {
		c.a.pause()
	}
	stop := func(where string) error {
		switch r := s.rng.Float64(); {
		case s.calm:
		case r < s.odds.stop:
			c.dead = true
			s.stats["stopped "+where]++
			s.note("%-8s stopped %s %T", c.a.name, where, in.Parameters)
			return errStopped
		case r < s.odds.stop+s.odds.fail:
			s.stats["failed "+where]++
			s.note("%-8s failed %s %T", c.a.name, where, in.Parameters)
			return errFailed
		}
		return nil
	}
	if err := stop("before"); err != nil {
		return out, meta, err
	}
	out, meta, err = next.HandleInitialize(ctx, in)
	if err == nil {
		s.observe(c, in.Parameters, out.Result)
	}
	if err := stop("behind"); err != nil {
		return middleware.InitializeOutput{}, meta, err
	}
	return out, meta, err
}

// account makes a user.
func account(ctx context.Context, app int64, user string, allow accounts.Allow) error {
	k, table := store.AccountKey(app, user), server.Tables.Core
	_, err := backing.Client(server.Endpoint).PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: store.Item{
		"pk": &types.AttributeValueMemberS{Value: k.PK}, "sk": &types.AttributeValueMemberS{Value: k.SK},
		"ct": &types.AttributeValueMemberN{Value: "1"}, "al": &types.AttributeValueMemberS{Value: string(allow)},
	}})
	return err
}

// A shadow is what was written, with its past: of whatever a read that may be
// behind can still see.
type shadow struct {
	app   int64
	seq   int // writes so far
	items map[store.Key][]version
	past  []facts // by seq
}

type version struct {
	seq  int
	item store.Item // nil: gone
}

func newShadow(app int64) shadow {
	return shadow{app: app, items: make(map[store.Key][]version), past: []facts{{}}}
}

// at is an item as it was.
func (w *shadow) at(k store.Key, seq int) store.Item {
	var item store.Item
	for _, v := range w.items[k] {
		if v.seq <= seq {
			item = v.item
		}
	}
	return item
}

func keyOf(item store.Item) store.Key { return store.Key{PK: text(item, "pk"), SK: text(item, "sk")} }

// observe takes a write in and checks it, or lets a read be behind.
func (s *schedule) observe(c *call, params, result any) {
	w := &s.shadow
	changed := make(map[store.Key]store.Item)
	switch p := params.(type) {
	case *dynamodb.TransactWriteItemsInput:
		for _, item := range p.TransactItems {
			if item.Put != nil {
				changed[keyOf(item.Put.Item)] = item.Put.Item
			}
			if item.Delete != nil {
				changed[keyOf(item.Delete.Key)] = nil
			}
		}
	case *dynamodb.BatchWriteItemInput:
		for _, list := range p.RequestItems {
			for _, r := range list {
				changed[keyOf(r.DeleteRequest.Key)] = nil
			}
		}
	case *dynamodb.DeleteItemInput:
		changed[keyOf(p.Key)] = nil
	case *dynamodb.BatchGetItemInput:
		s.behindGet(p, result.(*dynamodb.BatchGetItemOutput))
		return
	case *dynamodb.QueryInput:
		if !aws.ToBool(p.ConsistentRead) {
			s.behindQuery(p, result.(*dynamodb.QueryOutput))
		}
		return
	default:
		s.problem("the model knows no %T", params)
		return
	}
	s.stats["writes"]++
	sides := make(map[string]side)
	for _, u := range s.users {
		sides[u] = w.side(u)
	}
	before := w.past[w.seq]
	w.seq++
	for k, item := range changed {
		w.items[k] = append(w.items[k], version{w.seq, item})
	}
	after := w.facts()
	w.past = append(w.past, after)
	s.note("%-8s writes: %v", c.a.name, after)
	if c.o != nil {
		s.step(c.o, before, after)
	}
	for _, u := range s.users {
		s.whole(u, sides[u], w.side(u), after, c.o == nil)
	}
}

// moment is a time that a replica may be at.
func (s *schedule) moment() (seq int, behind bool) {
	if s.calm || s.shadow.seq == 0 || s.rng.Float64() >= s.odds.stale {
		return 0, false
	}
	s.stats["stale"]++
	return max(0, s.shadow.seq-s.rng.IntN(4)), true
}

func (s *schedule) behindGet(p *dynamodb.BatchGetItemInput, out *dynamodb.BatchGetItemOutput) {
	for table, keys := range p.RequestItems {
		seq, behind := s.moment()
		if !behind || aws.ToBool(keys.ConsistentRead) {
			continue
		}
		items := slices.DeleteFunc(out.Responses[table], func(item store.Item) bool { return s.shadow.items[keyOf(item)] != nil })
		for _, k := range keys.Keys {
			if item := s.shadow.at(keyOf(k), seq); item != nil {
				items = append(items, item)
			}
		}
		out.Responses[table] = items
	}
}

func (s *schedule) behindQuery(p *dynamodb.QueryInput, out *dynamodb.QueryOutput) {
	seq, behind := s.moment()
	if !behind {
		return
	}
	pk, prefix := text(p.ExpressionAttributeValues, ":pk"), text(p.ExpressionAttributeValues, ":sk")
	var keys []store.Key
	for k := range s.shadow.items {
		if k.PK == pk && strings.HasPrefix(k.SK, prefix) && k.SK > text(p.ExclusiveStartKey, "sk") && s.shadow.at(k, seq) != nil {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b store.Key) int { return strings.Compare(a.SK, b.SK) })
	out.Items, out.LastEvaluatedKey = nil, nil
	for _, k := range keys {
		if len(out.Items) == int(aws.ToInt32(p.Limit)) {
			last := out.Items[len(out.Items)-1]
			out.LastEvaluatedKey = store.Item{"pk": last["pk"], "sk": last["sk"]}
			return
		}
		out.Items = append(out.Items, s.shadow.at(k, seq))
	}
}

// A side is what one user has.
type side struct {
	book                     store.Item
	friends, requests, block map[string]store.Item
	log                      map[int64]store.Item
}

func (d side) rows() int {
	n := len(d.friends) + len(d.requests) + len(d.block) + len(d.log)
	if d.book != nil {
		n++
	}
	return n
}

func (w *shadow) side(user string) side {
	d := side{
		friends: make(map[string]store.Item), requests: make(map[string]store.Item), block: make(map[string]store.Item),
		log: make(map[int64]store.Item),
	}
	for k := range w.items {
		item := w.at(k, w.seq)
		if item == nil || k.PK != store.UserPK(w.app, user) {
			continue
		}
		if k == store.ListsKey(w.app, user) {
			d.book = item
		} else if peer, ok := store.ParseFriendSK(k.SK); ok {
			d.friends[peer] = item
		} else if peer, ok := store.ParseRequestSK(k.SK); ok {
			d.requests[peer] = item
		} else if peer, ok := store.ParseBlockSK(k.SK); ok {
			d.block[peer] = item
		} else if v, ok := store.ParseChangeSK(k.SK); ok {
			d.log[v] = item
		}
	}
	return d
}

func (w *shadow) facts() facts {
	f := make(facts)
	seen := make(map[string]bool)
	for k := range w.items {
		user := store.ParsePartition(k.PK).Rest
		if seen[user] {
			continue
		}
		seen[user] = true
		d := w.side(user)
		for peer, item := range d.friends {
			f["F "+user+" "+peer] = text(item, "r") + "|" + strings.Join(texts(item, "l"), ",")
		}
		for peer, item := range d.requests {
			f["R "+user+" "+peer] = text(item, "r") + "|" + text(item, "l")
		}
		for peer := range d.block {
			f["B "+user+" "+peer] = ""
		}
		if names := texts(d.book, "l"); len(names) > 0 {
			f["L "+user] = strings.Join(names, ",")
		}
	}
	return f
}

// whole checks that what a user has holds together after a write.
func (s *schedule) whole(user string, before, now side, f facts, forgotten bool) {
	if now.book == nil && forgotten {
		return
	}
	counts := []struct {
		name        string
		got, rows   int
		limit, gone int
	}{
		{"friends", int(number(now.book, "fc")), len(now.friends), s.limits.Friends, 0},
		{"requests", int(number(now.book, "rc")), len(now.requests), s.limits.Requests, 0},
		{"blocks", int(number(now.book, "bc")), len(now.block), s.limits.Blocked, 0},
	}
	for _, c := range counts {
		if c.got != c.rows || c.rows > c.limit {
			s.problem("%s counts %d %s, there are %d, the limit is %d", user, c.got, c.name, c.rows, c.limit)
		}
	}
	names := texts(now.book, "l")
	if len(names) > s.limits.Lists || len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		s.problem("%s has lists %v, the limit is %d", user, names, s.limits.Lists)
	}
	for peer := range now.block {
		for _, kind := range []string{"F", "R"} {
			if f.has(kind, user, peer) || f.has(kind, peer, user) {
				s.problem("%s blocks %s and there is %v", user, peer, f)
			}
		}
	}
	rev := number(now.book, "rv") - number(before.book, "rv")
	if same := equal(before.book, now.book); rev < 0 || rev > 1 || same != (rev == 0) {
		s.problem("the book of %s goes from %v to %v", user, before.book, now.book)
	}
	for _, c := range []struct {
		version     string
		before, now map[string]store.Item
	}{{"v", before.friends, now.friends}, {"qv", before.requests, now.requests}, {"bv", before.block, now.block}} {
		changed := differences(c.before, c.now)
		step := number(now.book, c.version) - number(before.book, c.version)
		// Many requests at once, or blocks, are as many versions; reading is one of
		// its own, which changes no request.
		wrong := step < 0 || step == 0 && len(changed) > 0 || step > 0 && len(changed) == 0
		if read := c.version == "qv" && step == 1 && len(changed) == 0; wrong && !read || c.version == "v" && step > 1 {
			s.problem("%s: version %s goes %d up, changed is %v", user, c.version, step, changed)
		}
		if c.version != "v" || step != 1 {
			continue
		}
		if logged := texts(now.log[number(now.book, "v")], "p"); !forgotten && !slices.Equal(slices.Sorted(slices.Values(logged)), changed) {
			s.problem("%s: version %d logs %v, changed is %v", user, number(now.book, "v"), logged, changed)
		}
	}
	for v := int64(1); v <= number(now.book, "v") && !forgotten; v++ {
		if now.log[v] == nil {
			s.problem("%s: no log of version %d", user, v)
		}
	}
	for peer, item := range now.friends {
		if v := number(item, "v"); v > number(now.book, "v") || !forgotten && !slices.Contains(texts(now.log[v], "p"), peer) {
			s.problem("%s: the entry of %s is of version %d, the table of %d", user, peer, v, number(now.book, "v"))
		}
	}
}

func differences(a, b map[string]store.Item) []string {
	var out []string
	for peer, item := range a {
		if !equal(item, b[peer]) {
			out = append(out, peer)
		}
	}
	for peer := range b {
		if a[peer] == nil {
			out = append(out, peer)
		}
	}
	slices.Sort(out)
	return out
}

func equal(a, b store.Item) bool {
	return maps.EqualFunc(a, b, func(x, y types.AttributeValue) bool {
		switch x := x.(type) {
		case *types.AttributeValueMemberS:
			y, ok := y.(*types.AttributeValueMemberS)
			return ok && x.Value == y.Value
		case *types.AttributeValueMemberN:
			y, ok := y.(*types.AttributeValueMemberN)
			return ok && x.Value == y.Value
		case *types.AttributeValueMemberL:
			return slices.Equal(values(x), values(y))
		}
		return false
	})
}

func values(v types.AttributeValue) []string {
	l, _ := v.(*types.AttributeValueMemberL)
	if l == nil {
		return nil
	}
	var out []string
	for _, v := range l.Value {
		if s, ok := v.(*types.AttributeValueMemberS); ok {
			out = append(out, s.Value)
		}
	}
	return out
}

func text(item store.Item, name string) string {
	if v, ok := item[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}

func texts(item store.Item, name string) []string { return values(item[name]) }

func number(item store.Item, name string) int64 {
	v, ok := item[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	n, _ := strconv.ParseInt(v.Value, 10, 64)
	return n
}
