package gateway

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"
)

// newID returns an id of a request, a message or a connection. It looks like the ids of
// API Gateway: 15 characters of URL-safe base64 and "=".
func newID() string {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(b[8:], rand.Uint64())
	return base64.URLEncoding.EncodeToString(b[:11])
}

// newTrace returns a value for the header X-Amzn-Trace-Id.
func newTrace(now time.Time) string {
	return fmt.Sprintf("Root=1-%08x-%016x%08x", uint32(now.Unix()), rand.Uint64(), rand.Uint32())
}

// requestTime formats a time as events do.
func requestTime(t time.Time) string { return t.UTC().Format("02/Jan/2006:15:04:05 -0700") }
