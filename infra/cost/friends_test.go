package cost

import "strings"

// friendSituations are calls of the group sns: friends, friend lists and the
// blocklist (docs/spec/tencent §8).
func friendSituations() []situation {
	const (
		twoUsers = "account alice\naccount bob\n"
		warm     = `{"From_Account":"x","To_Account":["y"]}`
	)
	ofUsers := func(n int) string { return `{"From_Account":"alice","To_Account":[` + batch(`"u%d"`, n) + `]` }
	seedUsers := func(word string, n int) string {
		return word + " alice" + strings.ReplaceAll(batch(" u%d", n), ",", "") + "\n"
	}
	hundred := "account alice\naccounts 100\n"
	friends := hundred + seedUsers("friends", 100)
	addItems := func(item string, n int) string {
		return `{"From_Account":"alice","AddFriendItem":[` + batch(item, n) + `]}`
	}
	addBob := `{"From_Account":"alice","AddFriendItem":[{"To_Account":"bob"}]}`
	updateBob := `{"From_Account":"alice","UpdateItem":[{"To_Account":"bob","SnsItem":[{"Tag":"Tag_SNS_IM_Remark","Value":"B"}]}]}`
	return []situation{
		{"tencent.sns.friend_add", "1, both ways, nobody online", twoUsers, warm, addBob, nil, 60, 0},
		{"tencent.sns.friend_add", "1, a request", twoUsers + "allow-friends bob confirm\n", warm, addBob, nil, 50, 0},
		{"tencent.sns.friend_add", "100, both ways", hundred, warm, addItems(`{"To_Account":"u%d"}`, 100), nil, 500, 0},
		{"tencent.sns.friend_import", "1", twoUsers, warm, addBob, nil, 50, 0},
		{"tencent.sns.friend_import", "100", hundred, warm, addItems(`{"To_Account":"u%d"}`, 100), nil, 400, 0},
		{"tencent.sns.friend_update", "1", twoUsers + "friends alice bob\n", warm, updateBob, nil, 40, 0},
		{"tencent.sns.friend_delete", "1, both ways", twoUsers + "friends alice bob\n", warm, `{"From_Account":"alice","To_Account":["bob"],"DeleteType":"Delete_Type_Both"}`, nil, 60, 0},
		{"tencent.sns.friend_delete_all", "100, both ways", friends, warm, `{"From_Account":"alice","DeleteType":"Delete_Type_Both"}`, nil, 600, 0},
		{"tencent.sns.friend_check", "1, both ways", twoUsers, warm, `{"From_Account":"alice","To_Account":["bob"],"CheckType":"CheckResult_Type_Both"}`, nil, 15, 0},
		{"tencent.sns.friend_check", "100, both ways", friends, warm, ofUsers(100) + `,"CheckType":"CheckResult_Type_Both"}`, nil, 30, 0},
		{"tencent.sns.friend_get", "100 friends", friends, warm, `{"From_Account":"alice","StartIndex":0}`, nil, 25, 0},
		{"tencent.sns.friend_get", "nothing changed", friends, warm, `{"From_Account":"alice","StartIndex":0,"StandardSequence":8,"CustomSequence":8}`, nil, 25, 0},
		{"tencent.sns.friend_get_list", "100 friends", friends, warm, ofUsers(100) + `,"TagList":["Tag_SNS_IM_Remark"]}`, nil, 25, 0},
		{"tencent.sns.black_list_add", "1 stranger", twoUsers, warm, `{"From_Account":"alice","To_Account":["bob"]}`, nil, 50, 0},
		{"tencent.sns.black_list_add", "1 friend", twoUsers + "friends alice bob\n", warm, `{"From_Account":"alice","To_Account":["bob"]}`, nil, 60, 0},
		{"tencent.sns.black_list_delete", "1", twoUsers + "block alice bob\n", warm, `{"From_Account":"alice","To_Account":["bob"]}`, nil, 40, 0},
		{"tencent.sns.black_list_get", "100", hundred + seedUsers("block", 100), warm, `{"From_Account":"alice","StartIndex":0,"MaxLimited":100,"LastSequence":0}`, nil, 20, 0},
		{"tencent.sns.black_list_check", "1, both ways", twoUsers, warm, `{"From_Account":"alice","To_Account":["bob"],"CheckType":"BlackCheckResult_Type_Both"}`, nil, 15, 0},
		{"tencent.sns.group_add", "1, no friends", twoUsers, warm, `{"From_Account":"alice","GroupName":["work"]}`, nil, 40, 0},
		{"tencent.sns.group_delete", "1 with 1 friend", twoUsers + "friends alice bob\nfriend-list alice work bob\n", warm, `{"From_Account":"alice","GroupName":["work"]}`, nil, 80, 0},
		{"tencent.sns.group_get", "1 list, 100 friends", friends + "friend-list alice work u1 u2\n", warm, `{"From_Account":"alice"}`, nil, 25, 0},
	}
}
