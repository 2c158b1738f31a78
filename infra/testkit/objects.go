package testkit

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"parley/shared/domain/archive"
	"parley/shared/objects"
	"parley/shared/s3"
)

// Objects is the object storage of a world: the real client, and a record of its
// calls.
type Objects struct {
	*objects.Archive
	mu    sync.Mutex
	calls []string
	hours map[archive.Hour]bool // for which parts were put
}

func newObjects(s *Server) *Objects {
	o := &Objects{hours: make(map[archive.Hour]bool)}
	o.Archive = s.Objects(o.record)
	return o
}

func (o *Objects) record(ctx context.Context, in any, next s3.Call) (any, error) {
	l, _ := ctx.Value(requestLogKey{}).(*requestLog)
	l.add(objectRequests(in)...)
	line := ""
	switch in := in.(type) {
	case *s3.PutObject:
		line = "object put " + in.Key
	case *s3.GetObject:
		line = "object get " + in.Key
	case *s3.ListObjectsV2:
		line = "object list " + in.Prefix
	case *s3.DeleteObjects:
		line = fmt.Sprintf("object delete %d", len(in.Keys))
	}
	o.mu.Lock()
	o.calls = append(o.calls, line)
	o.mu.Unlock()
	return next(ctx, in)
}

// PutPart implements archive.Objects.
func (o *Objects) PutPart(ctx context.Context, h archive.Hour, id string, content []byte) error {
	o.mu.Lock()
	o.hours[h] = true
	o.mu.Unlock()
	return o.Archive.PutPart(ctx, h, id, content)
}

// objectKey matches the end of a key: the application, the hour, and the hash of the
// content, which depends on the application.
var objectKey = regexp.MustCompile(`/(\d+)/([PG]/\d{10}/)([0-9a-f]{32}.gz)?`)

// Take returns the calls since the last Take, sorted. What differs from one world to
// another is left out: the application's id and the hash of the content.
func (o *Objects) Take() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	calls := o.calls
	o.calls = nil
	for i, line := range calls {
		calls[i] = objectKey.ReplaceAllString(line, "/{app}/$2")
	}
	slices.Sort(calls)
	return calls
}

func (o *Objects) partHours() []archive.Hour {
	o.mu.Lock()
	defer o.mu.Unlock()
	var hours []archive.Hour
	for h := range o.hours {
		hours = append(hours, h)
	}
	return hours
}
