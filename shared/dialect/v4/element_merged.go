package v4

import (
	"encoding/json"
	"fmt"

	"parley/shared/domain/content"
	"parley/shared/fault"
	"parley/shared/plainjson"
)

// readMerged reads a TIMRelayElem without its messages.
func readMerged(f fields) content.Element {
	m := &content.Merged{Title: f.text("Title"), Fallback: f.text("CompatibleText"), Count: f.whole("MsgNum"), Key: f.text("JsonMsgKey")}
	list, _ := f["AbstractList"].([]any)
	for _, line := range list {
		m.Abstract = append(m.Abstract, line.(string)) // isTextList has checked it
	}
	return content.Element{Merged: m}
}

// readMergedList reads the messages of a TIMRelayElem. It requires either the messages
// themselves or the key under which they are stored (docs/spec/tencent §3).
func readMergedList(raw json.RawMessage, f fields, depth int) ([]content.MergedMessage, error) {
	list, inline := f["MsgList"], f["MsgList"] != nil
	if keyed := f["JsonMsgKey"] != nil; inline == keyed {
		return nil, elementError("TIMRelayElem needs one of MsgList and JsonMsgKey")
	}
	if !inline {
		return nil, nil
	}
	if _, ok := list.([]any); !ok {
		return nil, elementError("MsgList is not a list")
	}
	var inner struct {
		List []json.RawMessage `json:"MsgList"`
	}
	if err := plainjson.Unmarshal(raw, &inner); err != nil {
		return nil, elementError("MsgList is not a list")
	}
	messages := make([]content.MergedMessage, len(inner.List))
	for i, item := range inner.List {
		var err error
		if messages[i], err = readMergedMessage(item, depth+1); err != nil {
			return nil, elementError(fmt.Sprintf("MsgList[%d]: %s", i, err))
		}
	}
	return messages, nil
}

// mergedMessage has the known fields of a message in a merged list
// (docs/spec/tencent §3).
type mergedMessage struct {
	From   string    `json:"From_Account"`
	To     string    `json:"To_Account"`
	Group  string    `json:"GroupId"`
	Seq    uint32    `json:"MsgSeq"`
	Random uint32    `json:"MsgRandom"`
	Time   uint32    `json:"MsgTimeStamp"`
	Body   []Element `json:"MsgBody"`
	Custom string    `json:"CloudCustomData"`
}

// readMergedMessage reads a message of a merged list at a nesting depth. raw is in compact
// form.
func readMergedMessage(raw json.RawMessage, depth int) (content.MergedMessage, error) {
	var in mergedMessage
	if err := plainjson.Unmarshal(raw, &in); err != nil {
		return content.MergedMessage{}, elementError("it is not a merged message")
	}
	if in.From == "" || len(in.Body) == 0 {
		return content.MergedMessage{}, elementError("a merged message needs From_Account and MsgBody")
	}
	if depth > content.MaxNesting {
		return content.MergedMessage{}, elementError(fmt.Sprintf("merged messages are nested over %d deep", content.MaxNesting))
	}
	m := content.MergedMessage{
		From: in.From, To: in.To, Group: in.Group, Seq: in.Seq, Random: in.Random, Time: int64(in.Time), Custom: in.Custom,
		Elements: make([]content.Element, len(in.Body)),
	}
	for i, e := range in.Body {
		body, err := compact(e.Content)
		if err == nil {
			m.Elements[i], err = readElement(e.Type, body, depth)
		}
		if err != nil {
			return content.MergedMessage{}, elementError(fmt.Sprintf("MsgBody[%d]: %s", i, err))
		}
	}
	m.Original = originalOf(raw, mergedMembers(m))
	return m, nil
}

// ReadMergedList reads a list of merged messages that is to be stored under a key.
func ReadMergedList(list []json.RawMessage) ([]content.MergedMessage, error) {
	switch {
	case len(list) == 0:
		return nil, fault.New(fault.BodyEmpty, "MsgList has no message")
	case len(list) > content.MaxMerged:
		return nil, fault.New(fault.BodyTooLarge, "MsgList has over %d messages", content.MaxMerged)
	}
	messages, total := make([]content.MergedMessage, len(list)), 0
	for i, item := range list {
		raw, err := compact(item)
		if err != nil {
			return nil, fault.New(fault.BodyInvalid, "MsgList[%d]: %s", i, err)
		}
		if total += len(raw); total > content.MaxMergedBytes || len(raw) > content.MaxMergedItem {
			return nil, fault.New(fault.BodyTooLarge, "MsgList has over %d bytes, or MsgList[%d] over %d", content.MaxMergedBytes, i, content.MaxMergedItem)
		}
		if messages[i], err = readMergedMessage(raw, 1); err != nil {
			return nil, fault.New(fault.BodyInvalid, "MsgList[%d]: %s", i, err)
		}
	}
	return messages, nil
}

// ReadForwarded reads merged messages that are to be sent within one message.
func ReadForwarded(list []json.RawMessage) ([]content.MergedMessage, error) {
	compacted, size := make([]json.RawMessage, len(list)), 0
	for i, item := range list {
		raw, err := compact(item)
		if err != nil {
			return nil, fault.New(fault.BodyInvalid, "MsgBody[0]: MsgContent is not JSON")
		}
		if size += len(raw); size > content.MaxBody {
			return nil, fault.New(fault.BodyTooLarge, "the message is over %d bytes", content.MaxBody)
		}
		compacted[i] = raw
	}
	messages := make([]content.MergedMessage, len(list))
	for i, raw := range compacted {
		var err error
		if messages[i], err = readMergedMessage(raw, 1); err != nil {
			return nil, fault.New(fault.BodyInvalid, "MsgBody[0]: MsgList[%d]: %s", i, err)
		}
	}
	return messages, nil
}
