package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/infra/local"
	"parley/infra/local/backing"
	"parley/infra/local/fault"
	"parley/infra/testkit"
)

// TestDeleteAnAccount deletes an account. It is deleted for everybody at once, and its
// data is removed soon, even if the worker is killed in the middle. Its messages stay for
// its peers, and its id can be imported again.
func TestDeleteAnAccount(t *testing.T) {
	t.Parallel()
	c := ownCloud(t, local.Options{QueueRetry: time.Second})
	const peers = 60
	users := []string{"carol"}
	for i := range peers {
		users = append(users, fmt.Sprintf("peer%d", i))
	}
	a := newApp(t, c.endpoints(), fields{"LoginPolicy": "multi", "Edition": "developer"}, users...)
	carol, peer := a.device(t, "carol", "Web", "web"), a.device(t, "peer7", "Web", "web")
	for i, user := range users[1:] {
		from, to := user, "carol"
		if i%2 == 1 {
			from, to = to, from
		}
		if err := a.v4("openim/sendmsg", fields{"From_Account": from, "To_Account": to, "MsgSeq": i, "MsgRandom": i, "MsgBody": text("hello " + user)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.items(t, a, "carol"); len(got) != 1+peers {
		t.Fatalf("carol has %d items before the deletion, want %d", len(got), 1+peers)
	}
	before := storedKeys(t, a, "peer7", "carol")
	old := time.Now()

	rule := fault.Rule{On: fault.OnDynamoDB, Do: fault.KillAfter, Operation: "BatchWriteItem", Function: "worker.background.run", Nth: 2, Times: 1}
	if err := c.stack.Faults.Add(rule); err != nil {
		t.Fatal(err)
	}
	var deleted struct {
		ResultItem []struct {
			UserID     string
			ResultCode int
		}
	}
	if err := a.v4("im_open_login_svc/account_delete", fields{"DeleteItem": []fields{{"UserID": "carol"}}}, &deleted); err != nil {
		t.Fatal(err)
	}
	if len(deleted.ResultItem) != 1 || deleted.ResultItem[0].ResultCode != 0 {
		t.Fatalf("account_delete: %+v", deleted)
	}
	carol.waitForEnd(t)
	if kicks := carol.events("session.kick"); len(kicks) != 1 || !strings.Contains(string(kicks[0].Body), `"deleted"`) {
		t.Errorf("carol received %v, want one session.kick", kicks)
	}
	if err := carol.connect(deadline(t)); err == nil {
		t.Error("carol can connect after the deletion")
	}
	eventually(t, "the worker is killed", func() bool { return c.stack.Faults.Fired()[0] == 1 })
	if got := c.items(t, a, "carol"); len(got) <= 1 || len(got) > peers {
		t.Errorf("%d items are left after the worker was killed", len(got))
	}
	if err := a.v4("im_open_login_svc/account_import", fields{"UserID": "carol"}, nil); codeOf(err) != 70402 {
		t.Errorf("import during the removal: %v, want 70402", err)
	}
	// SQS delivers the job again. It is done after the claim of the killed worker ends.
	eventually(t, "only the deleted account item is left", func() bool { return slices.Equal(c.items(t, a, "carol"), []string{"ACC"}) })
	if got := storedKeys(t, a, "peer7", "carol"); !slices.Equal(got, before) || len(got) != 1 {
		t.Errorf("peer7 reads %v, want %v", got, before)
	}
	if _, err := peer.inbox.sync(deadline(t), peer.call); err != nil || peer.inbox.row("carol").Peer == "" {
		t.Errorf("peer7's row for carol: %+v, %v", peer.inbox.row("carol"), err)
	}
	// The rest of the removal does not touch the data of the new account.
	eventually(t, "the id can be imported", func() bool {
		return a.v4("im_open_login_svc/account_import", fields{"UserID": "carol"}, nil) == nil
	})
	authorization := fmt.Sprintf("UserSig %d carol %s", a.id, a.signAt("carol", old))
	send := fields{"To_Account": "peer7", "MsgSeq": 1, "MsgRandom": 1, "MsgBody": text("anew")}
	if err := a.callAs(deadline(t), authorization, "", "message.send", send, nil); err == nil {
		t.Error("a signature of the deleted account is valid for the new one")
	}
	if err := a.call(deadline(t), "carol", "", "message.send", send, nil); err != nil {
		t.Errorf("carol sends after the import: %v", err)
	}
	c.waitForEmptyQueues(t)
	if got := c.items(t, a, "carol"); !slices.Equal(got, []string{"ACC", "K#c#peer7"}) {
		t.Errorf("carol has %q, want only the new conversation", got)
	}
}

// items lists the sort keys of what belongs to a user in the table core.
func (c *cloud) items(t *testing.T, a *app, user string) []string {
	t.Helper()
	var keys []string
	client := backing.Client(c.stack.DynamoDB.Endpoint())
	for _, table := range c.stack.Model.Tables {
		if !strings.HasSuffix(table.Path, "Core") {
			continue
		}
		for _, pk := range testkit.UserPartitions(a.id, user) {
			in := &dynamodb.QueryInput{
				TableName: &table.Name, KeyConditionExpression: aws.String("pk = :pk"), ConsistentRead: aws.Bool(true),
				ExpressionAttributeValues: map[string]types.AttributeValue{":pk": &types.AttributeValueMemberS{Value: pk}},
			}
			out, err := client.Query(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range out.Items {
				keys = append(keys, item["sk"].(*types.AttributeValueMemberS).Value)
			}
		}
	}
	return keys
}
