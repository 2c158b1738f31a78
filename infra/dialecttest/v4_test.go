package dialecttest_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/functions/catalog"
	"parley/infra/dialecttest"
	"parley/infra/testkit"
	"parley/shared/op"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

// operation returns an operation of the catalog.
func operation(name string) op.Operation {
	o := catalog.Find(name)
	if o == nil {
		panic(name + " is not in the catalog")
	}
	return *o
}

// request makes a call with a formatted body.
func request(name, format string, args ...any) dialecttest.Request {
	return dialecttest.Request{Operation: operation(name), Body: fmt.Sprintf(format, args...)}
}

// identities returns how testkit makes the calls of the callers of the suite.
func identities() map[dialecttest.Caller]string {
	return map[dialecttest.Caller]string{
		dialecttest.Missing: "as nobody\n", dialecttest.Malformed: "sig cut\n", dialecttest.Expired: "sig expired\n",
		dialecttest.OtherApp: "sig other-app\n", dialecttest.NotAdmin: "as alice\n",
	}
}

// broken makes a send whose list of elements is no list, or has an unknown element.
func broken(r dialecttest.Request) (list, element dialecttest.Request) {
	list, element = r, r
	begin, end := strings.Index(r.Body, "["), strings.LastIndex(r.Body, "]")
	list.Body = r.Body[:begin] + `"hi"` + r.Body[end+1:]
	element.Body = strings.Replace(r.Body, "TIMTextElem", "TIMNone", 1)
	return list, element
}

// numberOf returns a number as the suite compares it: "" for success.
func numberOf(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// An answer has the fields of both v4 dialects.
type answer struct {
	Code     int    `json:"ErrorCode"`
	Info     string `json:"ErrorInfo"`
	Complete int
	LastTime int64  `json:"LastMsgTime"`
	LastKey  string `json:"LastMsgKey"`
	wire
}

type wire struct {
	Items []struct {
		User string `json:"To_Account"`
		Code int    `json:"ResultCode"`
		Info string `json:"ResultInfo"`
	} `json:"ResultItem"`
	Messages []struct {
		From string `json:"From_Account"`
		Body []struct {
			Content struct{ Text string } `json:"MsgContent"`
		} `json:"MsgBody"`
	} `json:"MsgList"`
}

func (w wire) fill(a *dialecttest.Answer) {
	for _, i := range w.Items {
		a.Items = append(a.Items, dialecttest.Item{User: i.User, Code: numberOf(i.Code), Sentence: i.Info})
	}
	for _, m := range w.Messages {
		a.Messages = append(a.Messages, dialecttest.Message{From: m.From, Text: m.Body[0].Content.Text})
	}
}

// bodyOf returns the body of an answer to API Gateway.
func bodyOf(t *testing.T, text []byte, err error) string {
	t.Helper()
	var out struct{ Body string }
	if err != nil || json.Unmarshal(text, &out) != nil {
		t.Fatalf("answer %s, error %v", text, err)
	}
	return out.Body
}

// TestServerAPI plays the suite against the v4 server API.
func TestServerAPI(t *testing.T) {
	random := 0
	send := func(to, text string) dialecttest.Request {
		random++
		return request("tencent.message.sendmsg",
			`{"From_Account":"alice","To_Account":%q,"MsgRandom":%d,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":%q}}]}`, to, random, text)
	}
	users := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf(`{"UserID":"u%d"}`, i))
		}
		return list
	}
	dialecttest.Run(t, server, dialecttest.Harness{
		Call: func(t *testing.T, w *testkit.World, caller dialecttest.Caller, r dialecttest.Request) dialecttest.Answer {
			w.Clock.Move(time.Second)
			text, _, err := w.Call(t, &r.Operation, identities()[caller]+r.Body)
			out := dialecttest.Answer{Raw: bodyOf(t, text, err)}
			var a answer
			if err := json.Unmarshal([]byte(out.Raw), &a); err != nil {
				t.Fatalf("%s: %v", out.Raw, err)
			}
			out.Code, out.Sentence = numberOf(a.Code), a.Info
			a.fill(&out)
			if a.LastKey != "" && a.Complete == 0 {
				out.Next = fmt.Sprintf("%d %s", a.LastTime, a.LastKey)
			}
			return out
		},
		Identity: map[dialecttest.Caller]string{
			dialecttest.Missing: "60004", dialecttest.Malformed: "70003", dialecttest.Expired: "70001", dialecttest.OtherApp: "70014",
			dialecttest.NotAdmin: "90009",
		},
		Send: send,
		Page: func(peer, next string, n int) dialecttest.Request {
			end, key, _ := strings.Cut(next, " ")
			if next == "" {
				end = "1800000000"
			}
			return request("tencent.message.admin_getroammsg",
				`{"Operator_Account":"alice","Peer_Account":%q,"MaxCnt":%d,"MinTime":1600000000,"MaxTime":%s,"LastMsgKey":%q}`, peer, n, end, key)
		},
		Block: func(users []string) dialecttest.Request {
			list, _ := json.Marshal(users)
			return request("tencent.sns.black_list_add", `{"From_Account":"alice","To_Account":%s}`, list)
		},
		Unknown: dialecttest.Request{Operation: operation("tencent.gateway.unknown"), Body: "{}"},
		AtLimit: func(past bool) dialecttest.Request {
			n := map[bool]int{false: 100, true: 101}[past]
			return request("tencent.account.account_check", `{"CheckItem":[%s]}`, strings.Join(users(n), ","))
		},
		Text:        func(n int) dialecttest.Request { return send("bob", strings.Repeat("x", n)) },
		Broken:      broken,
		UnknownCode: "60009", MalformedCode: "90001", LimitCode: "70206", ReceiverCode: "90012", AccountCode: "30003", TooLargeCode: "93000",
		BrokenListCode: "90007", BrokenElementCode: "90010",
		Receiver: "To_Account", Elements: "MsgBody",
	})
}

