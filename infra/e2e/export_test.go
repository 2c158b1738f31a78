package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5" // the vendor's answer has it
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/infra/local"
	"parley/infra/local/backing"
	"parley/infra/local/fault"
	"parley/shared/attempt"
	"parley/shared/clock"
	"parley/shared/config"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/archive"
	chatid "parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo/wire"
	"parley/shared/objects"
	"parley/shared/s3"
	"parley/shared/store"
	"parley/shared/store/schema"
)

// TestExport sends messages while the export workers are killed again and again. All of
// them are in the parts of this hour. The messages of an hour that is over, which are
// written as an import writes them, are in its file exactly once each. The file cannot be
// fetched by any URL but the one in the answer.
func TestExport(t *testing.T) {
	t.Parallel()
	const n = 200
	c := ownCloud(t, local.Options{})
	a := newApp(t, c.endpoints(), nil, "alice", "bob")
	if err := a.v4("open_msg_svc/get_history", fields{"ChatType": "C2C", "MsgTime": v4.FormatHour(archive.NameOf(time.Now()))}, nil); codeOf(err) != 1004 {
		t.Errorf("get_history before the first message: %v, want 1004", err)
	}
	for _, r := range []fault.Rule{
		{Do: fault.KillBefore, Operation: "PutItem", Function: "worker.archive.collect", Times: 3},
		{Do: fault.KillAfter, Operation: "PutItem", Function: "worker.archive.collect", Times: 3},
		{Do: fault.KillBefore, Operation: "PutItem", Function: "worker.archive.merge", Times: 1},
		{Do: fault.KillBefore, Operation: "DeleteItem", Function: "worker.archive.merge", Times: 1},
		{Do: fault.KillAfter, Operation: "DeleteItem", Function: "worker.archive.merge", Times: 1},
	} {
		r.On = fault.OnDynamoDB
		if err := c.stack.Faults.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	tables := map[schema.Table]string{}
	for _, table := range c.stack.Model.Tables {
		tables[schema.Table(strings.ToLower(table.Path[strings.LastIndexByte(table.Path, '/')+1:]))] = table.Name
	}
	call, err := wire.New(wire.Options{
		Region: "us-east-1", Endpoint: c.stack.DynamoDB.Endpoint(), Credentials: backing.Credentials(), Retryer: attempt.Retryer,
		Clock: clock.System{},
	})
	if err != nil {
		t.Fatal(err)
	}
	db := store.New(call.Do, schema.TableNames(config.Tables{
		Core: tables[schema.Core], Msg: tables[schema.Msg], Live: tables[schema.Live], Ops: tables[schema.Ops],
	}))
	old := time.Now().Add(-2 * time.Hour).Truncate(time.Hour)
	sent := map[string]bool{} // the messages, as describe formats them
	for i := range n {
		from, to := "alice", "bob"
		if i%3 == 0 {
			from, to = to, from
		}
		if err := a.v4("openim/sendmsg", fields{"From_Account": from, "To_Account": to, "MsgSeq": i, "MsgRandom": i, "MsgBody": text(fmt.Sprint(i))}, nil); err != nil {
			t.Fatal(err)
		}
		m := timeline.Message{
			Key:  timeline.Key{Time: old.Unix() + int64(i%7), Seq: uint32(i), Random: uint32(i)}, // small
			From: from, Chat: chatid.Between(from, to), Offset: 1, Epoch: 1, Expires: time.Now().Unix() + 86400,
			Content: content.Content{Elements: []content.Element{content.NewText(fmt.Sprint(i))}},
		}
		if _, err := db.Timeline.PutMessage(t.Context(), a.id, m); err != nil {
			t.Fatal(err)
		}
		sent[describe(from, to, i)] = true
	}

	files := objects.New(s3.New(s3.Options{
		Region: "us-east-1", Endpoint: c.stack.Objects.Endpoint(), Bucket: c.stack.Model.Buckets[0], Credentials: backing.Credentials(),
		Retryer: attempt.Retryer, Transport: s3.NewTransport(), Clock: clock.System{},
	}), backing.Credentials())
	t.Cleanup(func() {
		if t.Failed() {
			calls := c.invocations("worker.archive.collect")
			t.Logf("%d batches were collected, injected faults: %v", len(calls), c.stack.Faults.Fired())
			for _, r := range calls[max(0, len(calls)-3):] {
				t.Logf("%s %.300s", r.Result.FunctionError, r.Result.Payload)
			}
		}
	})
	eventually(t, "every message is in a part of its hour", func() bool {
		found := map[string]bool{}
		for _, hour := range []string{archive.NameOf(time.Now()), archive.NameOf(time.Now().Add(-time.Hour))} {
			for _, l := range parts(t, files, archive.Hour{App: a.id, Type: archive.Direct, Name: hour}) {
				found[l] = true
			}
		}
		return maps.Equal(found, sent)
	})

	var answer struct {
		File []struct {
			URL, ExpireTime, FileMD5, GzipMD5 string
			FileSize, GzipSize                int
		}
	}
	var list []string
	eventually(t, "the file of the hour that is over", func() bool {
		if fired := c.stack.Sources.InvokeScheduled(t.Context(), "worker.archive.merge"); fired != 1 {
			t.Fatalf("%d schedules invoke the merge, want 1", fired)
		}
		if a.v4("open_msg_svc/get_history", fields{"ChatType": "C2C", "MsgTime": v4.FormatHour(archive.NameOf(old))}, &answer) != nil || len(answer.File) != 1 {
			return false
		}
		f := answer.File[0]
		packed := fetch(t, f.URL, http.StatusOK)
		plain := unpack(t, packed)
		if len(packed) != f.GzipSize || len(plain) != f.FileSize || fmt.Sprintf("%x", md5.Sum(packed)) != f.GzipMD5 || fmt.Sprintf("%x", md5.Sum(plain)) != f.FileMD5 { // as above
			t.Fatalf("the file is not what the answer says: %+v", f)
		}
		var file struct{ MsgList []exported }
		if err := json.Unmarshal(plain, &file); err != nil {
			t.Fatal(err)
		}
		list = list[:0]
		for _, m := range file.MsgList {
			list = append(list, m.describe())
		}
		return len(list) >= n
	})
	if want := slices.Sorted(maps.Keys(sent)); !slices.Equal(slices.Sorted(slices.Values(list)), want) {
		t.Errorf("the file has %d messages, want each of %d once", len(list), len(want))
	}
	for i, fired := range c.stack.Faults.Fired() {
		if fired == 0 {
			t.Errorf("fault %d was never injected", i)
		}
	}

	good := answer.File[0].URL
	bare, _, _ := strings.Cut(good, "?")
	for what, url := range map[string]string{
		"without its signature":  bare,
		"of another object":      strings.Replace(good, archive.NameOf(old), archive.NameOf(old.Add(time.Hour)), 1),
		"that lives longer":      strings.Replace(good, "X-Amz-Expires=3600", "X-Amz-Expires=36000", 1),
		"with another signature": good[:len(good)-8] + "00000000",
	} {
		if url == good {
			t.Errorf("the URL %s is the same: %s", what, url)
		}
		fetch(t, url, http.StatusForbidden)
	}
	var hours struct{ Hours []struct{ MsgTime string } }
	if err := a.endpoints.operator("history.list", fields{"SdkAppId": a.id}, &hours); err != nil || len(hours.Hours) != 1 || hours.Hours[0].MsgTime != v4.FormatHour(archive.NameOf(old)) {
		t.Errorf("the operator's list: %+v, %v", hours, err)
	}
}

// exported is a message in a part or a file.
type exported struct {
	From    string `json:"From_Account"`
	To      string `json:"To_Account"`
	Seq     int    `json:"MsgSeq"`
	MsgBody []struct{ MsgContent struct{ Text string } }
}

// describe formats the message. A message whose text is not its MsgSeq is formatted
// otherwise, so that it is not equal to any that was sent.
func (e exported) describe() string {
	if len(e.MsgBody) != 1 || e.MsgBody[0].MsgContent.Text != fmt.Sprint(e.Seq) {
		return fmt.Sprintf("%+v", e)
	}
	return describe(e.From, e.To, e.Seq)
}

// describe formats message n.
func describe(from, to string, n int) string { return fmt.Sprintf("%s to %s: %d", from, to, n) }

// parts returns the messages in the parts of an hour. Some may be there twice.
func parts(t *testing.T, files *objects.Archive, h archive.Hour) []string {
	t.Helper()
	ctx := context.Background()
	ids, err := files.Parts(ctx, h)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, id := range ids {
		body, err := files.Part(ctx, h, id)
		if err != nil {
			t.Fatal(err)
		}
		packed, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(unpack(t, packed)))
		for d.More() {
			var line struct {
				Message exported `json:"m"`
			}
			if err := d.Decode(&line); err != nil {
				t.Fatal(err)
			}
			out = append(out, line.Message.describe())
		}
	}
	return out
}

// fetch gets a URL and fails the test if the status is not the expected one.
func fetch(t *testing.T, url string, want int) []byte {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	status, body, err := send(request)
	if err != nil || status != want {
		t.Errorf("%s: status %d, %v, want %d: %.200s", url, status, err, want, body)
	}
	return body
}

// unpack decompresses a file.
func unpack(t *testing.T, packed []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}
