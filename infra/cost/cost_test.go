package cost

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"parley/functions/catalog"
	"parley/infra/testkit"
	"parley/shared/telemetry"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

// A situation is a call whose cost is measured. The function is warm: it has run the
// same operation before.
type situation struct {
	operation, name string
	seed            string
	warm            string // the call before, by which the function learns the application, or noWarmCall
	request         string
	budget          *Budget // of docs/data-model.md §10; nil: it has no such line
	millis          float64
	frames          int // billed WebSocket messages; 0: one HTTP call is billed, -1: neither
}

const (
	table        = "../../docs/reference/cost.tsv"
	msgBody      = `"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hello, how are you?"}}]`
	conversation = "account alice\naccount bob\nmessage alice bob 1\nmessage bob alice 1\nsleep 1s\n"
)

// batch formats an item with each of 1 ... n, separated by commas.
func batch(item string, n int) string {
	var list []string
	for i := 1; i <= n; i++ {
		list = append(list, fmt.Sprintf(item, i))
	}
	return strings.Join(list, ",")
}

// phones is a seed in which alice may have three phones and connects n of them, a
// second apart.
func phones(n int) string {
	seed := "account alice\nset native 3\nset web 1\n"
	for _, name := range []string{"a", "b", "c"}[:n] {
		seed += "connect alice iPhone " + name + "\nsleep 1s\n"
	}
	return seed
}

