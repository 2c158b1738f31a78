package relations_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parley/infra/testkit"
	"parley/shared/domain/accounts"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	"parley/shared/fault"
	"parley/shared/store/schema"
)

// A call is one run of a function of the service.
type call struct {
	actor   *actor
	op      *operation // nil: the oracle has no rule for the call
	stopped bool       // its process was stopped; all further requests fail
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// invoke runs f as a call of an actor. The call can be stopped at any request to
// DynamoDB, and its answer can be lost.
func (s *schedule) invoke(ctx context.Context, a *actor, o *operation, name string, f func(context.Context) error) error {
	a.pause()
	s.note("%-8s %s", a.name, name)
	c := &call{actor: a, op: o}
	err := f(context.WithValue(ctx, callKey{}, c))
	if c.stopped {
		err = errStopped
	}
	if err == nil && !s.faultless && s.rng.Float64() < s.chances.fail {
		err = errFailed // the answer is lost
	}
	if err != nil && fault.Of(err).Code.Ours() && !errors.Is(err, errStopped) && !errors.Is(err, errFailed) {
		s.problem("%s: %v", name, err)
	}
	s.note("%-8s %s: %v", a.name, name, err)
	return err
}

// requestStep sends one request to DynamoDB. Before and after it, another actor can
// run, the process of the call can be stopped, and the request can fail.
func requestStep(ctx context.Context, in any, next dynamo.Call) (any, error) {
	c := callOf(ctx)
	if c == nil {
		return next(ctx, in)
	}
	s := c.actor.schedule
	if c.stopped {
		return nil, errStopped
	}
	if s.rng.Float64() > s.chances.proceed {
		c.actor.pause()
	}
	interrupt := func(when string) error {
		switch r := s.rng.Float64(); {
		case s.faultless:
		case r < s.chances.stop:
			c.stopped = true
			s.stats["stopped "+when]++
			s.note("%-8s stopped %s %T", c.actor.name, when, in)
			return errStopped
		case r < s.chances.stop+s.chances.fail:
			s.stats["failed "+when]++
			s.note("%-8s failed %s %T", c.actor.name, when, in)
			return errFailed
		}
		return nil
	}
	if err := interrupt("before"); err != nil {
		return nil, err
	}
	out, err := next(ctx, in)
	if err == nil {
		s.observe(c, in, out)
	}
	if err := interrupt("after"); err != nil {
		return nil, err
	}
	return out, err
}

// createAccount stores the account of a user.
func createAccount(ctx context.Context, app int64, user string, allow accounts.FriendRequestPolicy) error {
	k, table := schema.AccountKey(app, user), server.Tables.Core
	_, err := testkit.Past[calls.PutItemOutput](ctx, server, &calls.PutItemInput{TableName: &table, Item: dynamo.Item{
		"pk": &calls.Text{Value: k.PK}, "sk": &calls.Text{Value: k.SK},
		"ct": &calls.Number{Value: "1"}, "al": &calls.Text{Value: string(allow)},
	}})
	return err
}

// A recording holds all that was written, with the earlier versions of each item: an
// eventually consistent read can still return them. Writes are numbered 1, 2, 3, ...
type recording struct {
	app    int64
	writes int // the number of the last write
	items  map[schema.Key][]version
	facts  []facts // what was stored after each write; facts[0] is empty
}

type version struct {
	write int
	item  dynamo.Item // nil: the write removed the item
}

func newRecording(app int64) recording {
	return recording{app: app, items: make(map[schema.Key][]version), facts: []facts{{}}}
}

// itemAfter returns an item as it was after a write.
func (r *recording) itemAfter(write int, k schema.Key) dynamo.Item {
	var item dynamo.Item
	for _, v := range r.items[k] {
		if v.write <= write {
			item = v.item
		}
	}
	return item
}

func keyOf(item dynamo.Item) schema.Key {
	return schema.Key{PK: text(item, "pk"), SK: text(item, "sk")}
}

// observe records a write and checks it, or changes the answer of an eventually
// consistent read to an earlier state.
func (s *schedule) observe(c *call, params, result any) {
	r := &s.recording
	changed := make(map[schema.Key]dynamo.Item)
	switch p := params.(type) {
	case *calls.TransactWriteItemsInput:
		for _, item := range p.TransactItems {
			if item.Put != nil {
				changed[keyOf(item.Put.Item)] = item.Put.Item
			}
			if item.Delete != nil {
				changed[keyOf(item.Delete.Key)] = nil
			}
		}
	case *calls.BatchWriteItemInput:
		for _, requests := range p.RequestItems {
			for _, request := range requests {
				changed[keyOf(request.DeleteRequest.Key)] = nil
			}
		}
	case *calls.DeleteItemInput:
		changed[keyOf(p.Key)] = nil
	case *calls.BatchGetItemInput:
		s.makeGetStale(p, result.(*calls.BatchGetItemOutput))
		return
	case *calls.QueryInput:
		if !aws.ToBool(p.ConsistentRead) {
			s.makeQueryStale(p, result.(*calls.QueryOutput))
		}
		return
	default:
		s.problem("the model knows no %T", params)
		return
	}
	s.stats["writes"]++
	itemsBefore := make(map[string]userItems)
	for _, u := range s.users {
		itemsBefore[u] = r.itemsOf(u)
	}
	before := r.facts[r.writes]
	r.writes++
	for k, item := range changed {
		r.items[k] = append(r.items[k], version{r.writes, item})
	}
	after := r.currentFacts()
	r.facts = append(r.facts, after)
	s.note("%-8s writes: %v", c.actor.name, after)
	if c.op != nil {
		s.checkWrite(c.op, before, after)
	}
	for _, u := range s.users {
		s.checkConsistent(u, itemsBefore[u], r.itemsOf(u), after, c.op == nil)
	}
}

// staleMoment decides whether a read comes from a replica that is behind, and which
// write that replica has received last.
func (s *schedule) staleMoment() (write int, stale bool) {
	if s.faultless || s.recording.writes == 0 || s.rng.Float64() >= s.chances.stale {
		return 0, false
	}
	s.stats["stale"]++
	return max(0, s.recording.writes-s.rng.IntN(4)), true
}

func (s *schedule) makeGetStale(p *calls.BatchGetItemInput, out *calls.BatchGetItemOutput) {
	for table, keys := range p.RequestItems {
		write, stale := s.staleMoment()
		if !stale || aws.ToBool(keys.ConsistentRead) {
			continue
		}
		items := slices.DeleteFunc(out.Responses[table], func(item calls.Attributes) bool { return s.recording.items[keyOf(item)] != nil })
		for _, k := range keys.Keys {
			if item := s.recording.itemAfter(write, keyOf(k)); item != nil {
				items = append(items, item)
			}
		}
		out.Responses[table] = items
	}
}

func (s *schedule) makeQueryStale(p *calls.QueryInput, out *calls.QueryOutput) {
	write, stale := s.staleMoment()
	if !stale {
		return
	}
	pk, prefix := text(p.ExpressionAttributeValues, ":pk"), text(p.ExpressionAttributeValues, ":sk")
	var keys []schema.Key
	for k := range s.recording.items {
		if k.PK == pk && strings.HasPrefix(k.SK, prefix) && k.SK > text(p.ExclusiveStartKey, "sk") && s.recording.itemAfter(write, k) != nil {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b schema.Key) int { return strings.Compare(a.SK, b.SK) })
	out.Items, out.LastEvaluatedKey = nil, nil
	for _, k := range keys {
		if len(out.Items) == int(aws.ToInt32(p.Limit)) {
			last := out.Items[len(out.Items)-1]
			out.LastEvaluatedKey = dynamo.Item{"pk": last["pk"], "sk": last["sk"]}
			return
		}
		out.Items = append(out.Items, s.recording.itemAfter(write, k))
	}
}

// The userItems are the stored items of one user.
type userItems struct {
	counters                  dynamo.Item
	friends, requests, blocks map[string]dynamo.Item // by peer
	log                       map[int64]dynamo.Item  // by version
}

func (d userItems) count() int {
	n := len(d.friends) + len(d.requests) + len(d.blocks) + len(d.log)
	if d.counters != nil {
		n++
	}
	return n
}

func (r *recording) itemsOf(user string) userItems {
	d := userItems{
		friends: make(map[string]dynamo.Item), requests: make(map[string]dynamo.Item), blocks: make(map[string]dynamo.Item),
		log: make(map[int64]dynamo.Item),
	}
	for k := range r.items {
		item := r.itemAfter(r.writes, k)
		if item == nil || k.PK != schema.RelationsPK(r.app, user) {
			continue
		}
		if k == schema.RelationCountersKey(r.app, user) {
			d.counters = item
		} else if peer, ok := schema.ParseFriendSK(k.SK); ok {
			d.friends[peer] = item
		} else if peer, ok := schema.ParseRequestSK(k.SK); ok {
			d.requests[peer] = item
		} else if peer, ok := schema.ParseBlockSK(k.SK); ok {
			d.blocks[peer] = item
		} else if v, ok := schema.ParseChangeSK(k.SK); ok {
			d.log[v] = item
		}
	}
	return d
}

// currentFacts returns what is stored now, in the words of the oracle.
func (r *recording) currentFacts() facts {
	f := make(facts)
	seen := make(map[string]bool)
	for k := range r.items {
		user := schema.New().ParsePartition(k.PK).ID
		if seen[user] {
			continue
		}
		seen[user] = true
		d := r.itemsOf(user)
		for peer, item := range d.friends {
			f["F "+user+" "+peer] = text(item, "r") + "|" + strings.Join(texts(item, "l"), ",")
		}
		for peer, item := range d.requests {
			f["R "+user+" "+peer] = text(item, "r") + "|" + text(item, "l")
		}
		for peer := range d.blocks {
			f["B "+user+" "+peer] = ""
		}
		if names := texts(d.counters, "l"); len(names) > 0 {
			f["L "+user] = strings.Join(names, ",")
		}
	}
	return f
}

// checkConsistent checks that the items of a user agree after a write: counts are
// the numbers of entries and within the limits, a blocked user is neither friend nor
// asker, a version grows if and only if its entries change, and the log says which
// did.
func (s *schedule) checkConsistent(user string, before, now userItems, f facts, forgotten bool) {
	if now.counters == nil && forgotten {
		return
	}
	for _, c := range []struct {
		name                   string
		counted, stored, limit int
	}{
		{"friends", int(number(now.counters, "fc")), len(now.friends), s.limits.Friends},
		{"requests", int(number(now.counters, "rc")), len(now.requests), s.limits.Requests},
		{"blocks", int(number(now.counters, "bc")), len(now.blocks), s.limits.Blocked},
	} {
		if c.counted != c.stored || c.stored > c.limit {
			s.problem("%s counts %d %s, there are %d, the limit is %d", user, c.counted, c.name, c.stored, c.limit)
		}
	}
	names := texts(now.counters, "l")
	if len(names) > s.limits.Lists || len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		s.problem("%s has lists %v, the limit is %d", user, names, s.limits.Lists)
	}
	for peer := range now.blocks {
		for _, kind := range []string{"F", "R"} {
			if f.has(kind, user, peer) || f.has(kind, peer, user) {
				s.problem("%s blocks %s and there is %v", user, peer, f)
			}
		}
	}
	rev := number(now.counters, "rv") - number(before.counters, "rv")
	if same := equal(before.counters, now.counters); rev < 0 || rev > 1 || same != (rev == 0) {
		s.problem("the counters of %s go from %v to %v", user, before.counters, now.counters)
	}
	for _, c := range []struct {
		version     string
		before, now map[string]dynamo.Item
	}{{"v", before.friends, now.friends}, {"qv", before.requests, now.requests}, {"bv", before.blocks, now.blocks}} {
		changed := differences(c.before, c.now)
		step := number(now.counters, c.version) - number(before.counters, c.version)
		// Each request and each block of a write has a version of its own. To read
		// requests makes a version and changes no request.
		wrong := step < 0 || step == 0 && len(changed) > 0 || step > 0 && len(changed) == 0
		if read := c.version == "qv" && step == 1 && len(changed) == 0; wrong && !read || c.version == "v" && step > 1 {
			s.problem("%s: version %s goes %d up, changed is %v", user, c.version, step, changed)
		}
		if c.version != "v" || step != 1 {
			continue
		}
		if logged := texts(now.log[number(now.counters, "v")], "p"); !forgotten && !slices.Equal(slices.Sorted(slices.Values(logged)), changed) {
			s.problem("%s: version %d logs %v, changed is %v", user, number(now.counters, "v"), logged, changed)
		}
	}
	for v := int64(1); v <= number(now.counters, "v") && !forgotten; v++ {
		if now.log[v] == nil {
			s.problem("%s: no log of version %d", user, v)
		}
	}
	for peer, item := range now.friends {
		if v := number(item, "v"); v > number(now.counters, "v") || !forgotten && !slices.Contains(texts(now.log[v], "p"), peer) {
			s.problem("%s: the entry of %s is of version %d, the table of %d", user, peer, v, number(now.counters, "v"))
		}
	}
}

