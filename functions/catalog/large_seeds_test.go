package catalog

import (
	"fmt"
	"strings"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/direct"
	"parley/shared/domain/inbox"
	"parley/shared/domain/profiles"
	"parley/shared/domain/relations"
)

// largeSeeds returns seeds for the operations whose answers grow with what is stored. The
// ids in the requests are those of userID.
func largeSeeds() map[string]largeSeed {
	tags := `"Tag_Profile_IM_Nick","Tag_Profile_IM_Image","Tag_Profile_IM_SelfSignature"`
	sns := `"Tag_SNS_IM_Remark","Tag_SNS_IM_Group","Tag_SNS_IM_AddWording"`
	for i := range 20 {
		tags += fmt.Sprintf(`,"Tag_Profile_Custom_%s"`, word(i))
		sns += fmt.Sprintf(`,"Tag_SNS_Custom_%s"`, word(i))
	}
	return map[string]largeSeed{
		"client.profile.get":               {fullProfiles, `{"To_Account":["bob"],"TagList":[` + tags + `]}`, 2 << 20},
		"tencent.profile.portrait_get":     {fullProfiles, `{"To_Account":["bob"],"TagList":[` + tags + `]}`, 2 << 20},
		"client.friend.list":               {fullFriends, "", 80 << 10},
		"client.friend.get":                {fullFriends, "", 0},
		"client.friend.lists":              {fullFriends, "", 80 << 10},
		"tencent.sns.friend_get":           {fullFriends, "", 1 << 20},
		"tencent.sns.friend_get_list":      {fullFriends, `{"From_Account":"alice","To_Account":["bob"],"TagList":[` + sns + `]}`, 1 << 20},
		"tencent.sns.group_get":            {fullFriends, "", 100 << 10},
		"client.conversation.list":         {fullConversations, "", 50 << 10},
		"client.conversation.get":          {fullConversations, "", 10 << 10},
		"client.conversation.groups":       {fullConversations, "", 50 << 10},
		"client.conversation.unread":       {fullConversations, "", 0},
		"client.session.sync":              {fullConversations, `{"Since":0}`, 50 << 10},
		"tencent.recent.get_list":          {fullConversations, "", 10 << 10},
		"tencent.recent.get_contact_group": {fullConversations, "", 10 << 10},
		"client.message.history":           {fullTimeline, `{"To_Account":"bob","Limit":100}`, 80 << 10},
		"client.message.search":            {fullTimeline, `{"Keywords":["\""]}`, 50 << 10},
		"client.message.changes":           {fullTimeline, "", 0},
		"tencent.message.admin_getroammsg": {
			fullTimeline, `{"Operator_Account":"bob","Peer_Account":"alice","MaxCnt":100,"MinTime":1700000000,"MaxTime":4102444800}`, 10 << 10,
		},
		"client.presence.get":       {connected(500), "", 50 << 10},
		"client.presence.subscribe": {connected(100), "", 10 << 10},
	}
}

// word returns the name of a custom field.
func word(i int) string { return "Field" + string(rune('A'+i)) }

// quotes returns n bytes of text that take twice as many bytes in JSON.
func quotes(n int) string { return strings.Repeat(`"`, n) }

// declareFields declares all custom fields that an application may have.
func declareFields(t *testing.T, w *testkit.World) {
	t.Helper()
	a, err := w.App.Apps.Get(t.Context(), w.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		f := apps.Field{Name: word(i), UserReads: true, UserWrites: true}
		a.Settings.ProfileFields, a.Settings.FriendFields = append(a.Settings.ProfileFields, f), append(a.Settings.FriendFields, f)
	}
	if _, err := w.App.Apps.Update(t.Context(), w.ID, a.Settings); err != nil {
		t.Fatal(err)
	}
}

