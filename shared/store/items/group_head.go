package items

import (
	"parley/shared/domain/groups"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

// GroupHead reads the head of a group. It returns nil if there is no item.
func GroupHead(group string, item dynamo.Item) *groups.Head {
	if item == nil {
		return nil
	}
	return &groups.Head{
		Group: group, Number: item.Int(schema.GroupHeadNumber), Counted: item.Int(schema.GroupHeadCounted), LastTime: item.Int(schema.GroupHeadLastTime),
		Shown: item.Int(schema.GroupHeadShown), ShownMs: item.Int(schema.GroupHeadTime), ShownRandom: uint32(item.Int(schema.GroupHeadRandom)),
		Sender: item.Text(schema.GroupHeadSender), NameCard: item.Text(schema.GroupHeadNameCard), Preview: item.Text(schema.GroupHeadPreview), OperationMs: item.Int(schema.GroupHeadOperation),
		Excluded: item.IntSet(schema.GroupHeadExcluded), MentionedAll: item.Int(schema.GroupHeadMentioned),
		Second: item.Int(schema.GroupHeadSecond), InSecond: item.Int(schema.GroupHeadInSecond),
		Cleared: item.Int(schema.GroupHeadCleared), AllRead: item.Int(schema.GroupHeadAllRead),
		Type: groups.Type(item.Text(schema.GroupHeadType)), Members: int(item.Int(schema.GroupHeadMembers)),
		MuteAll: item.Has(schema.GroupHeadMuteAll), Inactive: item.Has(schema.GroupHeadInactive), HistoryBeforeJoin: item.Has(schema.GroupHeadHistory),
		Version: item.Int(schema.GroupHeadVersion), Destroyed: item.Has(schema.GroupHeadDestroyed),
		Delivered: item.Int(schema.GroupHeadDelivered), DeliveryMs: item.Int(schema.GroupHeadDelivery),
	}
}
