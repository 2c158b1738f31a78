package store

import (
	"fmt"
	"strconv"
	"strings"

	"parley/shared/domain/archive"
)

// The keys of Ops: exports, and the hours that are to be merged (docs/data-model.md §3).

const pendingPK = "EX"

// ExportPK is the partition of an application's exports (EX).
func ExportPK(app int64) string { return appPrefix(app) + "EX" }

// ExportKey is the export of an hour.
func ExportKey(h archive.Hour) Key { return Key{ExportPK(h.App), string(h.Type) + "#" + h.Name} }

// ParseExportSK returns the hour of an export.
func ParseExportSK(sk string) (t archive.ConversationType, hour string, ok bool) {
	kind, hour, _ := strings.Cut(sk, "#")
	_, ok = archive.ParseName(hour)
	return archive.ConversationType(kind), hour, ok && archive.ConversationType(kind).Valid()
}

// PendingKey says that an hour is to be merged. The hours of all applications are in
// one partition, in the order of time.
func PendingKey(h archive.Hour) Key {
	return Key{pendingPK, fmt.Sprintf("%s#%d#%s", h.Name, h.App, h.Type)}
}

// ParsePendingSK returns the hour that is to be merged.
func ParsePendingSK(sk string) (archive.Hour, bool) {
	parts := strings.Split(sk, "#")
	if len(parts) != 3 {
		return archive.Hour{}, false
	}
	app, err := strconv.ParseInt(parts[1], 10, 64)
	h := archive.Hour{App: app, Type: archive.ConversationType(parts[2]), Name: parts[0]}
	_, ok := archive.ParseName(h.Name)
	return h, err == nil && app >= 0 && ok && h.Type.Valid() && PendingKey(h).SK == sk
}
