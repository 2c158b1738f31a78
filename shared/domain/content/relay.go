package content

import (
	"encoding/json"
	"fmt"
	"slices"

	"parley/shared/fault"
	"parley/shared/plainjson"
)

// A Relay is the MsgContent of a KindRelay element: merged messages, or the key of a
// MergedList.
type Relay struct {
	Title      string            `json:"Title"`
	Compatible string            `json:"CompatibleText"`
	Number     int               `json:"MsgNum"`
	Abstract   []string          `json:"AbstractList"`
	List       []json.RawMessage `json:"MsgList,omitempty"`
	Key        string            `json:"JsonMsgKey,omitempty"`
}

// Element returns the element of a relay.
func (r Relay) Element() (Element, error) {
	text, err := plainjson.Marshal(r)
	if err != nil {
		return Element{}, fault.New(fault.BodyInvalid, "MsgList: %s", err)
	}
	return Element{Kind: KindRelay, Content: text}, nil
}

// checkRelay requires either the merged messages themselves or the key under which
// they are stored (docs/spec/tencent §3).
func checkRelay(raw json.RawMessage, content map[string]any, depth int) error {
	list, inline := content["MsgList"], content["MsgList"] != nil
	if keyed := content["JsonMsgKey"] != nil; inline == keyed {
		return elementError("TIMRelayElem needs one of MsgList and JsonMsgKey")
	}
	if !inline {
		return nil
	}
	if _, ok := list.([]any); !ok {
		return elementError("MsgList is not a list")
	}
	var inner struct {
		List []json.RawMessage `json:"MsgList"`
	}
	if err := plainjson.Unmarshal(raw, &inner); err != nil {
		return elementError("MsgList is not a list")
	}
	for i, m := range inner.List {
		if err := checkMergedMessage(m, depth+1); err != nil {
			return elementError(fmt.Sprintf("MsgList[%d]: %s", i, err))
		}
	}
	return nil
}

// RefersToList reports whether an element, or one that is merged into it, has the
// key of a list.
func (e Element) RefersToList(key string) bool {
	if e.Kind != KindRelay {
		return false
	}
	var content struct {
		Key  string          `json:"JsonMsgKey"`
		List []mergedMessage `json:"MsgList"`
	}
	if plainjson.Unmarshal(e.Content, &content) != nil {
		return false
	}
	return content.Key == key || slices.ContainsFunc(content.List, func(m mergedMessage) bool {
		return slices.ContainsFunc(m.Body, func(e Element) bool { return e.RefersToList(key) })
	})
}