// situations lists the calls that are measured, but for those of friendSituations and
// conversationSituations. The names are a column of docs/reference/cost.tsv.
func situations() []situation {
	peerOnline := conversation + "connect bob iPhone i1\nconnect bob Web w1\nconnect alice iPhone i1\n"
	send := func(n int) string {
		return fmt.Sprintf(`{"To_Account":"bob","MsgSeq":%d,"MsgRandom":%d,%s}`, n, n, msgBody)
	}
	restSend := func(n int) string {
		return fmt.Sprintf(`{"From_Account":"alice","To_Account":"bob","MsgSeq":%d,"MsgRandom":%d,%s}`, n, n, msgBody)
	}
	importRequest := func(mode, at int) string {
		return fmt.Sprintf(`{"SyncFromOldSystem":%d,"From_Account":"alice","To_Account":"bob","MsgSeq":8,"MsgRandom":8,"MsgTimeStamp":%d,%s}`, mode, at, msgBody)
	}
	checkAlice := `{"CheckItem":[{"UserID":"alice"}]}`
	followAllowed := "set follow\naccount alice\naccount bob\n"
	const twoUsers = "account alice\naccount bob\n"
	const oneDeviceEach = "connect alice Web w1\nconnect bob Web w1\n"
	// onMessage is a request about a message of the conversation with bob.
	onMessage := func(key string, more ...string) string {
		return `{` + strings.Join(append([]string{`"To_Account":"bob","MsgKey":"` + key + `"`}, more...), ",") + `}`
	}
	sixtyMessages, sixtyEdits, thirtyKeys := twoUsers+"messages alice bob 60\n", "", `"MsgKeyList":[`
	for n := 1; n <= 60; n++ {
		key := fmt.Sprintf("%d_%d_%d", n, n, 1_699_999_999+n)
		sixtyEdits += "edit alice bob " + key + " new\n"
		if n <= 30 {
			thirtyKeys += `"` + key + `",`
		}
	}
	thirtyKeys = strings.TrimSuffix(thirtyKeys, ",") + "]"
	hundredFriends := "accounts 100\nfriends alice"
	for n := range 100 {
		hundredFriends += fmt.Sprintf(" u%d", n+1)
	}
	hundredFriends += "\n"
	toBob := `{"From_Account":"alice","To_Account":["bob"]}`
	return []situation{
		{"tencent.account.account_import", "new", "", `{"UserID":"a"}`, `{"UserID":"b","Nick":"B"}`, nil, 12, 0},
		{"tencent.account.account_import", "exists, new nickname", "account b\n", `{"UserID":"a"}`, `{"UserID":"b","Nick":"B"}`, nil, 15, 0},
		{"tencent.account.account_import", "new, edition with a limit", "edition developer\n", `{"UserID":"a"}`, `{"UserID":"b"}`, nil, 15, 0},
		{"tencent.account.multiaccount_import", "100 new", "", `{"Accounts":["x"]}`, `{"Accounts":[` + batch(`"u%d"`, 100) + `]}`, nil, 120, 0},
		{"tencent.account.account_check", "1", "account alice\n", checkAlice, checkAlice, nil, 8, 0},
		{"tencent.account.account_check", "100", "accounts 100\n", checkAlice, `{"CheckItem":[` + batch(`{"UserID":"u%d"}`, 100) + `]}`, nil, 15, 0},
		{"tencent.account.account_delete", "1, with 1 device", "edition developer\n" + conversation + "connect alice iPhone i1\n", `{"DeleteItem":[{"UserID":"x"}]}`, `{"DeleteItem":[{"UserID":"alice"}]}`, nil, 60, 0},
		{"tencent.account.kick", "1 device", "account alice\nconnect alice iPhone i1\n", `{"UserID":"x"}`, `{"UserID":"alice"}`, nil, 540, 0},
		{"tencent.config.setnospeaking", "both", "account alice\n", `{"Set_Account":"x","C2CmsgNospeakingTime":1}`, `{"Set_Account":"alice","C2CmsgNospeakingTime":1,"GroupmsgNospeakingTime":1}`, nil, 12, 0},
		{"tencent.config.getnospeaking", "any", "account alice\n", `{"Get_Account":"x"}`, `{"Get_Account":"alice"}`, nil, 8, 0},
		{"tencent.message.sendmsg", "peer on 2 devices", peerOnline, restSend(7), restSend(8), &Budget{3, 3.5, 0, 1, 2}, 45, 0},
		{"tencent.message.sendmsg", "peer offline", conversation, restSend(7), restSend(8), &Budget{3, 3.5, 1.2, 1.1, 0}, 45, 0},
		{"tencent.message.batchsendmsg", "500, all offline, conversations exist", "account alice\naccounts 500\nsend-batch alice 500\n", `{"To_Account":["nobody"],"MsgRandom":1,` + msgBody + `}`, `{"From_Account":"alice","To_Account":[` + batch(`"u%d"`, 500) + `],"MsgSeq":2,"MsgRandom":2,` + msgBody + `}`, nil, 1500, 0},
		{"tencent.message.sendmsg", "peer with a phone in the background", conversation + "connect bob iPhone p1\nbackground bob iPhone p1\n", restSend(7), restSend(8), nil, 50, 0},
		{"tencent.message.importmsg", "history, the newest of the conversation", conversation, `{"SyncFromOldSystem":2}`, importRequest(2, 1_700_000_002), nil, 40, 0},
		{"tencent.message.importmsg", "history, older than what the list shows", conversation, `{"SyncFromOldSystem":2}`, importRequest(2, 1_699_990_000), nil, 40, 0},
		{"tencent.message.importmsg", "live, of this minute", conversation, `{"SyncFromOldSystem":2}`, importRequest(5, 1_699_999_999), nil, 45, 0},
		{"tencent.message.importmsg", "live, older", conversation, `{"SyncFromOldSystem":2}`, importRequest(5, 1_699_990_000), nil, 55, 0},
		{"tencent.message.admin_getroammsg", "page of 20", "account alice\naccount bob\nmessages alice bob 40\n", `{"Operator_Account":"bob","Peer_Account":"alice","MaxCnt":20,"MinTime":0,"MaxTime":1}`, `{"Operator_Account":"bob","Peer_Account":"alice","MaxCnt":20,"MinTime":0,"MaxTime":1800000000}`, &Budget{0, 1.5, 0, 1, 0}, 18, 0},
		{"tencent.message.admin_msgwithdraw", "2 devices", twoUsers + "message alice bob 1\n" + oneDeviceEach, `{}`, `{"From_Account":"alice",` + onMessage("1_1_1700000000")[1:], &Budget{4, 4, 0, 1, 2}, 40, 0},
		{"tencent.message.modify_c2c_msg", "2 devices", twoUsers + "message alice bob 1\n" + oneDeviceEach, `{}`, `{"From_Account":"alice",` + onMessage("1_1_1700000000", msgBody)[1:], nil, 45, 0},
		{"tencent.message.delete_c2c_msg_ramble", "1, not the last one", twoUsers + "messages alice bob 3\n", `{}`, `{"Operator_Account":"alice","Peer_Account":"bob","MsgKeyList":["1_1_1700000000"]}`, nil, 35, 0},
		{"tencent.message.c2c_msg_read_receipt", "1, 1 device", twoUsers + "message-with-receipt bob alice 1\nconnect bob Web w1\n", `{}`, `{"Operator_Account":"alice","Peer_Account":"bob","C2CMsgInfo":[{"From_Account":"bob","To_Account":"alice","MsgKey":"1_1_1700000000"}]}`, nil, 35, 0},
		{"tencent.extension.get_key_values", "200 of 300 pairs", twoUsers + "message-extensible alice bob 1\nextensions alice bob 1_1_1700000000 300\n", `{}`, onMessage("1_1_1700000000", `"From_Account":"alice"`), nil, 20, 0},
		{"tencent.extension.set_key_values", "20 pairs, 2 devices", twoUsers + "message-extensible alice bob 1\n" + oneDeviceEach, `{}`, onMessage("1_1_1700000000", `"From_Account":"alice","OperateType":1,"ExtensionList":[`+batch(`{"Key":"k%d","Value":"v"}`, 20)+`]`), nil, 50, 0},
		{"tencent.message.admin_set_msg_read", "2 devices", conversation + "connect bob Web w1\nconnect alice iPhone i1\n", `{"Report_Account":"x","Peer_Account":"y"}`, `{"Report_Account":"bob","Peer_Account":"alice"}`, &Budget{2, 2, 0, 1, 2}, 30, 0},
		{"tencent.message.get_c2c_unread_msg_num", "all of 100 conversations", "account bob\naccounts 100\nsenders bob 100\n", `{"To_Account":"x"}`, `{"To_Account":"bob"}`, nil, 15, 0},
		{"tencent.message.get_c2c_unread_msg_num", "1 peer", conversation, `{"To_Account":"x"}`, `{"To_Account":"bob","Peer_Account":["alice"]}`, nil, 12, 0},
		{"tencent.status.query_online_status", "1", "account alice\n", `{}`, `{"To_Account":["alice"]}`, nil, 8, 0},
		{"tencent.status.query_online_status", "500", "accounts 500\n", `{}`, `{"To_Account":[` + batch(`"u%d"`, 500) + `]}`, nil, 60, 0},
		{"tencent.status.querystate", "1", "account alice\n", `{}`, `{"To_Account":["alice"]}`, nil, 8, 0},
		{"tencent.follow.follow_add", "1", followAllowed, `{"From_Account":"x","FollowItem":[{"To_Account":"y"}]}`, `{"From_Account":"alice","FollowItem":[{"To_Account":"bob"}]}`, nil, 30, 0},
		{"tencent.follow.follow_add", "1 who follows back", followAllowed + "follow bob alice\n", `{"From_Account":"x","FollowItem":[{"To_Account":"y"}]}`, `{"From_Account":"alice","FollowItem":[{"To_Account":"bob"}]}`, nil, 30, 0},
		{"tencent.follow.follow_add", "20", followAllowed + "accounts 20\n", `{"From_Account":"x","FollowItem":[{"To_Account":"y"}]}`, `{"From_Account":"alice","FollowItem":[` + batch(`{"To_Account":"u%d"}`, 20) + `]}`, nil, 450, 0},
		{"tencent.follow.follow_delete", "1 who follows back", followAllowed + "follow bob alice\nfollow alice bob\n", `{"From_Account":"x","To_Account":["y"]}`, toBob, nil, 30, 0},
		{"tencent.follow.follow_check", "1", followAllowed + "follow alice bob\n", toBob, toBob, nil, 15, 0},
		{"tencent.follow.follow_check", "100, none follows", followAllowed + "accounts 100\n", toBob, `{"From_Account":"alice","To_Account":[` + batch(`"u%d"`, 100) + `]}`, nil, 30, 0},
		{"tencent.follow.follow_get", "page of 100 followers", followAllowed + "accounts 101\nfollowers alice 101\n", `{"From_Account":"x","FollowType":1}`, `{"From_Account":"alice","FollowType":1}`, nil, 20, 0},
		{"tencent.follow.follow_get", "100 mutual of 100", followAllowed + "accounts 100\nfollowers alice 100\nfollows alice 100\n", `{"From_Account":"x","FollowType":3}`, `{"From_Account":"alice","FollowType":3}`, nil, 20, 0},
		{"tencent.follow.follow_get_info", "20", followAllowed + "accounts 20\n", toBob, `{"From_Account":"alice","To_Account":[` + batch(`"u%d"`, 20) + `]}`, nil, 15, 0},
		{"tencent.profile.portrait_get", "1, nickname", "account alice\n", `{"To_Account":["x"]}`, `{"To_Account":["alice"],"TagList":["Tag_Profile_IM_Nick"]}`, nil, 8, 0},
		{"tencent.profile.portrait_get", "100, any field", "accounts 100\n", `{"To_Account":["x"]}`, `{"To_Account":[` + batch(`"u%d"`, 100) + `],"TagList":["Tag_Profile_IM_Level"]}`, nil, 20, 0},
		{"tencent.profile.portrait_set", "nickname, 1 device", "account alice\nconnect alice iPhone i1\n", `{"From_Account":"x"}`, `{"From_Account":"alice","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"A"}]}`, nil, 30, 0},
		{"tencent.history.get_history", "an hour with a file", hourWithFile, `{"ChatType":"C2C","MsgTime":"x"}`, `{"ChatType":"C2C","MsgTime":"2023111506"}`, nil, 10, 0},
		{"tencent.gateway.unknown", "any", "", "{}", "{}", nil, 2, 0},
		{"client.session.authorizer", "known user", "account alice\n", "", "", &Budget{0, 0.5, 0, 1, 0}, 10, -1},
		{"client.session.connect", "free slot", "account alice\n", "connection x\nas bob\n", "", &Budget{1, 1.5, 0, 1, 0}, 10, 1},
		{"client.session.connect", "free slot, watched", "account alice\naccount bob\nwatch bob alice\n", "connection x\nas bob\n", "", nil, 15, 1},
		{"client.session.connect", "second of three phones, likely slot free", phones(1), "connection x\nas bob\ninstance b\n", "instance b\n", &Budget{1, 1.5, 0, 1, 0}, 10, 1},
		{"client.session.connect", "fourth of three phones, the oldest is kicked", phones(3), "connection x\nas bob\ninstance d\n", "instance d\n", nil, 15, 1},
		{"client.session.disconnect", "holds the slot", "account alice\nconnect alice iPhone i1\n", "as bob\n", "", &Budget{1, 0, 0, 1, 0}, 10, -1},
		{"client.session.default", "unknown action", "", `{"action":"x"}`, `{"action":"x"}`, nil, 2, 2},
		{"client.session.sync", "100 conversations", "account alice\naccounts 100\nsenders alice 100\n", "as bob\n{}", `{}`, &Budget{0, 25, 0, 1, 0}, 60, 0},
		{"client.session.logout", "WebSocket", "account alice\nconnect alice iPhone i1\n", "as bob\ntrigger socket\n{}", "trigger socket\n{}", nil, 10, 2},
		{"client.session.logout", "HTTP", "account alice\nconnect alice iPhone i1\n", "as bob\ninstance i1\n{}", "instance i1\n{}", nil, 15, 0},
		{"client.session.background", "WebSocket", "account alice\nconnect alice iPhone i1\n", "as bob\ntrigger socket\n{}", "trigger socket\n{}", nil, 10, 2},
		{"client.session.background", "HTTP", "account alice\nconnect alice iPhone i1\n", "as bob\ninstance i1\n{}", "instance i1\n{}", nil, 15, 0},
		{"client.session.foreground", "WebSocket", "account alice\nconnect alice iPhone i1\nbackground alice iPhone i1\n", "as bob\ntrigger socket\n{}", "trigger socket\n{}", nil, 10, 2},
		{"client.session.devices", "2 devices", "account alice\nconnect alice iPhone i1\nconnect alice Web w1\n", "as bob\n{}", "{}", nil, 10, 0},
		{"client.session.kick", "1 device", "account alice\nconnect alice iPhone i1\nconnect alice Web w1\n", "as bob\n" + `{"Instance":"w1"}`, `{"Instance":"w1"}`, nil, 20, 0},
		{"client.message.send", "HTTP, peer on 2 devices", peerOnline, "instance i1\n" + send(7), "instance i1\n" + send(8), &Budget{3, 3.5, 0, 1, 2}, 45, 0},
		{"client.message.send", "WebSocket, peer on 2 devices", peerOnline, "trigger socket\n" + send(7), "trigger socket\n" + send(8), &Budget{3, 3.5, 0, 1, 2}, 45, 2},
		{"client.message.send", "HTTP, peer offline", conversation, send(7), send(8), &Budget{3, 3.5, 1.2, 1.1, 0}, 45, 0},
		{"client.message.send", "HTTP, first message of a conversation", "account alice\naccount bob\n", "as bob\n" + `{"To_Account":"x"}`, send(8), nil, 45, 0},
		{"client.message.send", "HTTP, a retry", conversation + "message alice bob 8 hello, how are you?\n", send(7), send(8), nil, 45, 0},
		{"client.message.send", "HTTP, 12 KB of text", conversation, send(7), `{"To_Account":"bob","MsgSeq":9,"MsgRandom":9,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"` + strings.Repeat("the quick brown fox jumps over it. ", 345) + `"}}]}`, nil, 45, 0},
		{"client.message.get", "30", sixtyMessages, `{"To_Account":"x","MsgKeyList":["1_1_1"]}`, `{"To_Account":"bob",` + thirtyKeys + `}`, nil, 18, 0},
		{"client.message.changes", "page of 50", sixtyMessages + sixtyEdits, `{"To_Account":"x"}`, `{"To_Account":"bob"}`, nil, 22, 0},
		{"client.message.recall", "peer on 1 device", twoUsers + "message alice bob 1\nconnect bob Web w1\n", onMessage("k"), onMessage("1_1_1700000000"), &Budget{4, 5, 0, 1, 1}, 40, 0},
		{"client.message.edit", "peer on 1 device", twoUsers + "message alice bob 1\nconnect bob Web w1\n", onMessage("k"), onMessage("1_1_1700000000", msgBody), nil, 45, 0},
		{"client.message.delete", "1, the last one", twoUsers + "messages alice bob 3\n", onMessage("k"), `{"To_Account":"bob","MsgKeyList":["3_3_1700000002"]}`, nil, 40, 0},
		{"client.message.delete", "30", sixtyMessages, onMessage("k"), `{"To_Account":"bob",` + thirtyKeys + `}`, nil, 80, 0},
		{"client.message.receipts", "1, peer on 1 device", twoUsers + "message-with-receipt bob alice 1\nconnect bob Web w1\n", onMessage("k"), `{"To_Account":"bob","MsgKeyList":["1_1_1700000000"]}`, nil, 35, 0},
		{"client.message.react", "peer on 1 device", twoUsers + "message bob alice 1\nconnect bob Web w1\n", onMessage("k"), onMessage("1_1_1700000000", `"Reaction":"+1"`), nil, 45, 0},
		{"client.message.unreact", "peer on 1 device", twoUsers + "message bob alice 1\nreact alice bob 1_1_1700000000 +1\nconnect bob Web w1\n", onMessage("k"), onMessage("1_1_1700000000", `"Reaction":"+1"`), nil, 45, 0},
		{"client.message.reactions", "30", sixtyMessages, `{"To_Account":"x","MsgKeyList":["1_1_1"]}`, `{"To_Account":"bob",` + thirtyKeys + `}`, nil, 18, 0},
		{"client.message.send", "HTTP, peer with a phone in the background", conversation + "connect bob iPhone p1\nbackground bob iPhone p1\n", send(7), send(8), nil, 50, 0},
		{"client.message.forward", "HTTP, by a key, peer offline", conversation + "merged-list alice 3\n", send(7), `{"To_Account":"bob","MsgSeq":8,"MsgRandom":8,"Title":"Chat","AbstractList":["bob: hi"],"JsonMsgKey":"dd2eeb4fde41bcacfd3e9c18dd72ded6"}`, nil, 50, 0},
		{"client.message.import-key", "300 messages, 35 KB", conversation, `{}`, `{"MsgList":[` + batch(`{"From_Account":"bob","To_Account":"alice","MsgSeq":%d,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hello"}}]}`, 300) + `]}`, nil, 60, 0},
		{"client.message.relay", "a part of 3 messages", conversation + "merged-list alice 3 bob 5\n", `{}`, `{"To_Account":"bob","MsgKey":"5_5_1700000001","JsonMsgKey":"dd2eeb4fde41bcacfd3e9c18dd72ded6"}`, nil, 15, 0},
		{"client.message.typing", "peer on 2 devices", peerOnline, "instance i1\n{}", "instance i1\n" + `{"To_Account":"bob"}`, nil, 20, 0},
		{"client.message.search", "200 messages of one conversation", "account alice\naccount bob\nmessages alice bob 200\n", `{}`, `{"To_Account":"bob","Keywords":["wolf"]}`, nil, 45, 0},
		{"client.message.search", "20 of 100 conversations", "account alice\naccounts 100\nsenders alice 100\n", `{}`, `{"Keywords":["wolf"]}`, nil, 150, 0},
		{"client.message.history", "page of 20", "account alice\naccount bob\nmessages alice bob 40\n", `{"To_Account":"x"}`, `{"To_Account":"bob"}`, &Budget{0, 3, 0, 1, 0}, 18, 0},
		{"client.message.read", "2 posts", conversation + "connect bob Web w1\nconnect alice Web w1\nconnect alice iPhone i1\n", "as x\n" + `{"To_Account":"y"}`, "instance i1\n" + `{"To_Account":"bob"}`, &Budget{2, 2.5, 0, 1, 2}, 30, 0},
		{"client.conversation.list", "100 conversations", "account alice\naccounts 100\nsenders alice 100\n", "as bob\n{}", `{}`, &Budget{0, 20, 0, 1, 0}, 25, 0},
		{"client.presence.get", "1", "account alice\n", "{}", `{"To_Account":["alice"]}`, nil, 8, 0},
		{"client.presence.get", "500", "accounts 500\n", "as u1\n{}", "as u1\n" + `{"To_Account":[` + batch(`"u%d"`, 500) + `]}`, nil, 60, 0},
		{"client.presence.set", "1 device, not watched", "account alice\nconnect alice iPhone i1\n", "{}", `{"CustomStatus":"busy"}`, nil, 30, 0},
		{"client.presence.set", "1 device, watched", "account alice\naccount bob\nwatch bob alice\nconnect alice iPhone i1\n", "{}", `{"CustomStatus":"busy"}`, nil, 35, 0},
		{"client.presence.subscribe", "1", "account alice\naccount bob\n", "{}", `{"To_Account":["bob"]}`, nil, 35, 0},
		{"client.presence.subscribe", "100", "account alice\naccounts 100\n", "{}", `{"To_Account":[` + batch(`"u%d"`, 100) + `]}`, nil, 300, 0},
		{"client.presence.unsubscribe", "1", "account alice\naccount bob\nwatch alice bob\n", "{}", `{"To_Account":["bob"]}`, nil, 25, 0},
		{"client.presence.subscriptions", "page of 100", "account alice\naccounts 100\nwatch alice" + strings.ReplaceAll(batch(" u%d", 100), ",", "") + "\n", `{"Limit":0}`, `{}`, nil, 12, 0},
		{"client.profile.get", "1, any field", "account alice\n", "{}", `{"To_Account":["alice"],"TagList":["Tag_Profile_IM_Level"]}`, nil, 8, 0},
		{"client.profile.set", "a field outside the account", "account alice\n", "{}", `{"ProfileItem":[{"Tag":"Tag_Profile_IM_Level","Value":1}]}`, nil, 35, 0},
		{"client.friend.add", "at once, both on 1 device", twoUsers + oneDeviceEach, `{"AddFriendItem":[{"To_Account":"x"}]}`, `{"AddFriendItem":[{"To_Account":"bob","AddSource":"AddSource_Type_Web"}]}`, nil, 45, 0},
		{"client.friend.add", "a request", twoUsers + oneDeviceEach + "allow-friends bob confirm\n", `{"AddFriendItem":[{"To_Account":"x"}]}`, `{"AddFriendItem":[{"To_Account":"bob","AddSource":"AddSource_Type_Web"}]}`, nil, 40, 0},
		{"client.friend.add", "100 at once", twoUsers + "accounts 100\n", `{"AddFriendItem":[{"To_Account":"x"}]}`, `{"AddFriendItem":[` + batch(`{"To_Account":"u%d"}`, 100) + `]}`, nil, 400, 0},
		{"client.friend.check", "100, both ways", twoUsers + "accounts 100\n", `{"To_Account":["x"]}`, `{"To_Account":[` + batch(`"u%d"`, 100) + `]}`, nil, 30, 0},
		{"client.friend.update", "1 remark", twoUsers + "friends alice bob\n", `{"UpdateItem":[{"To_Account":"x"}]}`, `{"UpdateItem":[{"To_Account":"bob","SnsItem":[{"Tag":"Tag_SNS_IM_Remark","Value":"B"}]}]}`, nil, 30, 0},
		{"client.friend.delete", "1, both ways", twoUsers + oneDeviceEach + "friends alice bob\n", `{"To_Account":["x"]}`, `{"To_Account":["bob"],"DeleteType":"Delete_Type_Both"}`, nil, 40, 0},
		{"client.friend.list", "page of 100", twoUsers + hundredFriends, `{"Limit":1}`, `{}`, nil, 20, 0},
		{"client.friend.list", "1 change", twoUsers + hundredFriends + "friends alice bob\n", `{"Limit":1}`, `{"Version":10}`, nil, 20, 0},
		{"client.friend.list", "no change", twoUsers + hundredFriends, `{"Limit":1}`, `{"Version":10}`, nil, 12, 0},
		{"client.friend.get", "100", twoUsers + hundredFriends, `{"To_Account":["x"]}`, `{"To_Account":[` + batch(`"u%d"`, 100) + `]}`, nil, 15, 0},
		{"client.friend.requests", "page of 3", twoUsers + "accounts 3\nallow-friends alice confirm\nfriend-request u1 alice\nfriend-request u2 alice\nfriend-request u3 alice\n", `{"Limit":1}`, `{}`, nil, 15, 0},
		{"client.friend.accept", "both ways", twoUsers + oneDeviceEach + "allow-friends alice confirm\nfriend-request bob alice\n", `{"To_Account":"x"}`, `{"To_Account":"bob"}`, nil, 45, 0},
		{"client.friend.reject", "1", twoUsers + "allow-friends alice confirm\nfriend-request bob alice\n", `{"To_Account":"x"}`, `{"To_Account":"bob"}`, nil, 30, 0},
		{"client.friend.read-requests", "1", twoUsers + "allow-friends alice confirm\nfriend-request bob alice\n", `[]`, `{}`, nil, 30, 0},
		{"client.friend.list-create", "1, with 1 member", twoUsers + "friends alice bob\n", `{}`, `{"GroupName":["work"],"To_Account":["bob"]}`, nil, 60, 0},
		{"client.friend.list-rename", "1 member of 100 friends", twoUsers + hundredFriends + "friend-list alice work u1\n", `{}`, `{"GroupName":"work","NewName":"office"}`, nil, 90, 0},
		{"client.friend.list-delete", "1 member of 100 friends", twoUsers + hundredFriends + "friend-list alice work u1\n", `{}`, `{"GroupName":["work"]}`, nil, 70, 0},
		{"client.friend.list-add", "1", twoUsers + "friends alice bob\nfriend-list alice work\n", `{}`, `{"GroupName":"work","To_Account":["bob"]}`, nil, 40, 0},
		{"client.friend.list-remove", "1", twoUsers + "friends alice bob\nfriend-list alice work bob\n", `{}`, `{"GroupName":"work","To_Account":["bob"]}`, nil, 40, 0},
		{"client.friend.lists", "1 list of 100 friends", twoUsers + hundredFriends + "friend-list alice work u1\n", `[]`, `{}`, nil, 20, 0},
		{"client.block.add", "1 friend", twoUsers + oneDeviceEach + "friends alice bob\n", `{"To_Account":["x"]}`, `{"To_Account":["bob"]}`, nil, 45, 0},
		{"client.block.add", "100", twoUsers + "accounts 100\n", `{"To_Account":["x"]}`, `{"To_Account":[` + batch(`"u%d"`, 100) + `]}`, nil, 400, 0},
		{"client.block.remove", "1", twoUsers + "block alice bob\n", `{"To_Account":["x"]}`, `{"To_Account":["bob"]}`, nil, 30, 0},
		{"client.block.list", "1", twoUsers + "block alice bob\n", `{"Limit":0}`, `{}`, nil, 15, 0},
		{"client.block.check", "100", twoUsers + "accounts 100\n", `{"To_Account":["x"]}`, `{"To_Account":[` + batch(`"u%d"`, 100) + `]}`, nil, 25, 0},
		{"operator.app.create", "1 admin", "", "{}", "{}", nil, 25, 0},
		{"operator.app.get", "any", "", `{"SdkAppId":{app}}`, `{"SdkAppId":{app}}`, nil, 8, 0},
		{"operator.app.list", "page of 1", "", `{"After":{before},"Limit":1}`, `{"After":{before},"Limit":1}`, nil, 8, 0},
		{"operator.app.update", "a name", "", `{"SdkAppId":{app},"Name":"x"}`, `{"SdkAppId":{app},"Name":"y"}`, nil, 20, 0},
		{"operator.app.rotate-key", "1 key before", "", `{"SdkAppId":1}`, `{"SdkAppId":{app}}`, nil, 25, 0},
		{"operator.app.add-admin", "new", "", `{"SdkAppId":1,"UserID":"x"}`, `{"SdkAppId":{app},"UserID":"x"}`, nil, 12, 0},
		{"operator.app.remove-admin", "1 of 2", "admin x\n", `{"SdkAppId":1,"UserID":"x"}`, `{"SdkAppId":{app},"UserID":"x"}`, nil, 12, 0},
		{"operator.history.list", "page of 100 of 100 hours", filesOf100Hours(), `{"SdkAppId":1}`, `{"SdkAppId":{app},"Limit":100}`, nil, 15, 0},
		{"operator.history.get", "page of 100 of 100 messages", hourWithFile, `{"SdkAppId":1}`, `{"SdkAppId":{app},"MsgTime":"2023111506","Limit":100}`, nil, 40, 0},
		{"worker.archive.collect", "100 messages of an hour, besides 1 PUT", "account alice\naccount bob\nmessages alice bob 100\n", "INSERT a b\n", "INSERT alice bob\n", nil, 30, -1},
		{"worker.archive.collect", "100 messages of 100 hours, besides 100 PUT", messageEachHour(), "INSERT a b\n", "INSERT alice bob\n", nil, 300, -1},
		{"worker.archive.merge", "nothing to do", "", "", "", nil, 8, -1},
		{"worker.archive.merge", "an hour of 1 part, besides LIST, GET and PUT", "account alice\naccount bob\nmessages alice bob 100\narchive-collect alice bob\nsleep 1h\n", noWarmCall, "", nil, 100, -1},
		{"worker.archive.expire", "nothing to do, 1 R an application", "", "", "", nil, 20, -1},
		{"worker.index.index", "600 conversations", "account alice\nrows alice 600\n", `{"app":{app},"user":"x"}`, `{"app":{app},"user":"alice"}`, nil, 800, -1},
		{"worker.announce.announce", "no friends", "account alice\n", friendsJob, friendsJob, nil, 10, -1},
		{"worker.announce.announce", "100 friends, 1 online", "account alice\naccounts 100\nfriend-of alice 100\nconnect u1 iPhone i1\n", friendsJob, friendsJob, nil, 60, -1},
		{"worker.announce.announce", "a status, no watchers left", "account alice\naccount bob\nwatch bob alice\nunwatch bob alice\nconnect alice Web w1\n", presenceJobOfNobody, presenceJob, nil, 20, -1},
		{"worker.announce.announce", "a status that they know", "account alice\naccount bob\nwatch bob alice\nconnect alice Web w1\nnotify-watchers alice\n", presenceJobOfNobody, presenceJob, nil, 10, -1},
		{"worker.announce.announce", "a status, 10 watchers online", "account alice\naccounts 10\nwatchers alice 10\n" + tenOnline() + "connect alice Web w1\n", presenceJobOfNobody, presenceJob, nil, 60, -1},
		{"worker.announce.announce", "a status, 3,000 watchers, the first 1,000 of them", "account alice\naccounts 3000\nwatchers alice 3000\n" + tenOnline() + "connect alice Web w1\n", presenceJobOfNobody, presenceJob, nil, 900, -1},
		{"operator.account.get", "any", "account x\n", `{"SdkAppId":1}`, `{"SdkAppId":{app},"UserID":"x"}`, nil, 10, 0},
		{"operator.account.ban", "1 device", "account x\nconnect x iPhone i1\n", `{"SdkAppId":1}`, `{"SdkAppId":{app},"UserID":"x"}`, nil, 40, 0},
		{"operator.account.unban", "banned", "account x\nban x ever\n", `{"SdkAppId":1}`, `{"SdkAppId":{app},"UserID":"x"}`, nil, 15, 0},
		{"worker.delivery.delivery", "1 job, 1 device", "", deliveryJob, deliveryJob, nil, 20, -1},
		{"worker.sweep.sweep", "100 conversations", "account alice\naccounts 100\nsenders alice 100\ndeleted-account alice\n", removalOfNobody, `{"app":{app},"user":"alice","deleted":1700000100}`, nil, 150, -1},
		{"worker.sweep.sweep", "the second job", "deleted-account alice\nsweep\n", removalOfNobody, `{"app":{app},"user":"alice","deleted":1700000000,"again":true}`, nil, 35, -1},
	}
}

