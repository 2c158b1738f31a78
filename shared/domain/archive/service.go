package archive

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"parley/shared/clock"
	"parley/shared/fault"
)

// Service gives access to the files of one application.
type Service struct {
	app           int64
	retentionDays int
	store         Store
	objects       Objects
	clock         clock.Clock
}

// New returns the Service of an application whose files are stored for retentionDays, from the
// end of their hour.
func New(app int64, retentionDays int, store Store, objects Objects, c clock.Clock) Service {
	return Service{app: app, retentionDays: retentionDays, store: store, objects: objects, clock: c}
}

// A FileLink is a URL from which a file can be fetched until it expires.
type FileLink struct {
	URL     string
	Expires time.Time
}

// linkLife is how long a URL works at most.
const linkLife = time.Hour

// Export returns the file of an hour. It fails with fault.ExportExpired if the file is
// no longer stored, and with fault.ExportMissing if there is none: the hour is not over,
// is not merged yet, or had no messages.
func (s Service) Export(ctx context.Context, t ConversationType, hour string) (Export, error) {
	h := Hour{s.app, t, hour}
	if _, ok := ParseName(hour); !ok || !t.Valid() {
		return Export{}, fault.New(fault.Invalid, "there is no such %s or %s", fault.ExportKind, fault.ExportHour)
	}
	if h.expired(s.retentionDays, s.clock.Now()) {
		return Export{}, fault.New(fault.ExportExpired, "files are kept for %d days", s.retentionDays)
	}
	e, err := s.store.Export(ctx, h, false)
	if err != nil {
		return Export{}, err
	}
	if e == nil {
		return Export{}, fault.New(fault.ExportMissing, "there is no file of this hour: it is not ready, or the hour had no messages")
	}
	return *e, nil
}

// Link returns a URL for a file. It works for an hour, or until the file or the signature
// expires.
func (s Service) Link(ctx context.Context, e Export) (FileLink, error) {
	now := s.clock.Now()
	until := now.Add(linkLife)
	if fileExpiry := e.expiry(s.retentionDays); fileExpiry.Before(until) {
		until = fileExpiry
	}
	url, until, err := s.objects.Link(ctx, e.Hour, e.GzipMD5, now, until.Sub(now))
	return FileLink{url, until}, err
}

// List returns the hours that have a file, after one hour, in order of time.
func (s Service) List(ctx context.Context, t ConversationType, after string, limit int) ([]Export, error) {
	if oldest := NameOf(s.clock.Now().Add(-time.Duration(s.retentionDays)*24*time.Hour - time.Hour)); after < oldest {
		after = oldest // files before it are about to be deleted
	}
	return s.store.Exports(ctx, s.app, t, after, NameOf(s.clock.Now().Add(time.Hour)), limit)
}

// Pending reports whether an hour has messages that may be missing in its file.
func (s Service) Pending(ctx context.Context, e Export) (bool, error) {
	return s.store.IsPending(ctx, e.Hour)
}

// Messages reads at most limit messages of a file, without the first skip ones.
func (s Service) Messages(ctx context.Context, e Export, skip, limit int) ([]json.RawMessage, error) {
	body, err := s.objects.File(ctx, e.Hour, e.GzipMD5)
	if err != nil {
		return nil, err
	}
	list, err := readMessages(body, skip, min(limit, int(e.Messages)-skip))
	return list, errors.Join(err, body.Close())
}

// readMessages reads messages of a compressed file, which has at least skip + limit.
// Each is on a line, after the line that begins the file.
func readMessages(body io.Reader, skip, limit int) ([]json.RawMessage, error) {
	plain, err := gzip.NewReader(body)
	if err != nil {
		return nil, fmt.Errorf("exported file: %w", err)
	}
	in := bufio.NewReader(plain)
	var out []json.RawMessage
	for n := -1; len(out) < limit; n++ {
		text, err := in.ReadBytes('\n')
		if err != nil {
			return nil, fmt.Errorf("exported file: %w", err)
		}
		text = bytes.TrimSuffix(bytes.TrimSpace(text), []byte(","))
		if n >= skip {
			out = append(out, text)
		}
	}
	return out, nil
}