// importUsers imports bob and the first n users of userID.
func importUsers(t *testing.T, w *testkit.World, n int) {
	t.Helper()
	tenant := w.Tenant(t)
	if err := w.Seed(t.Context(), "account bob\n"); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := tenant.Accounts.Import(t.Context(), accounts.Import{ID: userID(i)}); err != nil {
			t.Fatal(err)
		}
	}
}

// fullProfiles gives users profiles of maximum size.
func fullProfiles(t *testing.T, w *testkit.World) {
	t.Helper()
	declareFields(t, w)
	importUsers(t, w, profiles.MaxUsers)
	c := profiles.Mutation{
		Fields: map[profiles.Name]any{profiles.Nick: quotes(500), profiles.Face: quotes(500), profiles.Signature: quotes(500)},
		Custom: map[string]string{},
	}
	for i := range 20 {
		c.Custom[word(i)] = quotes(500)
	}
	tenant := w.Tenant(t)
	for i := range profiles.MaxUsers {
		if err := tenant.Profiles.Set(t.Context(), userID(i), c, true, delivery.Origin{}); err != nil {
			t.Fatal(err)
		}
	}
}

// fullFriends gives alice 100 friends with entries of maximum size.
func fullFriends(t *testing.T, w *testkit.World) {
	t.Helper()
	const friends, lists = 100, 32
	declareFields(t, w)
	importUsers(t, w, friends)
	f := relations.Friend{Remark: quotes(96), Wording: quotes(256), Source: "Web", Custom: map[string]any{}, AddedAt: 1}
	for i := range 20 {
		f.Custom[word(i)] = quotes(500)
	}
	for i := range lists {
		f.Lists = append(f.Lists, fmt.Sprintf("%s%02d", quotes(28), i))
	}
	list := make([]relations.Friend, friends)
	for i := range list {
		list[i] = f
		list[i].Peer = userID(i)
	}
	errs, err := w.Tenant(t).Relations.ImportFriends(t.Context(), "alice", list, delivery.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// fullConversations gives alice 110 conversations with data of maximum size.
func fullConversations(t *testing.T, w *testkit.World) {
	t.Helper()
	const rows = 110
	importUsers(t, w, rows)
	tenant := w.Tenant(t)
	peers := make([]string, rows)
	var labels inbox.LabelChange
	for i := range rows {
		peers[i] = userID(i)
		_, err := tenant.Direct.Send(t.Context(), direct.SendRequest{
			From: peers[i], To: "alice", Random: uint32(i), Trusted: true,
			Content: content.Content{Elements: []content.Element{testkit.Text(strings.Repeat("\x01", 200))}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	custom := quotes(256)
	labels.Custom = &custom
	list := make([]inbox.LabelChange, rows)
	for i := range list {
		list[i] = labels
	}
	for from := 0; from < rows; from += 50 {
		to := min(from+50, rows)
		if _, err := tenant.Inbox.SetLabels(t.Context(), "alice", chat.BetweenEach("alice", peers[from:to]), list[from:to], delivery.Origin{}); err != nil {
			t.Fatal(err)
		}
	}
}

// fullTimeline stores 100 messages of nearly maximum size.
func fullTimeline(t *testing.T, w *testkit.World) {
	t.Helper()
	importUsers(t, w, 0)
	tenant := w.Tenant(t)
	for i := range 100 {
		_, err := tenant.Direct.Send(t.Context(), direct.SendRequest{
			From: "bob", To: "alice", Random: uint32(i), Trusted: true,
			Content: content.Content{Elements: []content.Element{testkit.Text(quotes(5500))}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// connected connects users, each with a custom status of maximum length.
func connected(users int) func(t *testing.T, w *testkit.World) {
	return func(t *testing.T, w *testkit.World) {
		t.Helper()
		importUsers(t, w, users)
		tenant := w.Tenant(t)
		for i := range users {
			if err := w.Connect(t.Context(), tenant, userID(i), "Web", "w1"); err != nil {
				t.Fatal(err)
			}
			if err := tenant.Presence.SetStatus(t.Context(), userID(i), quotes(64), delivery.Origin{}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