// hourWithFile is a seed with the export file of an hour with 100 messages.
const hourWithFile = "account alice\naccount bob\nmessages alice bob 100\narchive-collect alice bob\nsleep 1h\narchive-merge\n"

// messageEachHour is a seed of 100 messages, an hour apart.
func messageEachHour() string {
	return "account alice\naccount bob\n" + strings.Repeat("message alice bob 1\nsleep 1h\n", 100)
}

// filesOf100Hours is a seed with an export file of each of 100 hours.
func filesOf100Hours() string {
	return messageEachHour() + "archive-collect alice bob\narchive-merge\n"
}

// noWarmCall means that there is no call before the measured one, because it would
// have done the work of the worker already.
const noWarmCall = "cold"

// friendsJob is a broadcast to all users who have alice as a friend.
const friendsJob = `{"app":{app},"user":"alice","crowd":"friends","frame":"e30="}`

// presenceJob says that the presence of alice may have changed. presenceJobOfNobody
// says it of a user who does not exist.
const (
	presenceJob         = `{"app":{app},"user":"alice","crowd":"watchers"}`
	presenceJobOfNobody = `{"app":{app},"user":"x","crowd":"watchers"}`
)

// tenOnline is a seed that connects u1 ... u10.
func tenOnline() string {
	var b strings.Builder
	for i := range 10 {
		fmt.Fprintf(&b, "connect u%d iPhone i1\n", i+1)
	}
	return b.String()
}

