package accounts_test

import (
	"strings"
	"testing"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
)

func TestCheckIDAcceptsPrintableASCIIOf1To32Bytes(t *testing.T) {
	for _, id := range []string{"a", " ", "~", "a#b", "@RBT#001", `"'\`, strings.Repeat("z", 32)} {
		if err := accounts.CheckID(id); err != nil {
			t.Errorf("CheckID(%q): %v, want nil", id, err)
		}
	}
	for c := range 256 {
		err := accounts.CheckID("a" + string([]byte{byte(c)}))
		if got, want := err == nil, c >= 0x20 && c <= 0x7e; got != want {
			t.Errorf("an id with byte %#x is accepted: %t, want %t", c, got, want)
		}
	}
	for _, id := range []string{"", strings.Repeat("z", 33), "é", "中"} {
		if err := accounts.CheckID(id); !fault.Is(err, fault.Invalid) {
			t.Errorf("CheckID(%q): %v, want %s", id, err, fault.Invalid)
		}
	}
}
