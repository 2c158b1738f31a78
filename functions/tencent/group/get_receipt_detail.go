package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type getReceiptDetailRequest struct {
	target
	Seq    *int64 `json:"MsgSeq" need:"10004"`
	Filter *int   `json:"Filter" need:"10004"` // 0: who has read the message, 1: who has not
	Cursor string `json:"Cursor" bad:"10004"`  // of the answer before; empty at first
	Count  int    `json:"Count" need:"10004"`  // more than 200 count as 200
}

type getReceiptDetailResponse struct {
	Seq      int64         `json:"MsgSeq"`
	Cursor   string        `json:"Cursor"`
	Finish   int           `json:"IsFinish"`   // 1: there are no more
	Finished int           `json:"IsFinished"` // the same: the vendor's pages have both names
	Read     *[]readUser   `json:"ReadList,omitempty"`
	Unread   *[]unreadUser `json:"UnreadList,omitempty"`
}

type readUser struct {
	User string `json:"Read_Account"`
}

type unreadUser struct {
	User string `json:"Unread_Account"`
}

// getReceiptDetail lists who has read a message of a group, or who has not, in the order of UserIDs, up to
// 200 in a call. A page may have fewer although more follow: then IsFinish is 0.
func getReceiptDetail(ctx context.Context, c *op.Call, in getReceiptDetailRequest) (getReceiptDetailResponse, error) {
	if in.Count < 1 {
		return getReceiptDetailResponse{}, v4.Refuse(badParameter, "Count is 1 or more")
	}
	unread, err := v4.Flag("Filter", *in.Filter)
	if err != nil {
		return getReceiptDetailResponse{}, err
	}
	page, err := c.GroupChat.Readers(ctx, in.Group, *in.Seq, unread, in.Cursor, in.Count)
	if err != nil {
		return getReceiptDetailResponse{}, err
	}
	out := getReceiptDetailResponse{Seq: *in.Seq, Cursor: page.Next}
	if page.Next == "" {
		out.Finish, out.Finished = 1, 1
	}
	if unread {
		list := make([]unreadUser, len(page.Users))
		for i, user := range page.Users {
			list[i].User = user
		}
		out.Unread = &list
		return out, nil
	}
	list := make([]readUser, len(page.Users))
	for i, user := range page.Users {
		list[i].User = user
	}
	out.Read = &list
	return out, nil
}