// removalOfNobody is a job to remove the data of a user who does not exist.
const removalOfNobody = `{"app":{app},"user":"nobody","deleted":1}`

// deliveryJob is a job to deliver a frame to one device of bob.
const deliveryJob = `{"app":{app},"frame":"e30=","attempt":1,"targets":[{"u":"bob","s":"x","c":"bob/i1","t":1700000000000,"f":"iPhone"}]}`

// TestCost measures every operation. It fails if a line is over its budget, if an
// operation has no line, or if the table is stale.
func TestCost(t *testing.T) {
	var lines []Line
	measured := make(map[string]bool)
	for _, s := range slices.Concat(situations(), friendSituations(), conversationSituations()) {
		l := Line{Operation: s.operation, Case: s.name, Units: measure(t, s), Millis: s.millis, HTTP: 1}
		if s.frames != 0 {
			l.HTTP, l.Frames = 0, max(s.frames, 0)
		}
		lines = append(lines, l)
		measured[s.operation] = true
		note := ""
		if s.budget != nil {
			note = fmt.Sprintf("budget W%s R%s S%s L%s P%s", short(s.budget.W), short(s.budget.R), short(s.budget.S), short(s.budget.L), short(s.budget.P))
			if over := s.budget.Over(l.Units); over != "" {
				t.Errorf("%s, %s: %s", s.operation, s.name, over)
			}
		}
		u := l.Units
		t.Logf("%-38s %-40s W%-5g R%-5g S%d L%d P%d  $%-8.2f %s", s.operation, s.name, u.W, u.R, u.S, u.L, u.P, l.USD(), note)
	}
	for _, o := range catalog.All() {
		if !measured[o.Name] {
			t.Errorf("%s has no cost line", o.Name)
		}
	}
	got := Format(lines)
	if testkit.Updating() {
		if err := os.WriteFile(table, []byte(got), 0o644); err != nil { // a document
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(table)
	if err != nil {
		t.Fatalf("%v: make cost writes it", err)
	}
	if got != string(want) {
		t.Errorf("%s is stale: make cost rewrites it, and the commit says why it changed\ngot:\n%s", table, got)
	}
}

// measure plays a situation in a new world and returns what the call consumed.
func measure(t *testing.T, s situation) telemetry.Units {
	t.Helper()
	o := catalog.Find(s.operation)
	if o == nil {
		t.Fatalf("no operation %s", s.operation)
	}
	w := testkit.NewWorld(t, server, testkit.Options{})
	defer w.Forget(t) // the export workers read all applications
	if err := w.Seed(t.Context(), s.seed); err != nil {
		t.Fatalf("%s: seed: %v", s.operation, err)
	}
	if s.warm != noWarmCall {
		if _, _, err := w.Call(t, o, s.warm); err != nil && o.Name != "client.session.authorizer" {
			t.Fatalf("%s: %v", s.operation, err)
		}
	}
	_, meter, err := w.Call(t, o, s.request)
	if err != nil {
		t.Fatalf("%s, %s: %v", s.operation, s.name, err)
	}
	return meter.Units()
}

// TestBudget checks that a measurement that equals its budget is within it.
func TestBudget(t *testing.T) {
	b := Budget{3, 3.5, 0, 1, 2}
	if got := b.Over(telemetry.Units{W: 3, R: 3.5, L: 1, P: 2}); got != "" {
		t.Errorf("equal to the budget: got %q", got)
	}
	if got, want := b.Over(telemetry.Units{W: 4, R: 3.5, L: 1, P: 3}), "W 4 over 3, P 3 over 2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
