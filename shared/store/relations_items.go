package store

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/relations"
)

// The items of relations, and how they are read: counters, friends, friend requests
// and blocks.

func countersItem(app int64, c relations.Counters) Item {
	item := RelationCountersKey(app, c.User).attributes()
	for name, n := range map[string]int64{
		"rv": c.Rev, "fc": int64(c.Friends), "bc": int64(c.Blocked), "rc": int64(c.Requests),
		"v": c.FriendVersion, "lv": c.ListVersion, "bv": c.BlockVersion, "qv": c.RequestVersion, "qr": c.RequestsRead, "qu": int64(c.Unread),
	} {
		if n != 0 {
			item[name] = num(n)
		}
	}
	if len(c.Lists) > 0 {
		item["l"] = texts(c.Lists)
	}
	return item
}

func readCounters(user string, item Item) relations.Counters {
	return relations.Counters{
		User: user, Rev: integer(item, "rv"), Friends: int(integer(item, "fc")), Blocked: int(integer(item, "bc")),
		Requests: int(integer(item, "rc")), FriendVersion: integer(item, "v"), ListVersion: integer(item, "lv"),
		BlockVersion: integer(item, "bv"), RequestVersion: integer(item, "qv"), RequestsRead: integer(item, "qr"), Unread: int(integer(item, "qu")),
		Lists: readTexts(item, "l"),
	}
}

func friendItem(app int64, owner string, f relations.Friend) Item {
	item := FriendKey(app, owner, f.Peer).attributes()
	item["v"], item["at"] = num(f.Version), num(f.Added)
	for name, text := range map[string]string{"r": f.Remark, "s": f.Source, "w": f.Wording} {
		if text != "" {
			item[name] = str(text)
		}
	}
	if f.Remarked > 0 {
		item["rt"] = num(f.Remarked)
	}
	if len(f.Lists) > 0 {
		item["l"] = texts(f.Lists)
	}
	if len(f.Custom) > 0 {
		custom := Item{}
		for word, v := range f.Custom {
			switch v := v.(type) {
			case int64:
				custom[word] = num(v)
			case string:
				custom[word] = str(v)
			}
		}
		item["c"] = &types.AttributeValueMemberM{Value: custom}
	}
	return item
}

func readFriend(item Item) (relations.Friend, bool) {
	peer, ok := ParseFriendSK(text(item, "sk"))
	f := relations.Friend{
		Peer: peer, Remark: text(item, "r"), Lists: readTexts(item, "l"), Source: text(item, "s"), Wording: text(item, "w"),
		Added: integer(item, "at"), Remarked: integer(item, "rt"), Version: integer(item, "v"),
	}
	if m, found := item["c"].(*types.AttributeValueMemberM); found {
		f.Custom = make(map[string]any, len(m.Value))
		for word, v := range m.Value {
			switch v.(type) {
			case *types.AttributeValueMemberN:
				f.Custom[word] = integer(m.Value, word)
			case *types.AttributeValueMemberS:
				f.Custom[word] = text(m.Value, word)
			}
		}
	}
	return f, ok
}

func requestItem(app int64, owner string, r relations.Request) Item {
	item := RequestKey(app, owner, r.From).attributes()
	item["t"] = num(r.Time)
	for name, text := range map[string]string{"w": r.Wording, "s": r.Source, "r": r.Remark, "l": r.List} {
		if text != "" {
			item[name] = str(text)
		}
	}
	return item
}

func readRequest(item Item) (relations.Request, bool) {
	from, ok := ParseRequestSK(text(item, "sk"))
	return relations.Request{
		From: from, Wording: text(item, "w"), Source: text(item, "s"), Remark: text(item, "r"), List: text(item, "l"),
		Time: integer(item, "t"),
	}, ok
}

func blockItem(app int64, owner string, b relations.Block) Item {
	item := BlockKey(app, owner, b.Peer).attributes()
	item["t"] = num(b.Time)
	return item
}

func readBlock(item Item) (relations.Block, bool) {
	peer, ok := ParseBlockSK(text(item, "sk"))
	return relations.Block{Peer: peer, Time: integer(item, "t")}, ok
}