// differences returns the peers whose items are not equal in a and b.
func differences(a, b map[string]dynamo.Item) []string {
	var peers []string
	for peer, item := range a {
		if !equal(item, b[peer]) {
			peers = append(peers, peer)
		}
	}
	for peer := range b {
		if a[peer] == nil {
			peers = append(peers, peer)
		}
	}
	slices.Sort(peers)
	return peers
}

func equal(a, b dynamo.Item) bool {
	return maps.EqualFunc(a, b, func(x, y calls.Value) bool {
		switch x := x.(type) {
		case *calls.Text:
			y, ok := y.(*calls.Text)
			return ok && x.Value == y.Value
		case *calls.Number:
			y, ok := y.(*calls.Number)
			return ok && x.Value == y.Value
		case *calls.List:
			return slices.Equal(values(x), values(y))
		}
		return false
	})
}

func values(v calls.Value) []string {
	l, _ := v.(*calls.List)
	if l == nil {
		return nil
	}
	var texts []string
	for _, v := range l.Value {
		if s, ok := v.(*calls.Text); ok {
			texts = append(texts, s.Value)
		}
	}
	return texts
}

func text(item dynamo.Item, name string) string {
	if v, ok := item[name].(*calls.Text); ok {
		return v.Value
	}
	return ""
}

func texts(item dynamo.Item, name string) []string { return values(item[name]) }

func number(item dynamo.Item, name string) int64 {
	v, ok := item[name].(*calls.Number)
	if !ok {
		return 0
	}
	n, _ := strconv.ParseInt(v.Value, 10, 64)
	return n
}
