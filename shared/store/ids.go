package store

import "strings"

// isID reports whether a part of a key may be an id.
func isID(s string) bool { return s != "" && !strings.Contains(s, Unit) }

// cutID returns the id that follows a prefix.
func cutID(sk, prefix string) (id string, ok bool) {
	id, ok = strings.CutPrefix(sk, prefix)
	if !ok || !isID(id) {
		return "", false
	}
	return id, true
}
