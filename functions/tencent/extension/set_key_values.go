package extension

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/op"
)

type setRequest struct {
	messageRef
	changes
}

// changes are what a call does with extensions of a message.
type changes struct {
	Verb int         `json:"OperateType" need:"10004" bad:"10004"` // 1 sets, 2 deletes, 3 clears all
	List []extension `json:"ExtensionList" bad:"10004"`
}

// parse returns the changes for the domain.
func (c changes) parse() (timeline.ExtensionVerb, []timeline.Extension, error) {
	verb, err := verbOf(c.Verb)
	list := make([]timeline.Extension, len(c.List))
	for i, e := range c.List {
		list[i] = timeline.Extension{Key: e.Key, Value: e.Value, Seq: e.Seq}
	}
	return verb, list, err
}

type setResponse struct {
	List []setResult `json:"ExtensionList"`
}

type setResult struct {
	Code      int       `json:"ErrorCode"`
	Extension extension `json:"Extension"` // as it is stored now
}

// setKeyValues sets or deletes up to 20 extensions of a message, or clears all of them,
// and notifies the devices of both users. If the Seq that a user names is not the
// stored one, the extension stays as it is, and its result has 23001 and the stored
// values. The Seq that an admin names is ignored.
func setKeyValues(ctx context.Context, c *op.Call, in setRequest) (setResponse, error) {
	key, err := in.messageRef.parse(c)
	if err != nil {
		return setResponse{}, err
	}
	verb, list, err := in.changes.parse()
	if err != nil {
		return setResponse{}, err
	}
	results, err := c.Timeline.ChangeExtensions(ctx, actor(c), c.Caller.Account, in.From, chat.Between(in.From, in.To), key, verb, list)
	if err != nil {
		return setResponse{}, err
	}
	return fromResults(results), nil
}

// fromResults returns the wire form of the results of changes.
func fromResults(results []timeline.ExtensionResult) setResponse {
	out := setResponse{List: make([]setResult, len(results))}
	for i, r := range results {
		out.List[i].Extension = fromExtension(r.Extension)
		if r.Err != nil {
			out.List[i].Code, _ = v4.Extension().Of(r.Err)
		}
	}
	return out
}

// verbOf reads an OperateType.
func verbOf(number int) (timeline.ExtensionVerb, error) {
	switch number {
	case 1:
		return timeline.SetExtensions, nil
	case 2:
		return timeline.DeleteExtensions, nil
	case 3:
		return timeline.ClearExtensions, nil
	}
	return 0, fault.New(fault.Invalid, "OperateType is 1 to set, 2 to delete, 3 to clear")
}
