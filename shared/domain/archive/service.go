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

	"parley/shared/fault"
)

// Service gives out the files of an application.
type Service struct {
	App     int64
	Days    int // how long files are kept after their hour
	Store   Store
	Objects Objects
	Now     func() time.Time
}

// A Link is where a file can be fetched.
type Link struct {
	URL     string
	Expires time.Time
}

// linkLife is how long an address works. The credentials of a function, which
// sign it, live longer.
const linkLife = time.Hour

// Export returns the file of an hour. It fails with fault.ExportExpired for an
// hour whose file is not kept any more, and with fault.ExportMissing where there
// is none: the hour is not over, not merged yet, or had no messages.
func (s Service) Export(ctx context.Context, t Type, hour string) (Export, error) {
	h := Hour{s.App, t, hour}
	if _, ok := ParseName(hour); !ok || !t.Valid() {
		return Export{}, fault.New(fault.Invalid, "ChatType is C2C or Group, and MsgTime an hour as YYYYMMDDHH")
	}
	if h.expired(s.Days, s.Now()) {
		return Export{}, fault.New(fault.ExportExpired, "files are kept for %d days", s.Days)
	}
	e, err := s.Store.Export(ctx, h, false)
	if err != nil {
		return Export{}, err
	}
	if e == nil {
		return Export{}, fault.New(fault.ExportMissing, "there is no file of this hour: it is not ready, or the hour had no messages")
	}
	return *e, nil
}

// Link returns an address of a file that works for an hour, or until the file
// goes.
func (s Service) Link(ctx context.Context, e Export) (Link, error) {
	now := s.Now()
	until := now.Add(linkLife)
	if gone := e.expiry(s.Days); gone.Before(until) {
		until = gone
	}
	url, err := s.Objects.Link(ctx, e.Hour, e.GzipMD5, now, until.Sub(now))
	return Link{url, until}, err
}

// List lists the hours that have a file, from one on, in order of time.
func (s Service) List(ctx context.Context, t Type, after string, limit int) ([]Export, error) {
	if kept := NameOf(s.Now().Add(-time.Duration(s.Days)*24*time.Hour - time.Hour)); after < kept {
		after = kept // what is before is about to go
	}
	return s.Store.Exports(ctx, s.App, t, after, NameOf(s.Now().Add(time.Hour)), limit)
}

// Pending reports whether an hour has messages that its file may lack.
func (s Service) Pending(ctx context.Context, e Export) (bool, error) {
	return s.Store.IsPending(ctx, e.Hour)
}

// Messages reads messages of a file as they stand in it, from the skipped one on.
func (s Service) Messages(ctx context.Context, e Export, skip, limit int) ([]json.RawMessage, error) {
	body, err := s.Objects.File(ctx, e.Hour, e.GzipMD5)
	if err != nil {
		return nil, err
	}
	list, err := lines(body, skip, limit)
	return list, errors.Join(err, body.Close())
}

func lines(body io.Reader, skip, limit int) ([]json.RawMessage, error) {
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
		if string(text) == "]}" {
			break
		}
		if n >= skip {
			out = append(out, text)
		}
	}
	return out, nil
}
