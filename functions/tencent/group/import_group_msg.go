package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
	"parley/shared/domain/groupchat"
	"parley/shared/fault"
	"parley/shared/op"
)

type importGroupMsgRequest struct {
	target
	Messages []importedMessage `json:"MsgList" need:"10004" max:"20"`
	Recent   int               `json:"RecentContactFlag" bad:"10004"` // 1: the newest message is shown in the lists of conversations
}

type importedMessage struct {
	From   string       `json:"From_Account" bad:"10004"` // need not be a member, nor an account
	Time   *uint32      `json:"SendTime" bad:"10004"`     // Unix seconds
	Random uint32       `json:"Random" bad:"10004"`
	Body   []v4.Element `json:"MsgBody" max:"-" bad:"10004"`
}

type importGroupMsgResponse struct {
	Results []importResult `json:"ImportMsgResult"`
}

type importResult struct {
	Seq    int64 `json:"MsgSeq"`
	Time   int64 `json:"MsgTime"`
	Result int   `json:"Result"` // 0 imported, 10004 a wrong time, 80002 too long
}

// importGroupMsg stores up to 20 past messages of a group under the next numbers. Each must not be older
// than the message before it, nor than the group, and not be of the future; the others have the
// Result 10004. A message over 12 KB has the Result 80002. All messages of the group count as read
// after that. Nobody is notified.
func importGroupMsg(ctx context.Context, c *op.Call, in importGroupMsgRequest) (importGroupMsgResponse, error) {
	shown, err := v4.Flag("RecentContactFlag", in.Recent)
	if err != nil {
		return importGroupMsgResponse{}, err
	}
	out := importGroupMsgResponse{Results: make([]importResult, len(in.Messages))}
	var list []groupchat.Import
	var places []int // of the list, in the answer
	for i, m := range in.Messages {
		im, err := m.read()
		switch {
		case fault.Is(err, fault.BodyTooLarge):
			out.Results[i] = importResult{Time: im.Time, Result: resultOf(err)}
		case err != nil:
			_, text := service().Codes.Of(err)
			return importGroupMsgResponse{}, v4.Refuse(badParameter, "MsgList[%d]: %s", i, text)
		default:
			list, places = append(list, im), append(places, i)
		}
	}
	g, err := c.Groups.Find(ctx, in.Group)
	if err != nil || len(list) == 0 {
		return out, err
	}
	results, err := c.GroupChat.Import(ctx, g, list, shown)
	if err != nil {
		return importGroupMsgResponse{}, err
	}
	for n, r := range results {
		out.Results[places[n]] = importResult{Seq: int64(r.Seq), Time: r.Time, Result: resultOf(r.Err)}
	}
	return out, nil
}

// read returns the message for the domain.
func (m importedMessage) read() (im groupchat.Import, err error) {
	switch {
	case accounts.CheckID(m.From) != nil:
		return im, v4.Refuse(badParameter, "From_Account is not a UserID")
	case m.Time == nil:
		return im, v4.Refuse(badParameter, "SendTime is missing")
	}
	im = groupchat.Import{From: m.From, Random: m.Random, Time: int64(*m.Time), Form: v4.Form{}}
	im.Content, err = v4.ReadContent(m.Body, "")
	return im, err
}

// resultOf returns the number of an error; 0 if there is none.
func resultOf(err error) int {
	if err == nil {
		return 0
	}
	number, _ := service().Codes.Of(err)
	return number
}
