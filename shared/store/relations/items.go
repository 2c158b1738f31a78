package relations

import (
	domain "parley/shared/domain/relations"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

// The items of relations, and how they are read: counters, friends, friend requests
// and blocks.

func countersItem(app int64, c domain.Counters) dynamo.Item {
	item := dynamo.NewItem(schema.RelationCountersKey(app, c.User))
	item.SetInt(schema.CountersRevision, c.Rev)
	item.SetInt(schema.CountersFriends, int64(c.Friends))
	item.SetInt(schema.CountersBlocked, int64(c.Blocked))
	item.SetInt(schema.CountersRequests, int64(c.Requests))
	item.SetInt(schema.CountersUnread, int64(c.Unread))
	item.SetInt(schema.CountersFriendVersion, c.FriendVersion)
	item.SetInt(schema.CountersListVersion, c.ListVersion)
	item.SetInt(schema.CountersBlockVersion, c.BlockVersion)
	item.SetInt(schema.CountersRequestVersion, c.RequestVersion)
	item.SetInt(schema.CountersRequestsRead, c.RequestsRead)
	if len(c.Lists) > 0 {
		item.Set(schema.CountersLists, dynamo.Texts(c.Lists))
	}
	return item
}

func counters(user string, item dynamo.Item) domain.Counters {
	return domain.Counters{
		User: user, Rev: item.Int(schema.CountersRevision), Friends: int(item.Int(schema.CountersFriends)),
		Blocked: int(item.Int(schema.CountersBlocked)), Requests: int(item.Int(schema.CountersRequests)), Unread: int(item.Int(schema.CountersUnread)),
		FriendVersion: item.Int(schema.CountersFriendVersion), ListVersion: item.Int(schema.CountersListVersion),
		BlockVersion: item.Int(schema.CountersBlockVersion), RequestVersion: item.Int(schema.CountersRequestVersion),
		RequestsRead: item.Int(schema.CountersRequestsRead), Lists: item.Texts(schema.CountersLists),
	}
}

func friendItem(app int64, owner string, f domain.Friend) dynamo.Item {
	item := dynamo.NewItem(schema.FriendKey(app, owner, f.Peer))
	item.Set(schema.FriendVersion, dynamo.Num(f.Version))
	item.Set(schema.FriendAdded, dynamo.Num(f.AddedAt))
	item.SetText(schema.FriendRemark, f.Remark)
	item.SetText(schema.FriendSource, f.Source)
	item.SetText(schema.FriendWording, f.Wording)
	item.SetInt(schema.FriendRemarked, f.RemarkedAt)
	if len(f.Lists) > 0 {
		item.Set(schema.FriendLists, dynamo.Texts(f.Lists))
	}
	if len(f.Custom) > 0 {
		custom := dynamo.Item{}
		for word, v := range f.Custom {
			switch v := v.(type) {
			case int64:
				custom[word] = dynamo.Num(v)
			case string:
				custom[word] = dynamo.Str(v)
			}
		}
		item.Set(schema.FriendCustom, dynamo.Map(custom))
	}
	return item
}

func friend(item dynamo.Item) (domain.Friend, bool) {
	peer, ok := schema.ParseFriendSK(item.SK())
	f := domain.Friend{
		Peer: peer, Remark: item.Text(schema.FriendRemark), Lists: item.Texts(schema.FriendLists), Source: item.Text(schema.FriendSource),
		Wording: item.Text(schema.FriendWording), AddedAt: item.Int(schema.FriendAdded), RemarkedAt: item.Int(schema.FriendRemarked),
		Version: item.Int(schema.FriendVersion),
	}
	if custom := item.Map(schema.FriendCustom); custom != nil {
		f.Custom = make(map[string]any, len(custom))
		for word := range custom {
			if name := dynamo.Attribute(word); custom.HasText(name) {
				f.Custom[word] = custom.Text(name)
			} else if custom.HasNumber(name) {
				f.Custom[word] = custom.Int(name)
			}
		}
	}
	return f, ok
}

func requestItem(app int64, owner string, r domain.Request) dynamo.Item {
	item := dynamo.NewItem(schema.RequestKey(app, owner, r.From))
	item.Set(schema.RequestTime, dynamo.Num(r.Time))
	item.SetText(schema.RequestWording, r.Wording)
	item.SetText(schema.RequestSource, r.Source)
	item.SetText(schema.RequestRemark, r.Remark)
	item.SetText(schema.RequestList, r.List)
	return item
}

func request(item dynamo.Item) (domain.Request, bool) {
	from, ok := schema.ParseRequestSK(item.SK())
	return domain.Request{
		From: from, Wording: item.Text(schema.RequestWording), Source: item.Text(schema.RequestSource), Remark: item.Text(schema.RequestRemark),
		List: item.Text(schema.RequestList), Time: item.Int(schema.RequestTime),
	}, ok
}

func blockItem(app int64, owner string, b domain.Block) dynamo.Item {
	item := dynamo.NewItem(schema.BlockKey(app, owner, b.Peer))
	item.Set(schema.BlockTime, dynamo.Num(b.Time))
	return item
}

func block(item dynamo.Item) (domain.Block, bool) {
	peer, ok := schema.ParseBlockSK(item.SK())
	return domain.Block{Peer: peer, Time: item.Int(schema.BlockTime)}, ok
}
