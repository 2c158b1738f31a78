package schema

import (
	"fmt"
	"strconv"
	"strings"

	"parley/shared/domain/archive"
)

// Exports is the export of each hour, and the hours that are to be merged.
const Exports Aggregate = "exports"

func exports() Descriptor {
	return Descriptor{
		Aggregate: Exports, Table: Ops,
		Reads: []string{get, query}, Writes: []string{put, remove},
		Kinds: []Kind{
			{In: exportForm(), SK: "{type}#{yyyymmddhh}", parse: func(_ Partition, sk string) bool {
				_, _, ok := ParseExportSK(sk)
				return ok
			}},
			{In: pendingForm(), SK: "{yyyymmddhh}#{app}#{type}", parse: accepts(ParsePendingSK)},
		},
	}
}

// Attributes of the export of an hour, `{type}#{yyyymmddhh}`
const (
	ExportVersion  Attribute = "v"  // number: version; the next merge has it as its condition
	ExportMessages Attribute = "n"  // number: messages in the file
	ExportSize     Attribute = "ps" // number: bytes of the file
	ExportGzipSize Attribute = "zs" // number: bytes of the compressed file
	ExportMD5      Attribute = "pm" // text: MD5 of the file
	ExportGzipMD5  Attribute = "zm" // text: MD5 of the compressed file
	ExportMerged   Attribute = "t"  // number, s: when the file was made
)

// Attributes of an hour that is to be merged, `{yyyymmddhh}#{app}#{type}`
const (
	PendingToken Attribute = "m" // text: a value that is new with each part
)

func exportForm() Form  { return Form{Kind: "EX"} }
func pendingForm() Form { return Form{Kind: "pending", Key: "EX"} }

// ExportPK is the partition of an application's exports (EX).
func ExportPK(app int64) string { return exportForm().pk(app, "") }

// ExportKey is the export of an hour.
func ExportKey(h archive.Hour) Key {
	return Key{PK: ExportPK(h.App), SK: string(h.Type) + "#" + h.Name}
}

// ParseExportSK returns the hour of an export.
func ParseExportSK(sk string) (t archive.ConversationType, hour string, ok bool) {
	kind, hour, _ := strings.Cut(sk, "#")
	_, ok = archive.ParseName(hour)
	return archive.ConversationType(kind), hour, ok && archive.ConversationType(kind).Valid()
}

// PendingPK is the partition of the hours that are to be merged.
func PendingPK() string { return pendingForm().Key }

// PendingKey says that an hour is to be merged. The hours of all applications are in
// one partition, in the order of time.
func PendingKey(h archive.Hour) Key {
	return Key{PK: PendingPK(), SK: fmt.Sprintf("%s#%d#%s", h.Name, h.App, h.Type)}
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
