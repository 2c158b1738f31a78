package arch

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/infra/arch/words"
)

// TestTheDomainHasNoVendorWords looks for words of the vendors' protocols in the code,
// the texts, the tags and the comments of the domain and of the list of faults. A
// dialect has these words, and the domain has its own (docs/glossary.md).
func TestTheDomainHasNoVendorWords(t *testing.T) {
	files := 0
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
			for i, line := range strings.Split(string(text), "\n") {
				if list := words.Vendors(line); len(list) > 0 {
					t.Errorf("%s:%d: %q are words of a vendor", filepath.ToSlash(rel), i+1, list)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 100 {
		t.Errorf("looked at %d files, want at least 100", files)
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
