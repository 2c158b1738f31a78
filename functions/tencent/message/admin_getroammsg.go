package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/messages"
	"parley/shared/op"
)

type roamRequest struct {
	Operator string `json:"Operator_Account" id:"user" bad:"90008"`
	Peer     string `json:"Peer_Account" id:"user" bad:"90003"`
	From     string `json:"From_Account" id:"user" bad:"90008"` // the two names until 2022
	To       string `json:"To_Account" id:"user" bad:"90003"`
	Max      *int   `json:"MaxCnt" need:"90001"`
	MinTime  *int64 `json:"MinTime" need:"90001"`
	MaxTime  *int64 `json:"MaxTime" need:"90001"`
	LastKey  string `json:"LastMsgKey" bad:"90001"`
}

type roamResponse struct {
	Complete int           `json:"Complete"`
	Count    int           `json:"MsgCnt"`
	LastTime int64         `json:"LastMsgTime"`
	LastKey  string        `json:"LastMsgKey"`
	List     []roamMessage `json:"MsgList"`
}

type roamMessage struct {
	From   string             `json:"From_Account"`
	To     string             `json:"To_Account"`
	Seq    uint32             `json:"MsgSeq"`
	Random uint32             `json:"MsgRandom"`
	Time   int64              `json:"MsgTimeStamp"`
	Flags  int                `json:"MsgFlagBits"`
	Read   int                `json:"IsPeerRead"`
	Key    string             `json:"MsgKey"`
	Body   []messages.Element `json:"MsgBody"`
	Custom string             `json:"CloudCustomData,omitempty"`
}

// maxRoam bounds MaxCnt, for which the reference has no number (unsure).
const maxRoam = messages.MaxPage

// adminGetRoamMsg reads the history of a one-to-one conversation in a range of
// time as one side sees it, from new to old in pages of ascending order. A page
// ends at MaxCnt messages (at most 100) or 13 KB. Both bounds are required and
// inclusive; 0 is a time as any other.
func adminGetRoamMsg(ctx context.Context, c *op.Call, in roamRequest) (roamResponse, error) {
	q, err := in.query()
	if err != nil {
		return roamResponse{}, err
	}
	out := roamResponse{Complete: 1, List: []roamMessage{}}
	if q.MaxSec == 0 {
		return out, nil // both bounds count: nothing is as old
	}
	q.Accept = v4.Within(maxRoamBytes, toRoam)
	h, err := c.Messages.History(ctx, q)
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

func (in roamRequest) query() (messages.Range, error) {
	q := messages.Range{User: in.Operator, Peer: in.Peer}
	if q.User == "" {
		q.User = in.From
	}
	if q.Peer == "" {
		q.Peer = in.To
	}
	switch {
	case q.User == "":
		return q, v4.Refuse(badFrom, "Operator_Account is missing or empty")
	case q.Peer == "":
		return q, v4.Refuse(badTo, "Peer_Account is missing or empty")
	case *in.Max < 1:
		return q, v4.Refuse(badJSON, "MaxCnt is 1 to %d", maxRoam)
	case *in.MinTime < 0 || *in.MaxTime < *in.MinTime || *in.MaxTime >= 1<<32:
		return q, v4.Refuse(badJSON, "MinTime and MaxTime are Unix seconds, the lesser first")
	}
	q.Limit, q.MinSec, q.MaxSec = min(*in.Max, maxRoam), *in.MinTime, *in.MaxTime
	if in.LastKey != "" {
		key, err := messages.ParseKey(in.LastKey)
		if err != nil {
			return q, v4.Refuse(badJSON, "LastMsgKey is not one that an answer gave")
		}
		q.Before = &key
	}
	return q, nil
}

func toRoam(m messages.Message) roamMessage {
	w := v4.FromMessage(m)
	return roamMessage{
		From: w.From, To: w.To, Seq: w.Seq, Random: w.Random, Time: w.Time, Key: w.Key, Body: w.Body, Custom: w.Custom,
		Flags: w.Flags, Read: w.PeerRead,
	}
}