// TestClientProtocol plays the suite against the client protocol.
func TestClientProtocol(t *testing.T) {
	random := 0
	send := func(to, text string) dialecttest.Request {
		random++
		return request("client.message.send",
			`{"To_Account":%q,"MsgRandom":%d,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":%q}}]}`, to, random, text)
	}
	page := func(peer, next string, n int) dialecttest.Request {
		return request("client.message.history", `{"To_Account":%q,"Limit":%d,"To":%q}`, peer, n, next)
	}
	as := identities()
	delete(as, dialecttest.NotAdmin) // users call the client protocol
	dialecttest.Run(t, server, dialecttest.Harness{
		Call: func(t *testing.T, w *testkit.World, caller dialecttest.Caller, r dialecttest.Request) dialecttest.Answer {
			w.Clock.Move(time.Second)
			text, _, err := w.Call(t, &r.Operation, as[caller]+r.Body)
			out := dialecttest.Answer{Raw: bodyOf(t, text, err)}
			var a struct {
				Code  int
				Error string
				Body  struct {
					wire
					Next string
				}
			}
			if err := json.Unmarshal([]byte(out.Raw), &a); err != nil {
				t.Fatalf("%s: %v", out.Raw, err)
			}
			out.Code, out.Sentence, out.Next = numberOf(a.Code), a.Error, a.Body.Next
			a.Body.fill(&out)
			return out
		},
		Identity: map[dialecttest.Caller]string{
			dialecttest.Missing: "60004", dialecttest.Malformed: "70003", dialecttest.Expired: "70001", dialecttest.OtherApp: "70014",
		},
		Send: send,
		Page: page,
		Block: func(users []string) dialecttest.Request {
			list, _ := json.Marshal(users)
			return request("client.block.add", `{"To_Account":%s}`, list)
		},
		Unknown:     dialecttest.Request{Operation: operation("client.session.default"), Body: "raw\n" + `{"action":"no.such","id":"1","body":{}}`},
		AtLimit:     func(past bool) dialecttest.Request { return page("bob", "", map[bool]int{false: 100, true: 101}[past]) },
		Text:        func(n int) dialecttest.Request { return send("bob", strings.Repeat("x", n)) },
		Broken:      broken,
		UnknownCode: "60009", MalformedCode: "90001", LimitCode: "90001", ReceiverCode: "90012", AccountCode: "30003", TooLargeCode: "93000",
		BrokenListCode: "90007", BrokenElementCode: "90010",
		Receiver: "To_Account", Elements: "MsgBody",
	})
}
