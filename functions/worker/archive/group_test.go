package archive

import (
	"slices"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/archive"
)

// TestGroupFile: the file of an hour has the messages of all groups in the order of their times,
// and no tips.
func TestGroupFile(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	seed := `
		account alice
		account bob
		group chess public alice
		group go public alice
		member chess bob
		group-messages alice chess 2
		group-tip chess alice bob
		group-message bob go 7
		sleep 1s
		group-message-full alice chess 8
		message alice bob 1
		archive-collect @group chess @group go alice bob
		sleep 1h
		archive-merge`
	if err := w.Seed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	got := readFilesOf(t, w, archive.Group, "Group")["2023111422"]
	text := func(s string) string {
		return `"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"` + s + `"}}]`
	}
	want := []string{
		`{"From_Account":"alice","GroupId":"chess","MsgTimestamp":1700000000,"MsgSeq":1,"MsgRandom":1,` + text("text 1") + `}`,
		`{"From_Account":"alice","GroupId":"chess","MsgTimestamp":1700000001,"MsgSeq":2,"MsgRandom":2,` + text("text 2") + `}`,
		`{"From_Account":"bob","GroupId":"go","MsgTimestamp":1700000002,"MsgSeq":1,"MsgRandom":7,` + text("text 7") + `}`,
		`{"From_Account":"alice","GroupId":"chess","MsgTimestamp":1700000003,"MsgSeq":4,"MsgRandom":8,` + text("text 8") + `,"CloudCustomData":"custom"}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
