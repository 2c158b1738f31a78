package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groupchat"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type groupMsgGetSimpleRequest struct {
	target
	Count    int   `json:"ReqMsgNumber" need:"10004"` // a page has at most 20
	Seq      int64 `json:"ReqMsgSeq" bad:"10004"`     // the largest number that is wanted; 0: the newest
	Recalled int   `json:"WithRecalledMsg" bad:"10004"`
}

type groupMsgGetSimpleResponse struct {
	Group    string         `json:"GroupId"`
	Finished int            `json:"IsFinished"` // 1: all that was asked for, 0: it was too much, 2: older messages have expired
	List     []groupMessage `json:"RspMsgList"`
}

type groupMessage struct {
	From     string       `json:"From_Account"`
	Place    int          `json:"IsPlaceMsg"`            // 0 a message, 1 expired or deleted, 2 recalled
	System   int          `json:"IsSystemMsg,omitempty"` // 1: nobody wrote it: Tip tells what has changed in the group
	Body     []v4.Element `json:"MsgBody"`
	Custom   string       `json:"CloudCustomData,omitempty"`
	Priority int          `json:"MsgPriority"` // 1 High, 2 Normal, 3 Low
	Random   uint32       `json:"MsgRandom"`
	Seq      int64        `json:"MsgSeq"`
	Time     int64        `json:"MsgTimeStamp"` // Unix seconds
	Tip      *v4.Tip      `json:"Tip,omitempty"`
}

// The values of IsFinished and IsPlaceMsg.
const (
	rangeCut, rangeComplete, rangeExpired = 0, 1, 2
	placeGone, placeRecalled              = 1, 2
)

// groupMsgGetSimple returns messages of a group, the newest first: those with the ReqMsgNumber numbers
// up to ReqMsgSeq, at most 20. A deleted message comes without content, and so does a recalled one if
// WithRecalledMsg is 1; otherwise it is left out. For the next page ReqMsgSeq is the smallest number
// of this page, less 1. Of a group whose history was cleared, the cleared messages count as expired.
func groupMsgGetSimple(ctx context.Context, c *op.Call, in groupMsgGetSimpleRequest) (groupMsgGetSimpleResponse, error) {
	if in.Count < 1 || in.Seq < 0 {
		return groupMsgGetSimpleResponse{}, v4.Refuse(badParameter, "ReqMsgNumber is 1 or more, ReqMsgSeq 0 or more")
	}
	withRecalled, err := v4.Flag("WithRecalledMsg", in.Recalled)
	if err != nil {
		return groupMsgGetSimpleResponse{}, err
	}
	r, err := c.GroupChat.Numbers(ctx, in.Group, in.Seq, in.Count)
	if err != nil {
		return groupMsgGetSimpleResponse{}, err
	}
	out := groupMsgGetSimpleResponse{Group: in.Group, Finished: rangeComplete, List: groupMessages(r, withRecalled)}
	switch {
	case r.Expired:
		out.Finished = rangeExpired
	case r.Cut:
		out.Finished = rangeCut
	}
	return out, nil
}

// groupMessages returns the wire form of a range. A number without a message had one that expired.
func groupMessages(r groupchat.Range, withRecalled bool) []groupMessage {
	list := []groupMessage{}
	stored := r.Messages
	for n := r.Last; n >= r.First; n-- {
		if len(stored) == 0 || stored[0].Offset != n {
			list = append(list, groupMessage{Place: placeGone, Body: []v4.Element{}, Priority: int(timeline.Normal), Seq: n})
			continue
		}
		if m := stored[0]; withRecalled || !m.Recalled {
			list = append(list, fromMessage(m))
		}
		stored = stored[1:]
	}
	return list
}

// fromMessage returns the wire form of a stored message.
func fromMessage(m timeline.Message) groupMessage {
	w := v4.FromGroupMessage(m)
	out := groupMessage{
		From: w.From, System: w.System, Body: w.Body, Custom: w.Custom, Priority: int(m.Priority), Random: w.Random, Seq: w.Seq, Time: w.Time, Tip: w.Tip,
	}
	if m.Priority == 0 {
		out.Priority = int(timeline.Normal)
	}
	switch {
	case m.Recalled:
		out.Place = placeRecalled
	case m.Deleted:
		out.Place = placeGone
	}
	return out
}
