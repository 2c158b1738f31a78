package cost

import "strings"

// relations are the situations of sns (core spec §8).
func relations() []situation {
	const (
		pair = "account alice\naccount bob\n"
		warm = `{"From_Account":"x","To_Account":["y"]}`
	)
	some := func(n int) string { return `{"From_Account":"alice","To_Account":[` + batch(`"u%d"`, n) + `]` }
	users := func(word string, n int) string {
		return word + " alice" + strings.ReplaceAll(batch(" u%d", n), ",", "") + "\n"
	}
	hundred := "account alice\naccounts 100\n"
	friends := hundred + users("friends", 100)
	items := func(item string, n int) string {
		return `{"From_Account":"alice","AddFriendItem":[` + batch(item, n) + `]}`
	}
	one := `{"From_Account":"alice","AddFriendItem":[{"To_Account":"bob"}]}`
	update := `{"From_Account":"alice","UpdateItem":[{"To_Account":"bob","SnsItem":[{"Tag":"Tag_SNS_IM_Remark","Value":"B"}]}]}`
	return []situation{
		{"tencent.sns.friend_add", "1, both ways, nobody online", pair, warm, one, nil, 60, 0},
		{"tencent.sns.friend_add", "1, a request", pair + "allow bob confirm\n", warm, one, nil, 50, 0},
		{"tencent.sns.friend_add", "100, both ways", hundred, warm, items(`{"To_Account":"u%d"}`, 100), nil, 500, 0},
		{"tencent.sns.friend_import", "1", pair, warm, one, nil, 50, 0},
		{"tencent.sns.friend_import", "100", hundred, warm, items(`{"To_Account":"u%d"}`, 100), nil, 400, 0},
		{"tencent.sns.friend_update", "1", pair + "friends alice bob\n", warm, update, nil, 40, 0},
		{"tencent.sns.friend_delete", "1, both ways", pair + "friends alice bob\n", warm, `{"From_Account":"alice","To_Account":["bob"],"DeleteType":"Delete_Type_Both"}`, nil, 60, 0},
		{"tencent.sns.friend_delete_all", "100, both ways", friends, warm, `{"From_Account":"alice","DeleteType":"Delete_Type_Both"}`, nil, 600, 0},
		{"tencent.sns.friend_check", "1, both ways", pair, warm, `{"From_Account":"alice","To_Account":["bob"],"CheckType":"CheckResult_Type_Both"}`, nil, 15, 0},
		{"tencent.sns.friend_check", "100, both ways", friends, warm, some(100) + `,"CheckType":"CheckResult_Type_Both"}`, nil, 30, 0},
		{"tencent.sns.friend_get", "100 friends", friends, warm, `{"From_Account":"alice","StartIndex":0}`, nil, 25, 0},
		{"tencent.sns.friend_get", "nothing changed", friends, warm, `{"From_Account":"alice","StartIndex":0,"StandardSequence":8,"CustomSequence":8}`, nil, 25, 0},
		{"tencent.sns.friend_get_list", "100 friends", friends, warm, some(100) + `,"TagList":["Tag_SNS_IM_Remark"]}`, nil, 25, 0},
		{"tencent.sns.black_list_add", "1 stranger", pair, warm, `{"From_Account":"alice","To_Account":["bob"]}`, nil, 50, 0},
		{"tencent.sns.black_list_add", "1 friend", pair + "friends alice bob\n", warm, `{"From_Account":"alice","To_Account":["bob"]}`, nil, 60, 0},
		{"tencent.sns.black_list_delete", "1", pair + "block alice bob\n", warm, `{"From_Account":"alice","To_Account":["bob"]}`, nil, 40, 0},
		{"tencent.sns.black_list_get", "100", hundred + users("block", 100), warm, `{"From_Account":"alice","StartIndex":0,"MaxLimited":100,"LastSequence":0}`, nil, 20, 0},
		{"tencent.sns.black_list_check", "1, both ways", pair, warm, `{"From_Account":"alice","To_Account":["bob"],"CheckType":"BlackCheckResult_Type_Both"}`, nil, 15, 0},
		{"tencent.sns.group_add", "1, no friends", pair, warm, `{"From_Account":"alice","GroupName":["work"]}`, nil, 40, 0},
		{"tencent.sns.group_delete", "1 with 1 friend", pair + "friends alice bob\nlist alice work bob\n", warm, `{"From_Account":"alice","GroupName":["work"]}`, nil, 80, 0},
		{"tencent.sns.group_get", "1 list, 100 friends", friends + "list alice work u1 u2\n", warm, `{"From_Account":"alice"}`, nil, 25, 0},
	}
}
