package arch

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parley/infra/arch/words"
)

// withVendorWords lists the files of the domain that still have words of a vendor. The
// list only becomes shorter: remove a file when it has none.
func withVendorWords() []string {
	return []string{
		"shared/domain/direct/send.go",
		"shared/domain/timeline/change.go", "shared/domain/timeline/message.go",
	}
}

// TestTheDomainHasNoVendorWords looks for words of the vendors' protocols in the code,
// the texts, the tags and the comments of the domain and of the list of faults. A
// dialect has these words, and the domain has its own (docs/glossary.md).
func TestTheDomainHasNoVendorWords(t *testing.T) {
	left, files := withVendorWords(), 0
	for _, folder := range []string{"shared/domain", "shared/fault"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			files++
			rel, found := filepath.ToSlash(rel), 0
			at := slices.Index(left, rel)
			for i, line := range strings.Split(string(text), "\n") {
				list := words.Vendors(line)
				if found += len(list); len(list) > 0 && at < 0 {
					t.Errorf("%s:%d: %q are words of a vendor", rel, i+1, list)
				}
			}
			if at >= 0 {
				left = slices.Delete(left, at, at+1)
				if found == 0 {
					t.Errorf("%s has no words of a vendor any more: remove it from withVendorWords", rel)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(left) > 0 || files < 100 {
		t.Errorf("withVendorWords has files that do not exist: %q (looked at %d files)", left, files)
	}
}

// TestVendorWords shows what is a word of a vendor.
func TestVendorWords(t *testing.T) {
	for text, want := range map[string]string{
		`Kind = "TIMTextElem"`:                         "TIMTextElem",
		"`json:\"MsgBody\"`":                           "MsgBody",
		`JsonMsgKey of From_Account`:                   "JsonMsgKey From_Account",
		`// docs/spec/tencent §6.1 says so`:            "",
		`// as in the v4 API`:                          "v4",
		`time.FixedZone("UTC+8", 8)`:                   "UTC+8",
		`the message body, the timeline, ErrorCodes`:   "",
		`Tag_Profile_IM_Nick and the mark of a UserID`: "Tag_Profile_IM_Nick UserID",
	} {
		if got := strings.Join(words.Vendors(text), " "); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
