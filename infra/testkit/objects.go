package testkit

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"parley/shared/domain/archive"
	"parley/shared/objects"
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
	o.Archive = s.Objects(func(options *s3.Options) {
		options.APIOptions = append(options.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ParleyRecord", o.record), middleware.Before)
		})
	})
	return o
}

func (o *Objects) record(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	l, _ := ctx.Value(requestLogKey{}).(*requestLog)
	l.add(objectRequests(in.Parameters)...)
	line := ""
	switch p := in.Parameters.(type) {
	case *s3.PutObjectInput:
		line = "object put " + *p.Key
	case *s3.GetObjectInput:
		line = "object get " + *p.Key
	case *s3.ListObjectsV2Input:
		line = "object list " + *p.Prefix
	case *s3.DeleteObjectsInput:
		line = fmt.Sprintf("object delete %d", len(p.Delete.Objects))
	}
	o.mu.Lock()
	o.calls = append(o.calls, line)
	o.mu.Unlock()
	return next.HandleInitialize(ctx, in)
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
var objectKey = regexp.MustCompile(`/(\d+)/(P/\d{10}/)([0-9a-f]{32}.gz)?`)

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
