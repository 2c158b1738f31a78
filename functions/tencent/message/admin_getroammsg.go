package message

import (
	"cmp"
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type roamRequest struct {
	Operator string `json:"Operator_Account" id:"user" bad:"90008"` // required: the user whose view is read
	Peer     string `json:"Peer_Account" id:"user" bad:"90003"`     // required
	From     string `json:"From_Account" id:"user" bad:"90008"`     // the name of Operator_Account until 2022
	To       string `json:"To_Account" id:"user" bad:"90003"`       // the name of Peer_Account until 2022
	Max      *int   `json:"MaxCnt" need:"90001"`                    // a page has at most 100
	MinTime  *int64 `json:"MinTime" need:"90001"`                   // Unix seconds, included
	MaxTime  *int64 `json:"MaxTime" need:"90001"`                   // Unix seconds, included; for the next page LastMsgTime of the answer before
	LastKey  string `json:"LastMsgKey" bad:"90001"`                 // for the next page LastMsgKey of the answer before
}

type roamResponse struct {
	Complete int           `json:"Complete"` // 1 if the range has no further messages
	Count    int           `json:"MsgCnt"`
	LastTime int64         `json:"LastMsgTime"`
	LastKey  string        `json:"LastMsgKey"`
	List     []roamMessage `json:"MsgList"`
}

type roamMessage struct {
	From   string       `json:"From_Account"`
	To     string       `json:"To_Account"`
	Seq    uint32       `json:"MsgSeq"`
	Random uint32       `json:"MsgRandom"`
	Time   int64        `json:"MsgTimeStamp"` // Unix seconds
	Flags  int          `json:"MsgFlagBits"`  // 8 if the message is recalled, else 0
	Read   int          `json:"IsPeerRead"`   // 1 if the receiver sent a read receipt
	Key    string       `json:"MsgKey"`
	Body   []v4.Element `json:"MsgBody"`
	Custom string       `json:"CloudCustomData,omitempty"`
}

// maxRoamMessages is how many messages a page has at most. The vendor names no maximum
// of MaxCnt (docs/spec/tencent §15).
const maxRoamMessages = timeline.MaxPage

// adminGetRoamMsg returns the messages of a one-to-one conversation in a time range, as
// one of the two users sees them. The pages go from new to old, and the messages of a
// page are in ascending order. A page ends at MaxCnt messages (at most 100) or at 13 KB.
// Both ends of the range are required and included; 0 is a time like any other.
func adminGetRoamMsg(ctx context.Context, c *op.Call, in roamRequest) (roamResponse, error) {
	q, err := in.query()
	if err != nil {
		return roamResponse{}, err
	}
	out := roamResponse{Complete: 1, List: []roamMessage{}}
	if q.MaxSec == 0 {
		return out, nil // no message is as old as 1970
	}
	q.Accept = v4.SizeLimit(maxRoamBytes, toRoam)
	h, err := c.Timeline.History(ctx, q)
	if err != nil {
		return roamResponse{}, err
	}
	for _, m := range h.Messages {
		out.List = append(out.List, toRoam(m))
	}
	out.Count = len(out.List)
	if out.Count > 0 {
		out.LastTime, out.LastKey = out.List[0].Time, out.List[0].Key
	}
	if !h.Complete {
		out.Complete = 0
		if h.Next != nil {
			out.LastTime, out.LastKey = h.Next.Time, h.Next.String()
		}
	}
	return out, nil
}

func (in roamRequest) query() (timeline.HistoryRange, error) {
	user, peer := cmp.Or(in.Operator, in.From), cmp.Or(in.Peer, in.To)
	q := timeline.HistoryRange{User: user, Chat: chat.Between(user, peer)}
	switch {
	case user == "":
		return q, v4.Refuse(badFrom, "Operator_Account is missing or empty")
	case peer == "":
		return q, v4.Refuse(badTo, "Peer_Account is missing or empty")
	case *in.Max < 1:
		return q, v4.Refuse(badJSON, "MaxCnt is 1 to %d", maxRoamMessages)
	case *in.MinTime < 0 || *in.MaxTime < *in.MinTime || *in.MaxTime >= 1<<32:
		return q, v4.Refuse(badJSON, "MinTime and MaxTime are Unix seconds, the lesser first")
	}
	q.Limit, q.MinSec, q.MaxSec = min(*in.Max, maxRoamMessages), *in.MinTime, *in.MaxTime
	if in.LastKey != "" {
		key, err := timeline.ParseKey(in.LastKey)
		if err != nil {
			return q, v4.Refuse(badJSON, "LastMsgKey is not one that an answer gave")
		}
		q.Before = &key
	}
	return q, nil
}

func toRoam(m timeline.Message) roamMessage {
	w := v4.FromMessage(m)
	return roamMessage{
		From: w.From, To: w.To, Seq: w.Seq, Random: w.Random, Time: w.Time, Key: w.Key, Body: w.Body, Custom: w.Custom,
		Flags: w.Flags, Read: w.PeerRead,
	}
}
