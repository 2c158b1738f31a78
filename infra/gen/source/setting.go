package source

import (
	"fmt"
	"reflect"
	"strings"

	"parley/shared/domain/apps"
)

// settingRule says what the tags of a setting or limit of an application allow. It returns
// "" for every other field.
func settingRule(dir string, tag reflect.StructTag) string {
	if dir != "shared/domain/apps" || tag.Get("stored") == "" {
		return ""
	}
	r := apps.ParseRow("", tag)
	switch {
	case len(r.Values) > 0:
		return "one of " + strings.Join(r.Values, ", ") + "; by default " + r.Word
	case r.Bytes > 0:
		return fmt.Sprintf("up to %d bytes", r.Bytes)
	case r.Max > 0:
		return fmt.Sprintf("%d to %d", r.Min, r.Max) + byEdition("; 0 stands for ", r.Default) + byEdition("; in force at most ", r.Cap)
	case r.Cap != [3]int{} && r.Cap[0] == 0:
		return "never in the developer edition"
	case r.Default[0] > r.Default[2]:
		return "always in the developer edition"
	}
	return ""
}

// byEdition writes one number if it is the same in all editions, and three numbers
// otherwise. It writes nothing if there is no number.
func byEdition(prefix string, n [3]int) string {
	switch {
	case n == [3]int{}:
		return ""
	case n[0] == n[1] && n[1] == n[2]:
		return prefix + fmt.Sprint(n[0])
	}
	return prefix + fmt.Sprintf("%d in developer, %d in standard, %d in premium", n[0], n[1], n[2])
}
